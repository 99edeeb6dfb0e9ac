import {
  Button,
  Divider,
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { useModels } from "../../api/models";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { budgetOf, emptyForm, expiries, expiryTime, type KeyForm, limitsOf } from "./key";
import { NewKey } from "./new-key";
import { useKeys } from "./texts";

interface Props {
  isOpen: boolean;
  onClose: () => void;
}

interface Made {
  key: string;
  /** Why a limit or the budget could not be set. */
  trouble: unknown;
}

async function create(form: KeyForm): Promise<Made> {
  const made = await body(
    api.POST("/api/v1/keys", {
      body: {
        name: form.name.trim(),
        admin: form.admin,
        models: form.models,
        endpoints: form.endpoints,
        tags: form.tags,
        expires_at: expiryTime(form.expiry),
      },
    }),
  );
  try {
    for (const limit of limitsOf(form, made.id)) await body(api.POST("/api/v1/limits", { body: limit }));
    const budget = budgetOf(form, made.id);
    if (budget) await body(api.POST("/api/v1/budgets", { body: budget }));
    return { key: made.key, trouble: null };
  } catch (trouble) {
    // The key exists and is shown this once, whatever else failed.
    return { key: made.key, trouble };
  }
}

/** The form of a new key, then the key itself. */
export function CreateKey({ isOpen, onClose }: Props) {
  const t = useKeys();
  const client = useQueryClient();
  const [made, setMade] = useState<Made | null>(null);
  const creation = useMutation({
    mutationFn: create,
    meta: { silent: true },
    onSuccess: (result) => {
      setMade(result);
      void client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const close = () => {
    setMade(null);
    creation.reset();
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={made ? t("once.title") : t("form.title")}
      size="lg"
      closeOnClickOutside={!made}
      closeOnEscape={!made}
    >
      {made ? (
        <NewKey apiKey={made.key} trouble={made.trouble} onDone={close} />
      ) : (
        <Form
          error={creation.error}
          isBusy={creation.isPending}
          onSubmit={creation.mutate}
          onCancel={close}
        />
      )}
    </Modal>
  );
}

interface FormProps {
  error: unknown;
  isBusy: boolean;
  onSubmit: (form: KeyForm) => void;
  onCancel: () => void;
}

function Form({ error, isBusy, onSubmit, onCancel }: FormProps) {
  const t = useKeys();
  const common = useCommon();
  const models = useModels();
  const form = useForm<KeyForm>({
    initialValues: emptyForm,
    validate: { name: (name) => (name.trim() ? null : common("required")) },
  });
  const count = {
    min: 0,
    allowDecimal: false,
    allowNegative: false,
    thousandSeparator: " ",
    hideControls: true,
  };
  return (
    <form onSubmit={form.onSubmit(onSubmit)} noValidate>
      <Stack gap="sm">
        <TextInput
          label={t("form.name")}
          description={t("form.nameHint")}
          required
          maxLength={200}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TagsInput
            label={t("form.models")}
            description={t("form.modelsHint")}
            data={models.data?.map(({ id }) => id) ?? []}
            limit={50}
            maxDropdownHeight={220}
            {...form.getInputProps("models")}
          />
          <TagsInput
            label={t("form.endpoints")}
            description={t("form.endpointsHint")}
            data={[
              "/v1/chat/*",
              "/v1/responses",
              "/v1/messages",
              "/v1/embeddings",
              "/v1/images/*",
              "/v1/audio/*",
            ]}
            {...form.getInputProps("endpoints")}
          />
          <TagsInput
            label={t("form.tags")}
            description={t("form.tagsHint")}
            {...form.getInputProps("tags")}
          />
          <Select
            label={t("form.expires")}
            description={t("form.expiresHint")}
            allowDeselect={false}
            data={expiries.map((value) => ({ value, label: t(`form.expiry.${value}`) }))}
            {...form.getInputProps("expiry")}
          />
        </SimpleGrid>
        <Divider label={t("form.limits")} labelPosition="left" mt="xs" />
        <Text size="xs" c="dimmed" mt={-8}>
          {t("form.limitsHint")}
        </Text>
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <NumberInput label={t("form.requests")} {...count} {...form.getInputProps("requests")} />
          <NumberInput label={t("form.tokens")} {...count} {...form.getInputProps("tokens")} />
          <NumberInput label={t("form.concurrency")} {...count} {...form.getInputProps("concurrency")} />
        </SimpleGrid>
        <Divider label={t("form.budget")} labelPosition="left" mt="xs" />
        <Text size="xs" c="dimmed" mt={-8}>
          {t("form.budgetHint")}
        </Text>
        <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="sm">
          <NumberInput
            label={t("form.amount")}
            prefix="$"
            min={0}
            decimalScale={4}
            hideControls
            allowNegative={false}
            {...form.getInputProps("dollars")}
          />
          <Select
            label={t("form.period")}
            allowDeselect={false}
            data={(["day", "week", "month", "total"] as const).map((value) => ({
              value,
              label: t(`form.periods.${value}`),
            }))}
            {...form.getInputProps("period")}
          />
        </SimpleGrid>
        <Divider label={t("form.scope")} labelPosition="left" mt="xs" />
        <Switch
          label={t("admin")}
          description={t("adminHint")}
          {...form.getInputProps("admin", { type: "checkbox" })}
        />
        {error != null && <FailureNotice error={error} />}
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onCancel}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t("form.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
