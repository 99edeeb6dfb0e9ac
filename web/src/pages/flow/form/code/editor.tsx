import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension, Transaction } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { type RefObject, useEffect, useRef } from "react";
import type { Reference } from "../../../../flow/references";
import { completeExpression } from "./completion";
import { expressionLanguage, highlightStyle, templateLanguage } from "./language";

export type Language = "template" | "expression" | "javascript" | "python" | "json" | "text";

/** What the field around it can have done. */
export interface EditorHandle {
  /** Offers values at the cursor, in braces of their own where there are none. */
  offer: () => void;
}

/** A text that somebody is at, and where. */
export interface Typed {
  text: string;
  cursor: number;
}

export interface EditorProps {
  /** What screen readers call it. */
  name: string;
  value: string;
  language: Language;
  references: Reference[];
  placeholder?: string;
  lines: number;
  isDisabled: boolean;
  isRequired: boolean;
  isInvalid: boolean;
  handle: RefObject<EditorHandle | null>;
  /** What was typed in the field that stood here until this one was loaded; `null`: nobody was in it. */
  typed?: RefObject<Typed | null>;
  onChange: (value: string) => void;
  onFocus: (isFocused: boolean) => void;
}

function grammarOf(language: Language): Extension {
  switch (language) {
    case "javascript":
      return javascript();
    case "python":
      return python();
    case "json":
      return json();
    case "template":
      return templateLanguage;
    case "expression":
      return expressionLanguage;
    default:
      return [];
  }
}

const look = EditorView.theme({
  "&": {
    border: "1px solid var(--mantine-color-default-border)",
    borderRadius: "var(--mantine-radius-md)",
    background: "var(--mantine-color-body)",
    color: "var(--mantine-color-text)",
    fontSize: "12px",
  },
  "&.cm-focused": { outline: "none", borderColor: "var(--mantine-primary-color-filled)" },
  ".cm-scroller": {
    fontFamily: "var(--mantine-font-family-monospace)",
    lineHeight: "1.5",
    maxHeight: "420px",
  },
  ".cm-content": { caretColor: "var(--mantine-color-text)", padding: "5px 0" },
  ".cm-line": { padding: "0 9px" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  ".cm-placeholder": { color: "var(--mantine-color-placeholder)" },
  ".cm-gutters": {
    border: "none",
    borderRadius: "var(--mantine-radius-md)",
    background: "transparent",
    color: "var(--mantine-color-dimmed)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--mantine-color-default-border)",
    borderRadius: "var(--mantine-radius-md)",
    background: "var(--mantine-color-body)",
    color: "var(--mantine-color-text)",
    boxShadow: "var(--mantine-shadow-md)",
  },
  ".cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--app-accent-soft)",
    color: "var(--app-accent-text)",
  },
  ".cm-completionDetail": { marginLeft: "12px", color: "var(--mantine-color-dimmed)", fontStyle: "normal" },
});

/** A text field with colours, completion and an undo of its own. */
export default function CodeEditor(props: EditorProps) {
  const { value, language, isDisabled, isInvalid, isRequired, lines, handle } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  /** Texts that were given to `onChange` and have not come back as the value. */
  const sent = useRef<string[]>([]);
  const isNew = useRef(true);
  latest.current = props;
  const parts = useRef({ grammar: new Compartment(), state: new Compartment() });

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; the effects below change it
  useEffect(() => {
    const isCode = language === "javascript" || language === "python" || language === "json";
    // The last letters before this was loaded may not have come back as the value yet.
    const text = props.typed?.current?.text;
    if (text !== undefined && text !== value) sent.current.push(text);
    const editor = new EditorView({
      parent: place.current ?? undefined,
      state: EditorState.create({
        doc: text ?? value,
        extensions: [
          parts.current.grammar.of(grammarOf(language)),
          parts.current.state.of(stateOf(props)),
          syntaxHighlighting(highlightStyle),
          history(),
          bracketMatching(),
          isCode ? [lineNumbers(), closeBrackets(), indentOnInput()] : [],
          language === "template" || language === "expression"
            ? autocompletion({
                override: [
                  (context) =>
                    completeExpression(
                      latest.current.references,
                      latest.current.language === "expression",
                      context,
                    ),
                ],
                icons: false,
              })
            : isCode
              ? autocompletion({ icons: false })
              : [],
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.lineWrapping,
          placeholder(latest.current.placeholder ?? ""),
          look,
          EditorView.theme({ ".cm-content": { minHeight: `${lines * 18 + 10}px` } }),
          EditorView.updateListener.of((update) => {
            const isOwn = update.transactions.some(
              (one) => one.docChanged && one.annotation(Transaction.remote) !== true,
            );
            if (update.docChanged && isOwn) {
              const text = update.state.doc.toString();
              sent.current.push(text);
              latest.current.onChange(text);
            }
            if (update.focusChanged) latest.current.onFocus(update.view.hasFocus);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.grammar.reconfigure(grammarOf(language)) });
  }, [language]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: exactly what these states are made of
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.state.reconfigure(stateOf(latest.current)) });
  }, [isDisabled, isInvalid, isRequired, props.name]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (isNew.current) {
      isNew.current = false;
      return;
    }
    // What comes back may be older than what is typed by now: that is no news.
    const known = sent.current.indexOf(value);
    if (known >= 0 && editor.hasFocus) {
      sent.current.splice(0, known + 1);
      return;
    }
    sent.current = [];
    if (editor.state.doc.toString() === value) return;
    // By undoing on the canvas, for example: not a step of this field's own history.
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      annotations: [Transaction.remote.of(true), Transaction.addToHistory.of(false)],
    });
  }, [value]);

  // Who was typing goes on typing.
  const { typed } = props;
  useEffect(() => {
    const editor = view.current;
    const last = typed?.current;
    if (!editor || !typed || !last) return;
    typed.current = null;
    editor.focus();
    editor.dispatch({ selection: { anchor: Math.min(last.cursor, editor.state.doc.length) } });
  }, [typed]);

  useEffect(() => {
    handle.current = { offer: () => view.current && offer(view.current, latest.current.language) };
    return () => {
      handle.current = null;
    };
  }, [handle]);

  return <div ref={place} />;
}

function stateOf({ name, isDisabled, isInvalid, isRequired }: EditorProps): Extension {
  return [
    EditorState.readOnly.of(isDisabled),
    EditorView.editable.of(!isDisabled),
    EditorView.contentAttributes.of({
      "aria-label": name,
      "aria-invalid": String(isInvalid),
      "aria-required": String(isRequired),
      ...(isDisabled ? { "aria-disabled": "true", tabindex: "0" } : {}),
    }),
  ];
}

function offer(view: EditorView, language: Language): void {
  view.focus();
  const { head } = view.state.selection.main;
  const before = view.state.doc.sliceString(0, head);
  const isInside = language === "expression" || before.lastIndexOf("{{") > before.lastIndexOf("}}");
  if (!isInside) {
    view.dispatch({ changes: { from: head, insert: "{{  }}" }, selection: { anchor: head + 3 } });
  }
  startCompletion(view);
}
