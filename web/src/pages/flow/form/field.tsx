import {
  ActionIcon,
  Autocomplete,
  Box,
  Button,
  Fieldset,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconFunction, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Json, Settings } from "../../../flow/graph";
import type { Schema } from "../../../flow/node-type";
import { useFlow } from "../texts";
import type { Language } from "./code/editor";
import { ExpressionField } from "./expression-field";
import { JsonField } from "./json-field";
import { useNames } from "./references";
import { firstValue, humanize, isShown, readField, startVariant, withField } from "./schema";

export interface FieldProps {
  name: string;
  /** `cases[1].label`, as problems name it. */
  path: string;
  schema: Schema;
  root: Schema;
  value: Json | undefined;
  isRequired: boolean;
  isDisabled: boolean;
  problems: ReadonlyMap<string, string>;
  /** The object it stands in: what it is written in may be told there. */
  siblings: Settings;
  onChange: (value: Json | undefined) => void;
}

function isExpression(value: Json | undefined): value is string {
  return typeof value === "string" && value.includes("{{");
}

/** One field, whatever its schema says. */
export function SchemaField(props: FieldProps) {
  const { kind, schema } = readField(props.schema, props.root);
  const label = schema.title ?? humanize(props.name);
  const shared = { ...props, schema, label };
  switch (kind.kind) {
    case "choice":
      return <ChoiceField {...shared} choices={kind.choices} />;
    case "boolean":
      return <BooleanField {...shared} />;
    case "number":
      return <NumberField {...shared} isInteger={kind.isInteger} />;
    case "string":
      return <StringField {...shared} />;
    case "list":
      return <ListField {...shared} items={kind.items} />;
    case "object":
      return (
        <Titled {...shared}>
          <Properties
            {...props}
            values={asObject(props.value)}
            properties={kind.properties}
            required={kind.required}
            onChange={props.onChange}
          />
        </Titled>
      );
    case "variants":
      return <VariantField {...shared} kind={kind} />;
    case "map":
      return <MapField {...shared} values={kind.values} />;
    default:
      return <JsonField {...shared} />;
  }
}

export type Labelled = FieldProps & { label: string };

export function asObject(value: Json | undefined): Settings {
  return value && typeof value === "object" && !Array.isArray(value) ? value : {};
}

interface PropertiesProps
  extends Omit<FieldProps, "name" | "schema" | "value" | "isRequired" | "siblings" | "onChange"> {
  values: Settings;
  properties: [string, Schema][];
  required: string[];
  onChange: (values: Settings) => void;
}

/** The fields of an object; those for few are folded. */
export function Properties(props: PropertiesProps) {
  const { values, properties, required, path, onChange } = props;
  const t = useFlow();
  const [isOpen, setOpen] = useState(false);
  const shown = properties.filter(([, schema]) => isShown(schema, values, properties));
  const usual = shown.filter(([, schema]) => !schema["x-advanced"]);
  const advanced = shown.filter(([, schema]) => schema["x-advanced"]);
  const draw = ([name, schema]: [string, Schema]) => (
    <SchemaField
      key={name}
      {...props}
      name={name}
      path={path ? `${path}.${name}` : name}
      schema={schema}
      value={values[name]}
      siblings={values}
      isRequired={required.includes(name)}
      onChange={(value) => onChange(withField(values, name, value))}
    />
  );
  return (
    <Stack gap="sm">
      {usual.map(draw)}
      {advanced.length > 0 && (
        <Box>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {t(isOpen ? "form.less" : "form.more")}
          </Button>
          {isOpen && (
            <Stack gap="sm" mt="xs">
              {advanced.map(draw)}
            </Stack>
          )}
        </Box>
      )}
    </Stack>
  );
}

function Titled({ label, schema, children }: Labelled & { children: React.ReactNode }) {
  return (
    <Fieldset legend={label} p="sm" radius="md">
      {schema.description && (
        <Text size="xs" c="dimmed" mb="xs">
          {schema.description}
        </Text>
      )}
      {children}
    </Fieldset>
  );
}

/** Lets an expression stand in the place of a value that is no text. */
function FunctionSwitch({ label, isOn, onSwitch }: { label: string; isOn: boolean; onSwitch: () => void }) {
  const t = useFlow();
  return (
    <ActionIcon
      size="sm"
      variant={isOn ? "light" : "subtle"}
      aria-pressed={isOn}
      aria-label={t("form.expression", { name: label })}
      title={t("form.expression", { name: label })}
      onClick={onSwitch}
    >
      <IconFunction size={14} />
    </ActionIcon>
  );
}

function AsExpression({ label, value, schema, path, problems, isDisabled, onChange }: Labelled) {
  return (
    <Group gap={4} align="flex-end" wrap="nowrap">
      <Box flex={1}>
        <ExpressionField
          label={label}
          name={label}
          description={schema.description}
          value={String(value ?? "")}
          error={problems.get(path)}
          isDisabled={isDisabled}
          onChange={onChange}
        />
      </Box>
      <FunctionSwitch label={label} isOn onSwitch={() => onChange(undefined)} />
    </Group>
  );
}

const startExpression = "{{  }}";

function ChoiceField(props: Labelled & { choices: { value: Json; label: string; description?: string }[] }) {
  const { label, schema, value, choices, path, problems, isRequired, isDisabled, onChange } = props;
  if (isExpression(value)) return <AsExpression {...props} />;
  const current = value ?? schema.default;
  const chosen = choices.find((choice) => choice.value === current);
  return (
    <Select
      size="xs"
      label={label}
      description={chosen?.description ?? schema.description}
      required={isRequired}
      disabled={isDisabled}
      allowDeselect={false}
      searchable={choices.length > 8}
      error={problems.get(path)}
      data={choices.map((choice) => ({ value: JSON.stringify(choice.value), label: choice.label }))}
      value={current === undefined ? null : JSON.stringify(current)}
      onChange={(next) => next !== null && onChange(JSON.parse(next) as Json)}
    />
  );
}

function BooleanField(props: Labelled) {
  const { label, schema, value, path, problems, isDisabled, onChange } = props;
  if (isExpression(value)) return <AsExpression {...props} />;
  return (
    <Group gap={4} justify="space-between" wrap="nowrap" align="flex-start">
      <Switch
        size="xs"
        label={label}
        description={schema.description}
        error={problems.get(path)}
        disabled={isDisabled}
        checked={(value ?? schema.default) === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      {schema["x-expression"] !== "never" && !isDisabled && (
        <FunctionSwitch label={label} isOn={false} onSwitch={() => onChange(startExpression)} />
      )}
    </Group>
  );
}

function NumberField(props: Labelled & { isInteger: boolean }) {
  const { label, schema, value, path, problems, isRequired, isDisabled, isInteger, onChange } = props;
  if (isExpression(value)) return <AsExpression {...props} />;
  const initial = schema.default;
  return (
    <Group gap={4} align="flex-end" wrap="nowrap">
      <NumberInput
        flex={1}
        size="xs"
        label={label}
        description={schema.description}
        required={isRequired}
        disabled={isDisabled}
        error={problems.get(path)}
        placeholder={typeof initial === "number" ? String(initial) : schema["x-placeholder"]}
        min={schema.minimum}
        max={schema.maximum}
        allowDecimal={!isInteger}
        clampBehavior="blur"
        value={typeof value === "number" ? value : ""}
        onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
      />
      {schema["x-expression"] !== "never" && !isDisabled && (
        <FunctionSwitch label={label} isOn={false} onSwitch={() => onChange(startExpression)} />
      )}
    </Group>
  );
}

/** Widgets whose texts are picked from what is there, though others may be typed. */
const named = [
  "model",
  "credential",
  "collection",
  "workflow",
  "secret",
  "variable",
  "timezone",
  "data-type",
];
const long = ["code", "template", "markdown", "text"];

/** What a text is written in: expressions, unless its schema says otherwise. */
function languageOf(schema: Schema, siblings: Settings): Language {
  if (schema["x-expression"] === "deferred") return "expression";
  if (schema["x-expression"] !== "never") return "template";
  const widget = schema["x-widget"];
  if (widget?.startsWith("json")) return "json";
  if (widget !== "code") return "text";
  const told = schema["x-language"];
  const word = typeof told === "object" ? siblings[told.field] : told;
  return word === "python" || word === "json" ? word : "javascript";
}

function StringField(props: Labelled) {
  const { label, schema, value, path, problems, isRequired, isDisabled, onChange } = props;
  const widget = schema["x-widget"];
  const names = useNames(widget, schema["x-providers"]);
  const text =
    value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const initial = typeof schema.default === "string" ? schema.default : undefined;
  const set = (next: string) => onChange(next === "" && !isRequired ? undefined : next);
  const common = {
    label,
    description: schema.description,
    placeholder: schema["x-placeholder"] ?? initial,
    error: problems.get(path),
  };
  if (widget && named.includes(widget) && !isExpression(value)) {
    return (
      <Autocomplete
        {...common}
        size="xs"
        required={isRequired}
        disabled={isDisabled}
        data={[...new Set(names)]}
        limit={60}
        value={text}
        onChange={set}
      />
    );
  }
  if (widget === "key" || (schema["x-expression"] === "never" && !long.includes(widget ?? ""))) {
    return (
      <TextInput
        {...common}
        size="xs"
        required={isRequired}
        disabled={isDisabled}
        value={text}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
  }
  return (
    <ExpressionField
      {...common}
      name={label}
      value={text}
      isRequired={isRequired}
      isDisabled={isDisabled}
      language={languageOf(schema, props.siblings)}
      lines={long.includes(widget ?? "") ? 4 : 1}
      onChange={set}
    />
  );
}

function ListField(props: Labelled & { items: Schema }) {
  const { label, schema, value, items, root, path, problems, isDisabled, onChange } = props;
  const t = useFlow();
  if (isExpression(value)) return <AsExpression {...props} />;
  const initial = Array.isArray(schema.default) ? schema.default : [];
  const list = Array.isArray(value) ? value : initial;
  const put = (next: Json[]) => onChange(next);
  const swap = (a: number, b: number) => {
    const next = [...list];
    [next[a], next[b]] = [next[b] as Json, next[a] as Json];
    put(next);
  };
  const { kind } = readField(items, root);
  const isSimple = kind.kind === "string" || kind.kind === "number" || kind.kind === "choice";
  return (
    <Titled {...props} label={label}>
      {problems.get(path) && (
        <Text size="xs" c="var(--mantine-color-error)" mb="xs">
          {problems.get(path)}
        </Text>
      )}
      <Stack gap="xs">
        {list.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity but their place
          <Group key={index} gap={2} align="flex-start" wrap="nowrap">
            <Box flex={1} miw={0}>
              <SchemaField
                {...props}
                name={isSimple ? `${label} ${index + 1}` : entryName(one, index, label)}
                path={`${path}[${index}]`}
                schema={{ ...items, title: entryName(one, index, label) }}
                value={one}
                isRequired
                onChange={(next) => put(list.map((old, at) => (at === index ? (next ?? "") : old)))}
              />
            </Box>
            {!isDisabled && (
              <Stack gap={0} pt={isSimple ? 20 : 4}>
                <ActionIcon
                  size="xs"
                  disabled={index === 0}
                  aria-label={t("form.up", { number: index + 1 })}
                  onClick={() => swap(index, index - 1)}
                >
                  <IconArrowUp size={12} />
                </ActionIcon>
                <ActionIcon
                  size="xs"
                  disabled={index === list.length - 1}
                  aria-label={t("form.down", { number: index + 1 })}
                  onClick={() => swap(index, index + 1)}
                >
                  <IconArrowDown size={12} />
                </ActionIcon>
                <ActionIcon
                  size="xs"
                  aria-label={t("form.removeEntry", { number: index + 1 })}
                  onClick={() => put(list.filter((_, at) => at !== index))}
                >
                  <IconTrash size={12} />
                </ActionIcon>
              </Stack>
            )}
          </Group>
        ))}
        {!isDisabled && (
          <Group gap="xs">
            <Button
              size="compact-xs"
              variant="light"
              leftSection={<IconPlus size={13} />}
              disabled={schema.maxItems !== undefined && list.length >= schema.maxItems}
              onClick={() => put([...list, firstValue(items, root)])}
            >
              {t("form.addEntry", { name: label })}
            </Button>
            {schema["x-expression"] !== "never" && list.length === 0 && (
              <FunctionSwitch label={label} isOn={false} onSwitch={() => onChange(startExpression)} />
            )}
          </Group>
        )}
      </Stack>
    </Titled>
  );
}

function entryName(value: Json, index: number, label: string): string {
  const object = asObject(value);
  const said = [object.label, object.title, object.name, object.id].find(
    (one) => typeof one === "string" && one !== "",
  );
  return typeof said === "string" ? said : `${label} ${index + 1}`;
}

function VariantField(
  props: Labelled & { kind: Extract<ReturnType<typeof readField>["kind"], { kind: "variants" }> },
) {
  const { label, schema, value, root, path, problems, isDisabled, kind, onChange } = props;
  const values = asObject(value ?? schema.default);
  const chosen = kind.variants.find(({ tag }) => tag === values[kind.tag]);
  const read = chosen && readField({ ...chosen.schema, type: "object" }, root).kind;
  return (
    <Titled {...props} label={label}>
      <Stack gap="sm">
        <Select
          size="xs"
          aria-label={label}
          description={chosen?.description}
          disabled={isDisabled}
          allowDeselect={false}
          error={problems.get(path)}
          data={kind.variants.map(({ tag, label: word }) => ({ value: tag, label: word }))}
          value={chosen?.tag ?? null}
          onChange={(tag) => {
            const next = kind.variants.find((variant) => variant.tag === tag);
            if (next) onChange(startVariant(kind.tag, next, root));
          }}
        />
        {chosen && read?.kind === "object" && (
          <Properties
            {...props}
            values={values}
            properties={read.properties}
            required={read.required}
            onChange={(next) => onChange({ ...next, [kind.tag]: chosen.tag })}
          />
        )}
      </Stack>
    </Titled>
  );
}

function MapField(props: Labelled & { values: Schema }) {
  const { label, value, values, path, isDisabled, onChange } = props;
  const t = useFlow();
  const [name, setName] = useState("");
  if (isExpression(value)) return <AsExpression {...props} />;
  const object = asObject(value ?? props.schema.default);
  const isTaken = name in object;
  const add = () => {
    if (!name || isTaken) return;
    onChange({ ...object, [name]: firstValue(values, props.root) });
    setName("");
  };
  return (
    <Titled {...props} label={label}>
      <Stack gap="xs">
        {Object.entries(object).map(([key, one]) => (
          <Group key={key} gap={2} align="flex-start" wrap="nowrap">
            <Box flex={1} miw={0}>
              <SchemaField
                {...props}
                name={key}
                path={`${path}.${key}`}
                schema={{ ...values, title: key, description: undefined }}
                value={one}
                isRequired
                onChange={(next) => onChange(withField(object, key, next ?? ""))}
              />
            </Box>
            {!isDisabled && (
              <ActionIcon
                size="xs"
                mt={22}
                aria-label={t("form.removeKey", { name: key })}
                onClick={() => onChange(withField(object, key, undefined))}
              >
                <IconTrash size={12} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!isDisabled && (
          <Group gap="xs" wrap="nowrap">
            <TextInput
              flex={1}
              size="xs"
              aria-label={t("form.newKey", { name: label })}
              placeholder={t("form.newKey", { name: label })}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
            />
            <Button size="compact-xs" variant="light" disabled={!name || isTaken} onClick={add}>
              {t("form.addKey")}
            </Button>
          </Group>
        )}
      </Stack>
    </Titled>
  );
}
