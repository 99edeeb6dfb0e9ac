import { Alert, Button, Code, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { NodeFailure } from "../../../api/flows";
import { goTo, titleOf } from "../commands";
import { useSession } from "../session";
import { useFlow } from "../texts";
import { useTest } from "./texts";

const kinds = [
  "settings",
  "input",
  "expression",
  "missing",
  "forbidden",
  "limit",
  "upstream",
  "timeout",
  "cancelled",
  "code",
  "raised",
  "internal",
] as const;

interface Props {
  node: string;
  failure: NodeFailure;
  /** What can be done about it, as buttons. */
  children?: ReactNode;
}

/** Why a node failed, and what helps. */
export function NodeFailureNotice({ node, failure, children }: Props) {
  const t = useFlow();
  const test = useTest();
  const session = useSession();
  const kind = kinds.find((one) => one === failure.kind);
  const where = [
    failure.field,
    failure.line === undefined ? undefined : test("failure.line", { line: failure.line }),
  ].filter(Boolean);
  return (
    <Alert color="red" title={t("result.failed", { name: titleOf(session, node) })}>
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {failure.message}
      </Text>
      {where.length > 0 && <Code>{where.join(", ")}</Code>}
      {kind && (
        <Text size="sm" mt={6}>
          <strong>{test("failure.remedy")}:</strong> {test(`failure.${kind}`)}
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {t(failure.retryable ? "result.retryable" : "result.notRetryable")}
      </Text>
      <Group gap="xs" mt="xs">
        {failure.field !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              session.ui.set({ tab: "settings" });
              goTo(session, node);
            }}
          >
            {test("failure.toSettings")}
          </Button>
        )}
        {children}
      </Group>
    </Alert>
  );
}
