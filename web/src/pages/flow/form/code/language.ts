/** How expressions look: texts with `{{ … }}` and `{% … %}`, or a bare expression. */
import { HighlightStyle, StreamLanguage, type StringStream } from "@codemirror/language";
import { tags } from "@lezer/highlight";

interface State {
  /** What closes the expression one is in; nothing: one is in text. */
  close: string | undefined;
  /** Where strings end. */
  quote: string | undefined;
  /** After a dot or a bar. */
  after: "." | "|" | undefined;
}

const roots = new Set(["nodes", "input", "incoming", "vars", "secrets", "run", "now", "item", "index"]);
const words = new Set([
  "and",
  "or",
  "not",
  "in",
  "is",
  "if",
  "else",
  "elif",
  "endif",
  "for",
  "endfor",
  "set",
  "true",
  "false",
  "none",
]);

function inExpression(stream: StringStream, state: State): string | null {
  if (state.quote) {
    while (!stream.eol()) {
      const letter = stream.next();
      if (letter === "\\") stream.next();
      else if (letter === state.quote) {
        state.quote = undefined;
        break;
      }
    }
    return "string";
  }
  if (stream.eatSpace()) return null;
  if (state.close && stream.match(state.close)) {
    state.close = undefined;
    state.after = undefined;
    return "brace";
  }
  const quote = stream.match(/^["']/) as RegExpMatchArray | null;
  if (quote) {
    state.quote = quote[0];
    return "string";
  }
  const { after } = state;
  state.after = undefined;
  if (stream.match(/^\d+(\.\d+)?/)) return "number";
  const word = stream.match(/^[A-Za-z_]\w*/) as RegExpMatchArray | null;
  if (word) {
    if (after === ".") return "propertyName";
    if (after === "|") return "filter";
    if (words.has(word[0])) return "keyword";
    return roots.has(word[0]) ? "root" : "variableName";
  }
  const mark = stream.next();
  if (mark === "." || mark === "|") state.after = mark;
  return "operator";
}

function language(isBare: boolean) {
  return StreamLanguage.define<State>({
    name: isBare ? "expression" : "template",
    startState: () => ({ close: undefined, quote: undefined, after: undefined }),
    token(stream, state) {
      if (isBare || state.close || state.quote) return inExpression(stream, state);
      if (stream.match("{#")) {
        while (!stream.eol() && !stream.match("#}")) stream.next();
        return "comment";
      }
      const open = stream.match(/^\{[{%][-+]?/) as RegExpMatchArray | null;
      if (open) {
        state.close = open[0].startsWith("{{") ? "}}" : "%}";
        return "brace";
      }
      stream.next();
      stream.eatWhile(/[^{]/);
      return null;
    },
    tokenTable: {
      brace: tags.bracket,
      root: tags.definitionKeyword,
      filter: tags.function(tags.variableName),
    },
  });
}

export const templateLanguage = language(false);
export const expressionLanguage = language(true);

const color = (name: string) => `var(--mantine-color-${name}-light-color)`;

/** Colours that can be read on light and on dark ground. */
export const highlightStyle = HighlightStyle.define([
  { tag: [tags.keyword, tags.definitionKeyword, tags.modifier], color: color("cyan"), fontWeight: "600" },
  { tag: [tags.bracket, tags.brace], color: "var(--app-accent-text)" },
  { tag: [tags.string, tags.special(tags.string)], color: color("green") },
  { tag: [tags.number, tags.bool, tags.null], color: color("orange") },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: color("yellow") },
  { tag: tags.propertyName, color: color("teal") },
  { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--mantine-color-error)" },
]);
