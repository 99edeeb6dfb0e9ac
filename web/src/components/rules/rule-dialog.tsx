import { Button, Group, Modal, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { useKeyNames, useMemberNames, useTeamNames } from "../../api/names";
import { useCommon } from "../../i18n/common";
import { FailureNotice } from "../failure-notice";
import { showDone } from "../toast";
import {
  maxOf,
  metrics,
  newBudget,
  newLimit,
  periods,
  type Rule,
  type RuleFields,
  type Scope,
  scopes,
  shownMax,
  units,
  windows,
} from "./rule";
import { useRules } from "./texts";
import { useRuleWords } from "./words";

interface Props {
  isOpen: boolean;
  kind: Rule["kind"];
  /** The rule to be changed; a new one is made without it. */
  rule?: Rule;
  /** Fixes whose use is counted. */
  whose?: { scope: Scope; id: string };
  onClose: () => void;
}

/** Sets a limit or a budget, or changes how much one allows. */
export function RuleDialog(props: Props) {
  const t = useRules();
  const { isOpen, kind, rule, onClose } = props;
  const title = rule
    ? t(kind === "limit" ? "form.changeLimit" : "form.changeBudget")
    : t(kind === "limit" ? "form.addLimit" : "form.addBudget");
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Form {...props} />
    </Modal>
  );
}

function save({ kind, rule }: Props, fields: RuleFields): Promise<unknown> {
  if (rule) {
    const params = { path: { id: rule.rule.id } };
    if (rule.kind === "limit") {
      return body(api.PATCH("/api/v1/limits/{id}", { params, body: { max: maxOf("tokens", fields.max) } }));
    }
    const max = maxOf(rule.rule.unit, fields.max);
    return body(api.PATCH("/api/v1/budgets/{id}", { params, body: { max } }));
  }
  return kind === "limit"
    ? body(api.POST("/api/v1/limits", { body: newLimit(fields) }))
    : body(api.POST("/api/v1/budgets", { body: newBudget(fields) }));
}

function Form(props: Props) {
  const { kind, rule, whose, onClose } = props;
  const t = useRules();
  const common = useCommon();
  const words = useRuleWords();
  const client = useQueryClient();
  const unitOfRule = rule?.kind === "budget" ? rule.rule.unit : "tokens";
  const form = useForm<RuleFields>({
    initialValues: {
      scope: whose?.scope ?? "organization",
      scopeId: whose?.id ?? "",
      metric: "requests",
      window: "minute",
      unit: "nano_usd",
      period: "month",
      max: rule ? shownMax(unitOfRule, rule.rule.max) : "",
      model: "",
    },
    validate: {
      max: (value) => (value === "" ? common("required") : null),
      scopeId: (value, { scope }) => (scope !== "organization" && !value ? common("required") : null),
    },
  });
  const saving = useMutation({
    meta: { silent: true },
    mutationFn: (fields: RuleFields) => save(props, fields),
    onSuccess: async () => {
      showDone(common("saved"));
      onClose();
      for (const key of ["rules", "limits", "budgets", "billing"]) {
        await client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  const isMoney = kind === "budget" && (rule ? unitOfRule : form.values.unit) === "nano_usd";
  return (
    <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))} noValidate>
      <Stack gap="sm">
        {rule ? (
          <Text size="sm">
            {words.rule(rule)}. {t("form.fixed")}
          </Text>
        ) : (
          <>
            {!whose && <Whose form={form} />}
            {kind === "limit" ? <Counted form={form} /> : <Spent form={form} />}
          </>
        )}
        <NumberInput
          label={t("form.max")}
          description={t("form.maxHint")}
          prefix={isMoney ? "$" : undefined}
          decimalScale={isMoney ? 4 : 0}
          allowNegative={false}
          min={0}
          thousandSeparator=" "
          hideControls
          required
          data-autofocus={rule ? true : undefined}
          {...form.getInputProps("max")}
        />
        {!rule && (
          <TextInput
            label={t("form.model")}
            description={t("form.modelHint")}
            placeholder="openai/*"
            {...form.getInputProps("model")}
          />
        )}
        {saving.error && <FailureNotice error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {common("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type FormOf = Pick<UseFormReturnType<RuleFields>, "values" | "setFieldValue" | "getInputProps">;

function Whose({ form }: { form: FormOf }) {
  const t = useRules();
  const names = { organization: undefined, key: useKeyNames(), user: useMemberNames(), team: useTeamNames() };
  const { scope } = form.values;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Select
        label={t("form.whose")}
        allowDeselect={false}
        data={scopes.map((value) => ({ value, label: t(`scope.${value}`) }))}
        value={scope}
        onChange={(value) => {
          form.setFieldValue("scope", scopes.find((one) => one === value) ?? "organization");
          form.setFieldValue("scopeId", "");
        }}
      />
      {scope !== "organization" && (
        <Select
          label={t("form.which")}
          searchable
          required
          limit={100}
          data={[...(names[scope] ?? [])].map(([value, label]) => ({ value, label }))}
          {...form.getInputProps("scopeId")}
          value={form.values.scopeId || null}
        />
      )}
    </SimpleGrid>
  );
}

function Counted({ form }: { form: FormOf }) {
  const t = useRules();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Select
        label={t("form.what")}
        allowDeselect={false}
        data={metrics.map((value) => ({ value, label: t(`form.metric.${value}`) }))}
        {...form.getInputProps("metric")}
      />
      {form.values.metric !== "concurrency" && (
        <Select
          label={t("form.each")}
          allowDeselect={false}
          data={windows.map((value) => ({ value, label: t(`limit.window.${value}`) }))}
          {...form.getInputProps("window")}
        />
      )}
    </SimpleGrid>
  );
}

function Spent({ form }: { form: FormOf }) {
  const t = useRules();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Select
        label={t("form.what")}
        allowDeselect={false}
        data={units.map((value) => ({ value, label: t(`form.unit.${value}`) }))}
        {...form.getInputProps("unit")}
      />
      <Select
        label={t("form.each")}
        allowDeselect={false}
        data={periods.map((value) => ({ value, label: t(`period.${value}`) }))}
        {...form.getInputProps("period")}
      />
    </SimpleGrid>
  );
}
