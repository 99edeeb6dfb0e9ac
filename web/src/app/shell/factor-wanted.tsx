import { Button } from "@mantine/core";
import { IconShieldExclamation } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EmptyState } from "../../components/empty-state";
import { useMe } from "../../session/me";
import { useSignOut } from "../../session/sign-out";
import { useShell } from "./texts";

/** In the place of every page of an organization that wants a second factor which this session has not shown. */
export default function FactorWanted() {
  const t = useShell();
  const { mfa } = useMe();
  const signOut = useSignOut();
  const hint = mfa.enabled ? t("factor.show") : t("factor.setUp");
  return (
    <EmptyState icon={IconShieldExclamation} title={t("factor.title")} hint={hint}>
      {mfa.enabled ? (
        <Button loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t("signOut")}
        </Button>
      ) : (
        <Button component={Link} to="/profile">
          {t("factor.toProfile")}
        </Button>
      )}
    </EmptyState>
  );
}
