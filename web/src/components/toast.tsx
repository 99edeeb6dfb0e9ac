import { Group, Text } from "@mantine/core";
import type { NotificationData } from "@mantine/notifications";
import { Failure } from "../api/failure";
import { useCommon } from "../i18n/common";
import { CopyButton } from "./copy-button";

/** The event by which the place of toasts is loaded. */
export const toastWanted = "toast-wanted";

async function show(toast: NotificationData): Promise<void> {
  window.dispatchEvent(new Event(toastWanted));
  const { notifications } = await import("@mantine/notifications");
  notifications.show({ closeButtonProps: { "aria-label": useCommon.get("close") }, ...toast });
}

/** A short confirmation that goes away by itself. */
export function showDone(message: string): void {
  void show({ message, color: "petrol", autoClose: 3_000 });
}

/** Says what failed, with the id that finds it in the logs. */
export function showFailure(thrown: unknown): void {
  const failure = Failure.of(thrown);
  void show({
    title: useCommon.get("failed"),
    message: (
      <>
        {failure.message}
        {failure.requestId && (
          <Group gap={2} wrap="nowrap">
            <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
              {useCommon.get("requestId", { id: failure.requestId })}
            </Text>
            <CopyButton value={failure.requestId} />
          </Group>
        )}
      </>
    ),
    color: "red",
    autoClose: 10_000,
    role: "alert",
  });
}
