import { useEffect, useRef, useState } from "react";
import { Failure } from "../api/failure";
import { Markdown } from "../flow/markdown";
import { type FormField, mostFiles, type PageClient, read, type Shown, type Turn } from "./api";
import { isLocked, useFailureText } from "./failure-text";
import { Heading } from "./flow-page";
import { checked, inputOf, type Problem, type Values } from "./form-values";
import { usePage } from "./texts";

interface Props {
  shown: Shown;
  client: PageClient;
  /** The page is no longer open to this visitor. */
  onLocked: () => Promise<void>;
}

const lookEvery = 4_000;

/** A published flow's form, and what the flow returns. */
export function Form({ shown, client, onLocked }: Props) {
  const t = usePage();
  const failureText = useFailureText(shown);
  const fields = shown.fields ?? [];
  const [values, setValues] = useState<Values>({});
  const [problems, setProblems] = useState<Record<string, Problem>>({});
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [turn, setTurn] = useState<Turn>();
  const isOpen = turn?.state === "running" || turn?.state === "waiting";
  useEffect(() => {
    if (!isOpen) return;
    const look = async () => {
      try {
        const [found] = await client.turns();
        if (found) setTurn(found);
      } catch {
        // The next look may find the server again.
      }
    };
    const timer = setInterval(() => void look(), lookEvery);
    return () => clearInterval(timer);
  }, [isOpen, client]);
  const send = async () => {
    const found = checked(fields, values, shown.max_message_chars ?? 4_000);
    setProblems(found);
    const [first] = Object.keys(found);
    if (first) {
      document.getElementById(`field-${first}`)?.focus();
      return;
    }
    setProblem("");
    setBusy(true);
    try {
      setTurn(await client.submit(await inputOf(fields, values, read)));
    } catch (thrown) {
      const failure = Failure.of(thrown);
      if (isLocked(failure)) await onLocked();
      setProblem(failureText(failure));
    } finally {
      setBusy(false);
    }
  };
  if (turn) {
    return (
      <div className="page">
        <Heading shown={shown} />
        <Result
          turn={turn}
          onAgain={() => {
            setTurn(undefined);
            setValues({});
          }}
        />
      </div>
    );
  }
  return (
    <div className="page">
      <Heading shown={shown} />
      <main className="scrolls">
        <form
          className="fields"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!isBusy) void send();
          }}
        >
          {shown.description && <Markdown text={shown.description} />}
          {fields.map((field) => (
            <FieldView
              key={field.name}
              field={field}
              value={values[field.name]}
              problem={problems[field.name]}
              max={shown.max_message_chars ?? 4_000}
              onChange={(value) => setValues((all) => ({ ...all, [field.name]: value }))}
            />
          ))}
          {problem && (
            <p className="problem" role="alert">
              {problem}
            </p>
          )}
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? t("form.sending") : shown.button?.trim() || t("form.send")}
          </button>
        </form>
      </main>
    </div>
  );
}

function Result({ turn, onAgain }: { turn: Turn; onAgain: () => void }) {
  const t = usePage();
  const heading = useRef<HTMLElement>(null);
  // Who cannot see that the form is gone hears what has come instead.
  useEffect(() => heading.current?.focus(), []);
  return (
    <main className="scrolls">
      <section className="fields" ref={heading} tabIndex={-1} aria-label={t("form.result")}>
        <div role="status">
          {turn.state === "done" && <Markdown text={turn.answer || t("form.thanks")} />}
          {turn.state === "running" && <p>{t("form.thanks")}</p>}
          {turn.state === "waiting" && (
            <>
              <p>{t("form.thanks")}</p>
              <p className="dim">{t("chat.waiting")}</p>
            </>
          )}
          {turn.state === "failed" && <p className="problem">{t("error.failed")}</p>}
        </div>
        <button type="button" onClick={onAgain}>
          {t("form.more")}
        </button>
      </section>
    </main>
  );
}

interface FieldProps {
  field: FormField;
  value: Values[string] | undefined;
  problem: Problem | undefined;
  max: number;
  onChange: (value: Values[string]) => void;
}

function FieldView({ field, value, problem, max, onChange }: FieldProps) {
  const t = usePage();
  const id = `field-${field.name}`;
  const label = field.title || field.name;
  const words = {
    required: t("form.required"),
    number: t("form.number"),
    json: t("form.json"),
    long: t("error.long", { max }),
    files: t("error.files", { count: mostFiles }),
  };
  const described = [field.description && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const common = {
    id,
    "aria-describedby": described || undefined,
    "aria-invalid": problem ? true : undefined,
    "aria-required": field.required || undefined,
  };
  const initial = field.default === null || field.default === undefined ? "" : String(field.default);
  const text = typeof value === "string" ? value : initial;
  const isList = /^array<(file|image|audio)>$/.test(field.type);
  const isFile = isList || ["file", "image", "audio"].includes(field.type);
  const isPlain = field.type === "string" || field.type === "number";
  return (
    <div className="field">
      {field.type === "boolean" ? (
        <label className="check" htmlFor={id}>
          <input
            {...common}
            type="checkbox"
            checked={typeof value === "boolean" ? value : field.default === true}
            onChange={(event) => onChange(event.currentTarget.checked)}
          />
          {label}
        </label>
      ) : (
        <label htmlFor={id}>
          {label}
          {field.required && <span aria-hidden="true"> *</span>}
        </label>
      )}
      {field.description && (
        <p className="dim" id={`${id}-hint`}>
          {field.description}
        </p>
      )}
      {field.options.length > 0 ? (
        <select {...common} value={text} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{t("form.choose")}</option>
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : isFile ? (
        <input
          {...common}
          type="file"
          multiple={isList}
          accept={
            field.type.includes("image") ? "image/*" : field.type.includes("audio") ? "audio/*" : undefined
          }
          onChange={(event) => onChange([...(event.currentTarget.files ?? [])])}
        />
      ) : field.type === "number" ? (
        <input
          {...common}
          inputMode="decimal"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        field.type !== "boolean" && (
          <textarea
            {...common}
            rows={isPlain ? 2 : 4}
            placeholder={isPlain ? undefined : t("form.json_hint")}
            value={typeof value === "string" || isPlain ? text : ""}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        )
      )}
      {problem && (
        <p className="problem" id={`${id}-problem`}>
          {words[problem]}
        </p>
      )}
    </div>
  );
}
