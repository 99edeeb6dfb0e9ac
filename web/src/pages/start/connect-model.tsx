import { Button, Group, NativeSelect, PasswordInput, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { useMay } from "../../session/me";
import { useSession } from "../../session/texts";
import { useCredentials, type Vendor, vendors } from "./data";
import { Step } from "./step";
import { useStart } from "./texts";

/** Step 1: a vendor's key, or the built-in models. */
export function ConnectModel() {
  const t = useStart();
  const may = useMay();
  const { data: credentials } = useCredentials();
  const count = new Set(credentials?.map(({ provider }) => provider)).size;
  return (
    <Step number={1} title={t("model.title")} hint={t("model.hint")} isDone={count > 0}>
      <Text size="sm">
        {count > 0
          ? t("model.connected", { count })
          : may("credentials:write")
            ? t("model.builtin")
            : t("model.ask")}
      </Text>
      {may("credentials:write") && <VendorForm />}
    </Step>
  );
}

function VendorForm() {
  const t = useStart();
  const common = useCommon();
  const session = useSession();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { vendor: "openai" as Vendor, secret: "" },
    validate: { secret: (value) => (value.trim() ? null : common("required")) },
  });
  const connection = useMutation({
    meta: { silent: true },
    mutationFn: ({ vendor, secret }: { vendor: Vendor; secret: string }) =>
      body(
        api.POST("/api/v1/credentials", {
          body: { provider: vendor, name: vendors[vendor], secret: secret.trim() },
        }),
      ),
    onSuccess: (_, { vendor }) => {
      showDone(t("model.stored", { vendor: vendors[vendor] }));
      form.setFieldValue("secret", "");
      void client.invalidateQueries({ queryKey: ["credentials"] });
      void client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => connection.mutate(values))} noValidate>
      <Group gap="xs" align="flex-end">
        <NativeSelect
          label={t("model.vendor")}
          w={170}
          data={Object.entries(vendors).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps("vendor")}
        />
        <PasswordInput
          label={t("model.key")}
          flex="1 1 220px"
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
          {...form.getInputProps("secret")}
        />
        <Button type="submit" variant="default" loading={connection.isPending}>
          {t("model.connect")}
        </Button>
      </Group>
      {connection.error && <FailureNotice error={connection.error} />}
    </form>
  );
}
