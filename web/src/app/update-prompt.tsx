import { useRegisterSW } from "virtual:pwa-register/react";
import { Button, Group, Paper, Text } from "@mantine/core";
import { useShell } from "./shell/texts";

/** Offers a new version of the app when the server has one. */
export function UpdatePrompt() {
  const t = useShell();
  const {
    needRefresh: [stale, setStale],
    updateServiceWorker,
  } = useRegisterSW();
  if (!stale) return null;
  return (
    <Paper
      role="status"
      shadow="md"
      p="sm"
      radius="md"
      style={{
        position: "fixed",
        insetInline: 16,
        bottom: 16,
        maxWidth: 380,
        zIndex: 300,
        marginInlineStart: "auto",
      }}
    >
      <Text size="sm">{t("update.ready")}</Text>
      <Group gap="xs" mt="xs" justify="flex-end">
        <Button variant="subtle" size="compact-sm" onClick={() => setStale(false)}>
          {t("update.later")}
        </Button>
        <Button size="compact-sm" onClick={() => updateServiceWorker(true)}>
          {t("update.now")}
        </Button>
      </Group>
    </Paper>
  );
}
