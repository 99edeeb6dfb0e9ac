import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Failure } from "../../../api/failure";
import { FailureNotice } from "../../../components/failure-notice";
import { useCommon } from "../../../i18n/common";
import { useMe } from "../../../session/me";
import { useSession } from "../../../session/texts";
import { useFactors } from "./texts";

/** What shows that the person itself sits there. */
export interface Proof {
  password?: string;
  code?: string;
}

interface Props {
  /** Names the deed, such as `Remove`. */
  confirm: string;
  isDangerous?: boolean;
  isBusy: boolean;
  error: unknown;
  onProof: (proof: Proof) => void;
  onCancel: () => void;
  /** Above the proof. */
  children?: ReactNode;
}

/** Asks for the password, or for a code of those who have a second factor, before a way in is changed. */
export function ProofForm({ confirm, isDangerous, isBusy, error, onProof, onCancel, children }: Props) {
  const t = useFactors();
  const common = useCommon();
  const session = useSession();
  const { user, mfa } = useMe();
  const hasPassword = Boolean(user.password_changed_at);
  const hasCodes = mfa.methods.some((method) => method !== "passkey");
  const [wantsCode, setWantsCode] = useState(!hasPassword && hasCodes);
  const [proof, setProof] = useState("");
  // A session that has not shown the factor needs a code, whatever the password.
  const isCode = hasCodes && (wantsCode || (error != null && Failure.of(error).code === "mfa_required"));
  const isAsked = isCode || hasPassword;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const typed = isCode ? { code: proof.trim() } : { password: proof };
        onProof(isAsked ? typed : {});
      }}
    >
      <Stack gap="sm">
        {children}
        {isCode && (
          <TextInput
            key="code"
            label={t("proof.code")}
            description={t("proof.codeHint")}
            autoComplete="one-time-code"
            value={proof}
            onChange={(event) => setProof(event.currentTarget.value)}
          />
        )}
        {!isCode && hasPassword && (
          <PasswordInput
            key="password"
            label={t("proof.password")}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
            value={proof}
            onChange={(event) => setProof(event.currentTarget.value)}
          />
        )}
        {!isAsked && <Text size="sm">{t("proof.none")}</Text>}
        {error != null && <FailureNotice error={error} />}
        <Group justify="flex-end">
          {hasCodes && hasPassword && (
            <Button
              variant="subtle"
              onClick={() => {
                setWantsCode(!isCode);
                setProof("");
              }}
            >
              {isCode ? t("proof.usePassword") : t("proof.useCode")}
            </Button>
          )}
          <Button variant="default" onClick={onCancel}>
            {common("cancel")}
          </Button>
          <Button
            type="submit"
            color={isDangerous ? "red" : undefined}
            loading={isBusy}
            disabled={isAsked && proof.trim() === ""}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
