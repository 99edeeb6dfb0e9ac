import { Alert, Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { OutsidePage } from "../../components/outside-page";
import { setupQuery } from "../../session/setup";
import { SignInForm } from "../../session/sign-in-form";
import { useLogin } from "./texts";

/** Only paths of this app: a link could otherwise send people to another site after they sign in. */
function safePath(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : "/";
}

export default function LoginPage() {
  const t = useLogin();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { to?: string };
  const { data: setup } = useQuery(setupQuery());
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
      <SignInForm onSignedIn={() => void navigate({ href: safePath(search.to), replace: true })}>
        <Anchor component={Link} to="/forgot-password" size="sm" style={{ alignSelf: "flex-end" }}>
          {t("forgot")}
        </Anchor>
      </SignInForm>
    </OutsidePage>
  );
}
