import { Button, NumberInput, Select, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { nodeOf, type Policy } from "../../../flow/graph";
import { setNodeNotes, setPolicy } from "../../../flow/operations";
import { useGraph, useIsEditable, useSession } from "../session";
import { useFlow } from "../texts";

type Action = "stop" | "continue" | "branch";

/** The policy without what is as it is by itself. */
function lean({ retry, timeout_ms, on_error }: Policy): Policy {
  const policy: Policy = {};
  if (retry?.max) policy.retry = retry;
  if (timeout_ms) policy.timeout_ms = timeout_ms;
  if (on_error && on_error.action !== "stop") policy.on_error = on_error;
  return policy;
}

/** What happens when the node fails or takes too long, and notes on it. */
export function PolicyForm({ id }: { id: string }) {
  const t = useFlow();
  const { editor, book } = useSession();
  const isEditable = useIsEditable();
  const node = useGraph((graph) => nodeOf(graph, id));
  const [isOpen, setOpen] = useState(false);
  if (!node) return null;
  const policy = node.policy ?? {};
  const type = book.types.get(node.type);
  const put = (change: Policy) =>
    editor.apply(
      { key: "policy" },
      (graph) => setPolicy(graph, id, lean({ ...policy, ...change })),
      `policy:${id}`,
    );
  return (
    <div>
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {t("policy.title")}
      </Button>
      {isOpen && (
        <Stack gap="sm" mt="xs">
          {type?.role !== "trigger" && (
            <>
              <Select
                size="xs"
                label={t("policy.onError")}
                disabled={!isEditable}
                allowDeselect={false}
                data={(["stop", "continue", "branch"] as Action[]).map((value) => ({
                  value,
                  label: t(`policy.action.${value}`),
                }))}
                value={policy.on_error?.action ?? "stop"}
                onChange={(action) => put({ on_error: { action: action as Action } })}
              />
              <NumberInput
                size="xs"
                label={t("policy.retries")}
                disabled={!isEditable}
                min={0}
                max={10}
                allowDecimal={false}
                value={policy.retry?.max ?? 0}
                onChange={(max) => put({ retry: { ...policy.retry, max: Number(max) || 0 } })}
              />
              {(policy.retry?.max ?? 0) > 0 && (
                <NumberInput
                  size="xs"
                  label={t("policy.wait")}
                  disabled={!isEditable}
                  min={0}
                  max={3_600_000}
                  value={policy.retry?.wait_ms ?? 1_000}
                  onChange={(wait) => put({ retry: { ...policy.retry, wait_ms: Number(wait) || 0 } })}
                />
              )}
              <NumberInput
                size="xs"
                label={t("policy.timeout")}
                disabled={!isEditable}
                min={1}
                max={86_400_000}
                placeholder={String(type?.timeout_ms ?? "")}
                value={policy.timeout_ms ?? ""}
                onChange={(time) => put({ timeout_ms: typeof time === "number" ? time : undefined })}
              />
            </>
          )}
          <Textarea
            size="xs"
            label={t("policy.notes")}
            disabled={!isEditable}
            autosize
            minRows={2}
            maxRows={8}
            value={node.notes ?? ""}
            onChange={(event) => {
              const notes = event.currentTarget.value;
              editor.apply({ key: "notes" }, (graph) => setNodeNotes(graph, id, notes), `notes:${id}`);
            }}
          />
        </Stack>
      )}
    </div>
  );
}
