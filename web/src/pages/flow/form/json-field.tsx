import { useEffect, useState } from "react";
import type { Json } from "../../../flow/graph";
import { useFlow } from "../texts";
import { ExpressionField } from "./expression-field";
import type { Labelled } from "./field";

/** JSON where the text is some; a text that is none is taken as a text. */
export function parseLoose(text: string): Json | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

export function printLoose(value: Json | undefined): string {
  if (value === undefined) return "";
  // A text that would be read as something else keeps its quotes.
  if (typeof value === "string") return parseLoose(value) === value ? value : JSON.stringify(value);
  return JSON.stringify(value, null, 2);
}

/** A value of any kind: text, expression or JSON. */
export function JsonField({
  label,
  schema,
  value,
  path,
  problems,
  isRequired,
  isDisabled,
  onChange,
}: Labelled) {
  const t = useFlow();
  const [text, setText] = useState(() => printLoose(value));
  useEffect(() => {
    // Another state of the flow, by undoing for example; not what was just typed.
    setText((typed) => (same(parseLoose(typed), value) ? typed : printLoose(value)));
  }, [value]);
  const isBroken = /^\s*[[{](?!{)/.test(text) && typeof parseLoose(text) === "string";
  return (
    <ExpressionField
      label={label}
      name={label}
      description={schema.description}
      placeholder={schema["x-placeholder"] ?? t("form.anyValue", { example: "{{ input }}" })}
      value={text}
      error={problems.get(path) ?? (isBroken && t("form.badJson"))}
      isRequired={isRequired}
      isDisabled={isDisabled}
      language={schema["x-expression"] === "never" ? "json" : "template"}
      lines={schema["x-widget"] ? 4 : 1}
      onChange={(next) => {
        setText(next);
        onChange(parseLoose(next));
      }}
    />
  );
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
