import { useCallback, useEffect, useMemo, useState } from "react";
import { Failure } from "../api/failure";
import { paint } from "./accent";
import { PageClient, renewed, type Shown } from "./api";
import { Chat } from "./chat";
import { Form } from "./form";
import { Locked } from "./locked";
import { usePage } from "./texts";

/** A published flow's page: its chat or its form, for those who may use it. */
export function FlowPage({ token }: { token: string }) {
  const t = usePage();
  const client = useMemo(() => new PageClient(token), [token]);
  const [shown, setShown] = useState<Shown | Failure>();
  const load = useCallback(async () => {
    try {
      let found = await client.describe();
      // A member's session may only need to be renewed.
      if (!found.is_open && found.access === "members" && (await renewed())) found = await client.describe();
      paint(found.color);
      document.title = found.title;
      setShown(found);
    } catch (thrown) {
      setShown(Failure.of(thrown));
    }
  }, [client]);
  useEffect(() => void load(), [load]);
  if (shown === undefined) {
    return (
      <p className="center" role="status">
        {t("loading")}
      </p>
    );
  }
  if (shown instanceof Failure) {
    const isGone = shown.status === 404;
    if (isGone) document.title = t("gone");
    return (
      <main className="center">
        <h1>{isGone ? t("gone") : t("broken")}</h1>
        <p>{isGone ? t("goneHint") : shown.message}</p>
        {!isGone && (
          <button type="button" className="primary" onClick={() => void load()}>
            {t("again")}
          </button>
        )}
      </main>
    );
  }
  if (!shown.is_open) return <Locked shown={shown} client={client} onOpen={load} />;
  return shown.kind === "chat" ? (
    <Chat shown={shown} client={client} onLocked={load} />
  ) : (
    <Form shown={shown} client={client} onLocked={load} />
  );
}

/** Logo and title of a page. */
export function Heading({ shown, children }: { shown: Shown; children?: React.ReactNode }) {
  return (
    <header className="heading">
      {shown.logo && <img src={shown.logo} alt="" />}
      <h1>{shown.title}</h1>
      {children}
    </header>
  );
}
