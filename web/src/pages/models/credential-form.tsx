import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { useSession } from "../../session/texts";
import type { Credential, Provider } from "./data";
import { useModelTexts } from "./texts";

interface Fields {
  name: string;
  secret: string;
}

type Props = {
  onDone: () => void;
  onCancel?: () => void;
} & ({ provider: Provider; suggested: string; credential?: never } | { credential: Credential });

/** Stores a new key for a provider, or another secret under an old name. */
export function CredentialForm(props: Props) {
  const { onDone, onCancel, credential } = props;
  const t = useModelTexts();
  const common = useCommon();
  const session = useSession();
  const client = useQueryClient();
  const isNeeded = (value: string) => (value.trim() ? null : common("required"));
  const form = useForm<Fields>({
    initialValues: { name: credential ? credential.name : props.suggested, secret: "" },
    validate: { name: isNeeded, secret: isNeeded },
  });
  const storing = useMutation({
    meta: { silent: true },
    mutationFn: async (fields: Fields) => {
      const content = { name: fields.name.trim(), secret: fields.secret.trim() };
      if (credential) {
        const params = { path: { id: credential.id } };
        await body(api.PATCH("/api/v1/credentials/{id}", { params, body: content }));
      } else {
        await body(api.POST("/api/v1/credentials", { body: { ...content, provider: props.provider.id } }));
      }
    },
    onSuccess: async () => {
      showDone(t("credentials.stored"));
      form.reset();
      onDone();
      for (const key of ["credentials", "providers", "models"]) {
        await client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  return (
    <form onSubmit={form.onSubmit((fields) => storing.mutate(fields))} noValidate>
      <Stack gap="sm">
        <TextInput
          label={t("credentials.name")}
          description={t("credentials.nameHint")}
          maxLength={200}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        <PasswordInput
          label={t("credentials.secret")}
          description={t("credentials.secretHint")}
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
          {...form.getInputProps("secret")}
        />
        {storing.error && <FailureNotice error={storing.error} />}
        <Group gap="xs">
          <Button type="submit" loading={storing.isPending}>
            {t("credentials.store")}
          </Button>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              {common("cancel")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
