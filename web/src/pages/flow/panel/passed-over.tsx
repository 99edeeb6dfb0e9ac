import { Anchor, Text } from "@mantine/core";
import { nodeOf } from "../../../flow/graph";
import { passedOver } from "../../../flow/passed-over";
import { goTo, titleOf } from "../commands";
import { useGraph, usePorts, useRun, useSession } from "../session";
import { useFlow } from "../texts";

/** Says that the run has not come to a node, why, and leads to where that was decided. */
export function PassedOverNotice({ id }: { id: string }) {
  const t = useFlow();
  const session = useSession();
  const book = usePorts();
  const graph = useGraph((state) => state);
  const nodes = useRun((view) => view.nodes);
  const outputsOf = (node: string) => {
    const found = nodeOf(graph, node);
    return found ? book.of(found).outputs : [];
  };
  const roleOf = (node: string) => session.book.types.get(nodeOf(graph, node)?.type ?? "")?.role;
  const reason = passedOver({ graph, nodes, outputsOf, isTrigger: (node) => roleOf(node) === "trigger" }, id);
  const name = reason ? titleOf(session, reason.node) : "";
  const port =
    reason?.why === "branch"
      ? (outputsOf(reason.node).find((one) => one.name === reason.port)?.title ?? reason.port)
      : "";
  const isOwn = reason?.node === id;
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("result.passedOver")}
        {reason && ` ${t(`passed.${reason.why}${isOwn ? "Own" : ""}` as "passed.failed", { name, port })}`}
      </Text>
      {reason && !isOwn && (
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="left"
          onClick={() => goTo(session, reason.node)}
        >
          {t("passed.show", { name })}
        </Anchor>
      )}
    </>
  );
}
