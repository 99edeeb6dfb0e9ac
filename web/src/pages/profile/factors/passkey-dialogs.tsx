import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../../api/client";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { madePasskey } from "../../../session/passkey";
import { deviceName } from "../device";
import { useRefresh } from "./data";
import type { Passkey } from "./passkeys";
import { type Proof, ProofForm } from "./proof-form";
import { useFactors } from "./texts";

interface AddProps {
  onCodes: (codes: string[]) => void;
  onClose: () => void;
}

/** Makes a passkey with the browser and stores it under a name. */
export function AddPasskey({ onCodes, onClose }: AddProps) {
  const t = useFactors();
  const common = useCommon();
  const refresh = useRefresh();
  const [name, setName] = useState(deviceName(navigator.userAgent) ?? t("passkeys.title"));
  const add = useMutation({
    meta: { silent: true },
    mutationFn: async (proof: Proof) => {
      const { public_key } = await body(api.POST("/api/v1/auth/passkeys/options", { body: proof }));
      const credential = await madePasskey(public_key as Record<string, unknown>);
      return body(api.POST("/api/v1/auth/passkeys", { body: { name: name.trim(), credential } }));
    },
    onSuccess: ({ recovery_codes: codes }) => {
      showDone(t("passkeys.added"));
      onClose();
      if (codes) onCodes(codes);
      return refresh();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("passkeys.add")}>
      <ProofForm
        confirm={t("continue")}
        isBusy={add.isPending}
        error={add.error}
        onProof={(proof) => add.mutate(proof)}
        onCancel={onClose}
      >
        <Text size="sm">{t("passkeys.addHint")}</Text>
        <TextInput
          label={common("name")}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </ProofForm>
    </Modal>
  );
}

interface Props {
  passkey: Passkey;
  onClose: () => void;
}

export function RenamePasskey({ passkey, onClose }: Props) {
  const t = useFactors();
  const common = useCommon();
  const refresh = useRefresh();
  const [name, setName] = useState(passkey.name);
  const rename = useMutation({
    meta: { silent: true },
    mutationFn: () =>
      body(
        api.PATCH("/api/v1/auth/passkeys/{id}", {
          params: { path: { id: passkey.id } },
          body: { name: name.trim() },
        }),
      ),
    onSuccess: () => {
      onClose();
      return refresh();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("passkeys.renameOne", { name: passkey.name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={common("name")}
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          {rename.error && <FailureNotice error={rename.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {common("cancel")}
            </Button>
            <Button type="submit" loading={rename.isPending} disabled={name.trim() === ""}>
              {common("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

export function RemovePasskey({ passkey, onClose }: Props) {
  const t = useFactors();
  const common = useCommon();
  const refresh = useRefresh();
  const remove = useMutation({
    meta: { silent: true },
    mutationFn: (proof: Proof) =>
      body(
        api.POST("/api/v1/auth/passkeys/{id}/delete", { params: { path: { id: passkey.id } }, body: proof }),
      ),
    onSuccess: () => {
      onClose();
      return refresh();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("passkeys.removeOne", { name: passkey.name })}>
      <ProofForm
        confirm={common("remove")}
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onProof={remove.mutate}
        onCancel={onClose}
      >
        <Text size="sm">{t("passkeys.removeHint")}</Text>
      </ProofForm>
    </Modal>
  );
}
