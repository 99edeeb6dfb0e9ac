import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { Failure } from "../api/failure";
import { Markdown } from "../flow/markdown";
import { mostBytes, mostFiles, type PageClient, read, type Shown, type Turn } from "./api";
import { isLocked, useFailureText } from "./failure-text";
import { Heading } from "./flow-page";
import { usePage } from "./texts";

interface Props {
  shown: Shown;
  client: PageClient;
  /** The page is no longer open to this visitor. */
  onLocked: () => Promise<void>;
}

/** How often it is looked whether a waiting answer has come. */
const lookEvery = 4_000;

/** A conversation with a published flow. */
export function Chat({ shown, client, onLocked }: Props) {
  const t = usePage();
  const failureText = useFailureText(shown);
  const [turns, setTurns] = useState<Turn[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const change = useCallback((id: string, how: (turn: Turn) => Turn) => {
    setTurns((all) => all.map((turn) => (turn.id === id ? how(turn) : turn)));
  }, []);
  const load = useCallback(async () => {
    if (!client.hasConversation) return;
    try {
      setTurns(await client.turns());
    } catch {
      // It was forgotten, or belongs to somebody else: the next message begins a new one.
    }
  }, [client]);
  useEffect(() => void load(), [load]);
  const isOpen = turns.some(({ state }) => state === "waiting" || state === "running");
  useEffect(() => {
    if (!isOpen || isBusy) return;
    const timer = setInterval(() => void load(), lookEvery);
    return () => clearInterval(timer);
  }, [isOpen, isBusy, load]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new comes into view
  useEffect(() => {
    // What it gives back, in newer browsers a promise, is not for React.
    end.current?.scrollIntoView({ block: "end" });
  }, [turns]);

  /** Whether it was taken. */
  const say = async (message: string, files: File[]): Promise<boolean> => {
    setProblem("");
    setBusy(true);
    let id = "coming";
    const coming: Turn = {
      id,
      message,
      files: files.map(({ name }) => name),
      state: "running",
      answer: null,
      citations: [],
      created_at: new Date().toISOString(),
    };
    setTurns((all) => [...all, coming]);
    try {
      await client.send(message, await Promise.all(files.map(read)), (event) => {
        if (event.type === "begun") {
          change(id, (turn) => ({ ...turn, id: event.turn }));
          id = event.turn;
        } else if (event.type === "text") {
          change(id, (turn) => ({ ...turn, answer: (turn.answer ?? "") + event.text }));
        } else if (event.type === "waiting") {
          change(id, (turn) => ({ ...turn, state: "waiting" }));
        } else change(id, () => event.turn);
      });
      return true;
    } catch (thrown) {
      const failure = Failure.of(thrown);
      if (isLocked(failure)) await onLocked();
      // What was begun has its answer on the server; what was refused goes back to the field.
      if (id !== "coming") return true;
      setTurns((all) => all.filter((turn) => turn.id !== id));
      setProblem(failureText(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const forget = () => {
    client.keep({ conversation: undefined });
    setTurns([]);
    setProblem("");
  };
  const suggestions = turns.length === 0 ? (shown.suggestions ?? []).filter((text) => text.trim()) : [];
  return (
    <div className="page">
      <Heading shown={shown}>
        {turns.length > 0 && (
          <button type="button" className="quiet" disabled={isBusy} onClick={forget}>
            {t("chat.fresh")}
          </button>
        )}
      </Heading>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <main className="log" role="log" aria-label={t("chat.log")} tabIndex={0}>
        {shown.greeting && (
          <div className="said theirs">
            <Markdown text={shown.greeting} />
          </div>
        )}
        {turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} />
        ))}
        {suggestions.length > 0 && (
          <ul className="suggestions" aria-label={t("chat.suggestions")}>
            {suggestions.map((text) => (
              <li key={text}>
                <button type="button" disabled={isBusy} onClick={() => void say(text, [])}>
                  {text}
                </button>
              </li>
            ))}
          </ul>
        )}
        <div ref={end} />
      </main>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <Composer shown={shown} isBusy={isBusy} onSay={say} onProblem={setProblem} />
    </div>
  );
}

function TurnView({ turn }: { turn: Turn }) {
  const t = usePage();
  const { state, answer } = turn;
  return (
    <>
      <div className="said ours">
        <span className="hidden">{t("chat.you")}: </span>
        {turn.message}
        {turn.files.length > 0 && <span className="names">{turn.files.join(", ")}</span>}
      </div>
      <div className="said theirs" aria-busy={state === "running"}>
        {answer && <Markdown text={answer} />}
        {!answer && state === "done" && <p className="dim">{t("chat.empty")}</p>}
        {!answer && state === "running" && (
          <p className="typing">
            <span className="hidden">{t("chat.typing")}</span>
            <i />
            <i />
            <i />
          </p>
        )}
        {state === "waiting" && <p className="dim">{t("chat.waiting")}</p>}
        {state === "failed" && <p className="problem">{t("error.failed")}</p>}
        {turn.citations.length > 0 && (
          <details>
            <summary>
              {t("chat.sources")} ({turn.citations.length})
            </summary>
            <ol>
              {turn.citations.map((cited, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a quote may come twice
                <li key={index} value={cited.number ?? index + 1}>
                  <strong>{cited.document}</strong>
                  {cited.page !== null && `, ${t("chat.page", { page: cited.page })}`}
                  {cited.quote && <blockquote>{cited.quote}</blockquote>}
                </li>
              ))}
            </ol>
          </details>
        )}
      </div>
    </>
  );
}

interface ComposerProps {
  shown: Shown;
  isBusy: boolean;
  onSay: (message: string, files: File[]) => Promise<boolean>;
  onProblem: (problem: string) => void;
}

function Composer({ shown, isBusy, onSay, onProblem }: ComposerProps) {
  const t = usePage();
  const [text, setText] = useState("");
  const [files, setFiles] = useState<File[]>([]);
  const field = useRef<HTMLTextAreaElement>(null);
  const most = shown.max_message_chars ?? 4_000;
  const length = [...text].length;
  const send = async () => {
    const message = text.trim();
    if (!message || isBusy || length > most) return;
    setText("");
    setFiles([]);
    if (!(await onSay(message, files))) {
      setText(message);
      setFiles(files);
    }
    field.current?.focus();
  };
  const attach = (chosen: FileList | null) => {
    const all = [...files, ...(chosen ?? [])];
    const bytes = all.reduce((sum, file) => sum + file.size, 0);
    if (all.length > mostFiles || bytes > mostBytes) onProblem(t("error.files", { count: mostFiles }));
    else setFiles(all);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {files.length > 0 && (
        <ul className="files">
          {files.map((file) => (
            <li key={`${file.name}${file.size}`}>
              {file.name}
              <button
                type="button"
                aria-label={t("chat.remove", { name: file.name })}
                onClick={() => setFiles(files.filter((one) => one !== file))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {length > most && (
        <p className="problem" role="alert">
          {t("error.long", { max: most })}
        </p>
      )}
      <div className="row">
        {shown.allow_files && (
          <label className="attach">
            <span aria-hidden="true">+</span>
            <input
              type="file"
              multiple
              aria-label={t("chat.attach")}
              onChange={(event) => {
                attach(event.currentTarget.files);
                event.currentTarget.value = "";
              }}
            />
          </label>
        )}
        <textarea
          ref={field}
          rows={1}
          aria-label={t("chat.message")}
          placeholder={t("chat.placeholder")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="primary" disabled={isBusy || !text.trim() || length > most}>
          {t("chat.send")}
        </button>
      </div>
    </form>
  );
}
