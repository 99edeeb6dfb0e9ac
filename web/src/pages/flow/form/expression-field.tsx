import { ActionIcon, Combobox, Group, ScrollArea, Text, Textarea, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBraces } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { previewExpression } from "../../../api/flows";
import { insertReference, pathAt, type Reference } from "../../../flow/references";
import { useRun } from "../session";
import { useFlow } from "../texts";
import { useReferences } from "./references";

interface Props {
  label: ReactNode;
  /** What screen readers call it, where the label is no text. */
  name: string;
  description?: ReactNode;
  placeholder?: string;
  value: string;
  error?: ReactNode;
  isRequired?: boolean;
  isDisabled?: boolean;
  /** Code and templates: letters of one width, and more lines. */
  isCode?: boolean;
  /** Texts are taken as they are. */
  isPlain?: boolean;
  /** The whole text is an expression, without braces. */
  isBare?: boolean;
  lines?: number;
  onChange: (value: string) => void;
}

/** A text that may hold expressions, with completion of what they may name and a look at the value. */
export function ExpressionField(props: Props) {
  const { label, name, value, isCode, isPlain, isBare, onChange } = props;
  const t = useFlow();
  const field = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState(0);
  const [isFocused, setFocused] = useState(false);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const references = useReferences();
  const at = isBare ? bareAt(value, cursor) : pathAt(value, cursor);
  const [isAsked, setAsked] = useState(false);
  const found = useMemo(
    () => (isPlain || !(at || isAsked) ? [] : matching(references, isAsked && !at ? "" : (at?.typed ?? ""))),
    [references, at, isPlain, isAsked],
  );
  const isOpen = combobox.dropdownOpened && found.length > 0;
  const update = (text: string, position: number | null) => {
    onChange(text);
    setCursor(position ?? text.length);
    setAsked(false);
    combobox.openDropdown();
    combobox.updateSelectedOptionIndex();
  };
  const insert = (path: string) => {
    const next =
      isBare && at
        ? { text: value.slice(0, at.from) + path + value.slice(cursor), cursor: at.from + path.length }
        : insertReference(value, cursor, path);
    onChange(next.text);
    setAsked(false);
    combobox.closeDropdown();
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(next.cursor, next.cursor);
      setCursor(next.cursor);
    });
  };
  const read = () => setCursor(field.current?.selectionStart ?? 0);
  return (
    <div>
      <Combobox store={combobox} onOptionSubmit={insert} position="bottom-start" withinPortal>
        <Combobox.Target withKeyboardNavigation={isOpen} withAriaAttributes={!isPlain}>
          <Textarea
            ref={field}
            label={label}
            aria-label={typeof label === "string" ? undefined : name}
            description={props.description}
            placeholder={props.placeholder}
            required={props.isRequired}
            disabled={props.isDisabled}
            error={props.error}
            value={value}
            autosize
            minRows={props.lines ?? 1}
            maxRows={18}
            size="xs"
            spellCheck={!isCode}
            styles={{ input: isCode ? { fontFamily: "var(--mantine-font-family-monospace)" } : {} }}
            rightSection={
              !isPlain && !props.isDisabled ? (
                <ActionIcon
                  size="sm"
                  aria-label={t("form.insert", { name })}
                  title={t("form.insert", { name })}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => {
                    field.current?.focus();
                    read();
                    setAsked(true);
                    combobox.openDropdown();
                  }}
                >
                  <IconBraces size={14} />
                </ActionIcon>
              ) : undefined
            }
            onChange={(event) => update(event.currentTarget.value, event.currentTarget.selectionStart)}
            onKeyUp={read}
            onClick={read}
            onFocus={() => setFocused(true)}
            onBlur={() => {
              setFocused(false);
              setAsked(false);
              combobox.closeDropdown();
            }}
          />
        </Combobox.Target>
        {isOpen && (
          <Combobox.Dropdown>
            <Combobox.Options>
              <ScrollArea.Autosize mah={240} type="scroll">
                {found.map(({ path, of, type }) => (
                  <Combobox.Option key={path} value={path}>
                    <Group justify="space-between" gap="xs" wrap="nowrap">
                      <Text size="xs" ff="monospace" className="truncate">
                        {path}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {of} · {type}
                      </Text>
                    </Group>
                  </Combobox.Option>
                ))}
              </ScrollArea.Autosize>
            </Combobox.Options>
          </Combobox.Dropdown>
        )}
      </Combobox>
      {isFocused && !isPlain && value.includes("{{") && <LivePreview text={value} />}
    </div>
  );
}

function bareAt(text: string, cursor: number): { from: number; typed: string } | undefined {
  const typed = /[A-Za-z_][\w.[\]"']*$/.exec(text.slice(0, cursor))?.[0] ?? "";
  return typed ? { from: cursor - typed.length, typed } : undefined;
}

function matching(references: Reference[], typed: string): Reference[] {
  const wanted = typed.toLowerCase();
  const begins = references.filter(({ path }) => path.toLowerCase().startsWith(wanted) && path !== typed);
  const holds = references.filter(
    (one) =>
      !begins.includes(one) && one.path !== typed && `${one.path} ${one.of}`.toLowerCase().includes(wanted),
  );
  return [...begins, ...holds].slice(0, 40);
}

/** The value with the data of the run that is shown. */
function LivePreview({ text }: { text: string }) {
  const t = useFlow();
  const run = useRun((view) => view.run);
  const nodes = useRun((view) => view.nodes);
  const [settled] = useDebouncedValue(text, 400);
  const preview = useQuery({
    queryKey: ["expression", run?.id, settled],
    enabled: run !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () => {
      const outputs = Object.entries(nodes).map(([id, work]) => [
        id,
        { output: work.output ?? {}, status: work.status },
      ]);
      return previewExpression(settled, { input: run?.input ?? {}, nodes: Object.fromEntries(outputs) });
    },
  });
  if (!preview.data) return null;
  const { value, error, why_empty: why } = preview.data;
  return (
    <Text size="xs" c={error ? "var(--mantine-color-error)" : "dimmed"} lineClamp={3} mt={2}>
      {error ? error.message : `= ${typeof value === "string" ? value : JSON.stringify(value)}`}
      {!error && why[0] ? ` (${why[0].message})` : ""}
      {!error && !why[0] && value === null ? ` (${t("form.empty")})` : ""}
    </Text>
  );
}
