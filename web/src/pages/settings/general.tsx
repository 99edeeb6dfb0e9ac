import {
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Failure } from "../../api/failure";
import { useModels } from "../../api/models";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { isSlug } from "../../components/slug";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { meQuery, useMay } from "../../session/me";
import { type Fields, fieldsOf, type Organization, updateOf } from "./organization";
import { useSettings } from "./texts";

interface Loaded {
  organization: Organization;
  /** What the edit says that it has seen. */
  etag: string | null;
}

const key = ["organization"];

/** Name, short name, and what the organization decided about itself. */
export function General() {
  const current = useQuery({
    queryKey: key,
    refetchOnWindowFocus: false,
    queryFn: async (): Promise<Loaded> => {
      const call = api.GET("/api/v1/organizations/current");
      const organization = await body(call);
      return { organization, etag: (await call).response.headers.get("etag") };
    },
  });
  if (current.error) return <FailureNotice error={current.error} onRetry={current.refetch} />;
  if (!current.data) return <Pending />;
  return <Form key={current.dataUpdatedAt} loaded={current.data} onReload={() => void current.refetch()} />;
}

function Form({ loaded, onReload }: { loaded: Loaded; onReload: () => void }) {
  const t = useSettings();
  const common = useCommon();
  const may = useMay();
  const models = useModels();
  const client = useQueryClient();
  const mayChange = may("organization:update");
  const form = useForm<Fields>({
    initialValues: fieldsOf(loaded.organization),
    validate: {
      name: (value) => (value.trim() ? null : common("required")),
      slug: (value) => (isSlug(value.trim()) ? null : t("general.wrongSlug")),
      billingEmail: (value) =>
        !value.trim() || /^\S+@\S+$/.test(value.trim()) ? null : common("invalidEmail"),
    },
  });
  const saving = useMutation({
    meta: { silent: true },
    mutationFn: (fields: Fields) =>
      body(
        api.PATCH("/api/v1/organizations/current", {
          params: { header: loaded.etag ? { "If-Match": loaded.etag } : {} },
          body: updateOf(fields),
        }),
      ),
    onSuccess: async () => {
      showDone(common("saved"));
      await client.invalidateQueries({ queryKey: key });
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
      await client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  const isOutdated = saving.error !== null && Failure.of(saving.error).status === 412;
  return (
    <Paper p={{ base: "md", sm: "lg" }} radius="lg" maw={680}>
      <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))} noValidate>
        <Stack gap="md">
          {!mayChange && (
            <Text size="sm" c="dimmed">
              {t("general.readOnly")}
            </Text>
          )}
          <TextInput
            label={t("general.name")}
            maxLength={200}
            readOnly={!mayChange}
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t("general.slug")}
            description={t("general.slugHint")}
            maxLength={64}
            readOnly={!mayChange}
            {...form.getInputProps("slug")}
          />
          <TextInput
            type="email"
            label={t("general.billingEmail")}
            description={t("general.billingEmailHint")}
            readOnly={!mayChange}
            {...form.getInputProps("billingEmail")}
          />
          <TagsInput
            label={t("general.models")}
            description={t("general.modelsHint")}
            data={models.data?.map(({ id }) => id) ?? []}
            limit={50}
            readOnly={!mayChange}
            {...form.getInputProps("models")}
          />
          <Switch
            label={t("general.mfa")}
            description={t("general.mfaHint")}
            disabled={!mayChange}
            {...form.getInputProps("requireMfa", { type: "checkbox" })}
          />
          <Switch
            label={t("general.bodies")}
            description={t("general.bodiesHint")}
            disabled={!mayChange}
            {...form.getInputProps("logBodies", { type: "checkbox" })}
          />
          <NumberInput
            label={t("general.retention")}
            description={t("general.retentionHint")}
            maw={260}
            min={1}
            max={3650}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            readOnly={!mayChange}
            {...form.getInputProps("retentionDays")}
          />
          {isOutdated && (
            <Alert color="orange" variant="light" role="alert">
              <Text size="sm" mb="xs">
                {t("general.changed")}
              </Text>
              <Button size="compact-sm" variant="default" onClick={onReload}>
                {t("general.reload")}
              </Button>
            </Alert>
          )}
          {saving.error && !isOutdated && <FailureNotice error={saving.error} />}
          {mayChange && (
            <Group>
              <Button type="submit" loading={saving.isPending} disabled={!form.isDirty()}>
                {common("save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
