import { useState } from "react";
import { Failure } from "../api/failure";
import type { PageClient, Shown } from "./api";
import { useFailureText } from "./failure-text";
import { Heading } from "./flow-page";
import { usePage } from "./texts";

interface Props {
  shown: Shown;
  client: PageClient;
  onOpen: () => Promise<void>;
}

/** A page that asks for its password, or for a sign-in. */
export function Locked({ shown, client, onOpen }: Props) {
  const t = usePage();
  return (
    <div className="page">
      <Heading shown={shown} />
      <main className="center">
        {shown.access === "members" ? (
          <>
            <p>{t("locked.members")}</p>
            <p>{t("locked.membersHint")}</p>
            <p className="row">
              <a className="primary" href="/login" target="_blank" rel="noreferrer">
                {t("locked.signIn")}
              </a>
              <button type="button" onClick={() => void onOpen()}>
                {t("again")}
              </button>
            </p>
          </>
        ) : (
          <Password shown={shown} client={client} onOpen={onOpen} />
        )}
      </main>
    </div>
  );
}

function Password({ shown, client, onOpen }: Props) {
  const t = usePage();
  const failureText = useFailureText(shown);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const open = async () => {
    setProblem("");
    try {
      await client.unlock(password);
      await onOpen();
    } catch (thrown) {
      const failure = Failure.of(thrown);
      setProblem(failure.code === "wrong_password" ? t("locked.wrong") : failureText(failure));
    }
  };
  return (
    <form
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <p>{t("locked.passwordHint")}</p>
      <label htmlFor="password">{t("locked.password")}</label>
      <input
        id="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        aria-describedby={problem ? "problem" : undefined}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {problem && (
        <p id="problem" className="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="primary">
        {t("locked.open")}
      </button>
    </form>
  );
}
