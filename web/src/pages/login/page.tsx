import { Alert, Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { OutsidePage } from "../../components/outside-page";
import { useProviderTrouble } from "../../session/providers";
import { SecondStepForm } from "../../session/second-step-form";
import { setupQuery } from "../../session/setup";
import { SignInForm } from "../../session/sign-in-form";
import { useSession } from "../../session/texts";
import { Providers } from "./providers";
import { arrivalOf, safePath } from "./return";
import { useLogin } from "./texts";

export default function LoginPage() {
  const t = useLogin();
  const session = useSession();
  const troubleOf = useProviderTrouble();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { to?: string; error?: string };
  const { data: setup } = useQuery(setupQuery());
  const [arrival, setArrival] = useState(() => arrivalOf(location.hash));
  // The token is no part of the history, and of no address that is copied.
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  const to = arrival?.to ?? safePath(search.to);
  const goOn = () => void navigate({ href: to, replace: true });
  if (arrival) {
    return (
      <OutsidePage title={session("second.title")}>
        <SecondStepForm step={arrival.step} onSignedIn={goOn} onBack={() => setArrival(null)} />
      </OutsidePage>
    );
  }
  return (
    <OutsidePage
      title={t("title")}
      foot={
        setup?.registration === "open" && (
          <Anchor component={Link} to="/register" size="sm">
            {t("register")}
          </Anchor>
        )
      }
    >
      {setup?.needed && (
        <Alert variant="light" mb="md">
          {t("setup")}
        </Alert>
      )}
      {search.error && (
        <Alert variant="light" color="red" role="alert" mb="md">
          {troubleOf(search.error)}
        </Alert>
      )}
      <SignInForm onSignedIn={goOn} others={<Providers to={to} />}>
        <Anchor component={Link} to="/forgot-password" size="sm" style={{ alignSelf: "flex-end" }}>
          {t("forgot")}
        </Anchor>
      </SignInForm>
    </OutsidePage>
  );
}
