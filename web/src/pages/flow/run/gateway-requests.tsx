import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { NodeRun, Run } from "../../../api/flows";
import { useMay } from "../../../session/me";
import { requestsOf } from "./requests";
import { useTest } from "./texts";

/** Calls of models stand in the reports within a second or so of their end. */
const tries = 5;

/** Leads to the calls that a node made through the gateway in a run. */
export function GatewayRequests({ run, step }: { run: Run; step: NodeRun }) {
  const t = useTest();
  const may = useMay();
  const calls = useQuery({
    queryKey: ["flow-requests", run.id, step.node, step.ended_at],
    // Nodes that call no model leave no trace; only a failed one may have been refused before it spent.
    enabled: may("usage:read") && step.ended_at !== null && (step.tokens > 0 || step.status === "failed"),
    refetchInterval: ({ state }) =>
      step.tokens > 0 && state.data?.length === 0 && state.dataUpdateCount < tries ? 800 : false,
    queryFn: () => requestsOf(run, step),
  });
  return calls.data?.map(({ request_id, model }, index) => (
    <Anchor
      key={request_id}
      component={Link}
      to={`/usage/requests/${request_id}` as never}
      size="xs"
      style={{ overflowWrap: "anywhere" }}
    >
      {calls.data.length === 1
        ? t("gateway.open")
        : t("gateway.openAt", { number: index + 1, model: model ?? "" })}
    </Anchor>
  ));
}
