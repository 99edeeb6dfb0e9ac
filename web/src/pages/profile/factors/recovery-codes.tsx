import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { api, body } from "../../../api/client";
import { CodeBlock } from "../../../components/code-block";
import { CopyButton } from "../../../components/copy-button";
import { useMe } from "../../../session/me";
import { useRefresh } from "./data";
import { type Proof, ProofForm } from "./proof-form";
import { useFactors } from "./texts";

interface Props {
  codes: string[];
  onClose: () => void;
}

/** The codes, this once. Only the button closes it: a click beside it must not lose them. */
export function RecoveryCodes({ codes, onClose }: Props) {
  const t = useFactors();
  const { user } = useMe();
  const text = codes.join("\n");
  const file = `${t("codes.fileTitle", { host: location.host, email: user.email })}\n\n${text}\n`;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("codes.title")}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="sm">
        <Alert variant="light" color="yellow" icon={<IconAlertTriangle size={18} />}>
          <Text size="sm">{t("codes.once")}</Text>
        </Alert>
        <CodeBlock code={text} label={t("codes.title")} wrap />
        <Group justify="flex-end">
          <CopyButton value={text} label={t("codes.copy")} />
          <Button
            component="a"
            variant="default"
            size="compact-sm"
            leftSection={<IconDownload size={15} />}
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
            download="recovery-codes.txt"
          >
            {t("codes.download")}
          </Button>
          <Button onClick={onClose}>{t("codes.kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface RenewProps {
  onCodes: (codes: string[]) => void;
  onClose: () => void;
}

export function RenewCodes({ onCodes, onClose }: RenewProps) {
  const t = useFactors();
  const refresh = useRefresh();
  const renew = useMutation({
    meta: { silent: true },
    mutationFn: (proof: Proof) => body(api.POST("/api/v1/auth/mfa/recovery-codes", { body: proof })),
    onSuccess: ({ recovery_codes: codes }) => {
      onClose();
      onCodes(codes);
      return refresh();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("codes.renewTitle")}>
      <ProofForm
        confirm={t("codes.renew")}
        isBusy={renew.isPending}
        error={renew.error}
        onProof={renew.mutate}
        onCancel={onClose}
      >
        <Text size="sm">{t("codes.renewHint")}</Text>
      </ProofForm>
    </Modal>
  );
}
