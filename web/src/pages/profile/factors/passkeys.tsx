import { Badge, Box, Button, Divider, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { useCommon } from "../../../i18n/common";
import { ago, date } from "../../../i18n/format";
import { canUsePasskeys } from "../../../session/passkey";
import { passkeysQuery } from "./data";
import { AddPasskey, RemovePasskey, RenamePasskey } from "./passkey-dialogs";
import { useFactors } from "./texts";

interface Props {
  /** Takes the recovery codes of those who had none. */
  onCodes: (codes: string[]) => void;
}

export interface Passkey {
  id: string;
  name: string;
}

type Dialog = { deed: "add" } | { deed: "rename" | "remove"; passkey: Passkey } | null;

/** Passkeys, each to be renamed and removed. */
export function Passkeys({ onCodes }: Props) {
  const t = useFactors();
  const common = useCommon();
  const [dialog, setDialog] = useState<Dialog>(null);
  const list = useQuery(passkeysQuery);
  if (list.error) return <FailureNotice error={list.error} onRetry={list.refetch} />;
  if (!list.data) return <Pending rows={1} height={52} />;
  const close = () => setDialog(null);
  return (
    <Box px="md" py="sm">
      <Group justify="space-between" wrap="nowrap">
        <Box>
          <Text size="sm" fw={550}>
            {t("passkeys.title")}
          </Text>
          <Text size="xs" c="dimmed">
            {t(canUsePasskeys() ? "passkeys.hint" : "passkeys.notHere")}
          </Text>
        </Box>
        {canUsePasskeys() && (
          <Button flex="none" size="compact-sm" variant="default" onClick={() => setDialog({ deed: "add" })}>
            {t("passkeys.add")}
          </Button>
        )}
      </Group>
      {list.data.length > 0 && (
        <Stack component="ul" gap={0} m={0} mt="xs" p={0} style={{ listStyle: "none" }}>
          {list.data.map((passkey) => (
            <Box component="li" key={passkey.id}>
              <Divider />
              <Group py="xs" justify="space-between" wrap="nowrap">
                <Box className="truncate">
                  <Group gap="xs">
                    <Text size="sm">{passkey.name}</Text>
                    {passkey.is_backed_up && <Badge color="gray">{t("passkeys.backedUp")}</Badge>}
                  </Group>
                  <Text size="xs" c="dimmed">
                    {t("passkeys.made", { when: date(passkey.created_at) })} ·{" "}
                    {passkey.last_used_at
                      ? t("passkeys.used", { when: ago(passkey.last_used_at) })
                      : t("passkeys.unused")}
                  </Text>
                </Box>
                <Group gap={4} wrap="nowrap" flex="none">
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    aria-label={t("passkeys.renameOne", { name: passkey.name })}
                    onClick={() => setDialog({ deed: "rename", passkey })}
                  >
                    {t("passkeys.rename")}
                  </Button>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    aria-label={t("passkeys.removeOne", { name: passkey.name })}
                    onClick={() => setDialog({ deed: "remove", passkey })}
                  >
                    {common("remove")}
                  </Button>
                </Group>
              </Group>
            </Box>
          ))}
        </Stack>
      )}
      {dialog?.deed === "add" && <AddPasskey onCodes={onCodes} onClose={close} />}
      {dialog?.deed === "rename" && <RenamePasskey passkey={dialog.passkey} onClose={close} />}
      {dialog?.deed === "remove" && <RemovePasskey passkey={dialog.passkey} onClose={close} />}
    </Box>
  );
}
