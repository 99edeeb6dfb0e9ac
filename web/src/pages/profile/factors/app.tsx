import { Button, Center, Group, Modal, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../../api/client";
import { CodeBlock } from "../../../components/code-block";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { useRefresh } from "./data";
import { type Proof, ProofForm } from "./proof-form";
import { useFactors } from "./texts";

interface Props {
  onClose: () => void;
}

interface EnrolProps extends Props {
  /** Takes the recovery codes of those who had none. */
  onCodes: (codes: string[]) => void;
}

/** Sets an app up: proof, QR code, first code. */
export function EnrolApp({ onCodes, onClose }: EnrolProps) {
  const t = useFactors();
  const begin = useMutation({
    meta: { silent: true },
    mutationFn: (proof: Proof) => body(api.POST("/api/v1/auth/mfa/totp/enrol", { body: proof })),
  });
  return (
    <Modal opened onClose={onClose} title={t("app.enrolTitle")}>
      {begin.data ? (
        <FirstCode
          secret={begin.data.secret}
          picture={begin.data.qr_svg}
          onCodes={onCodes}
          onClose={onClose}
        />
      ) : (
        <ProofForm
          confirm={t("continue")}
          isBusy={begin.isPending}
          error={begin.error}
          onProof={begin.mutate}
          onCancel={onClose}
        >
          <Text size="sm">{t("app.need")}</Text>
        </ProofForm>
      )}
    </Modal>
  );
}

function FirstCode({ secret, picture, onCodes, onClose }: EnrolProps & { secret: string; picture: string }) {
  const t = useFactors();
  const common = useCommon();
  const refresh = useRefresh();
  const [code, setCode] = useState("");
  const confirm = useMutation({
    meta: { silent: true },
    mutationFn: () => body(api.POST("/api/v1/auth/mfa/totp/confirm", { body: { code: code.trim() } })),
    onSuccess: ({ recovery_codes: codes }) => {
      showDone(t("app.enrolled"));
      onClose();
      if (codes) onCodes(codes);
      return refresh();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("app.scan")}</Text>
        <Center>
          {/* Apps read dark on light only, whatever the page's colours are. */}
          <Paper p={8} radius="md" bg="white">
            <img
              src={`data:image/svg+xml,${encodeURIComponent(picture)}`}
              alt={t("app.qr")}
              width={200}
              height={200}
              style={{ display: "block" }}
            />
          </Paper>
        </Center>
        <Text size="sm">{t("app.type")}</Text>
        <CodeBlock code={secret} label={t("app.secret")} wrap />
        <TextInput
          label={t("app.code")}
          autoComplete="one-time-code"
          inputMode="numeric"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          data-autofocus
        />
        {confirm.error && <FailureNotice error={confirm.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={confirm.isPending} disabled={code.trim() === ""}>
            {t("app.confirm")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function DisableApp({ onClose }: Props) {
  const t = useFactors();
  const refresh = useRefresh();
  const disable = useMutation({
    meta: { silent: true },
    mutationFn: (proof: Proof) => body(api.POST("/api/v1/auth/mfa/totp/disable", { body: proof })),
    onSuccess: () => {
      showDone(t("app.disabled"));
      onClose();
      return refresh();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("app.disableTitle")}>
      <ProofForm
        confirm={t("app.disable")}
        isDangerous
        isBusy={disable.isPending}
        error={disable.error}
        onProof={disable.mutate}
        onCancel={onClose}
      >
        <Text size="sm">{t("app.disableHint")}</Text>
      </ProofForm>
    </Modal>
  );
}
