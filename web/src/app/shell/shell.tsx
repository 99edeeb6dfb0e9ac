import { ActionIcon, AppShell, Box, Burger, Group, Text } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { Boundary } from "../../components/boundary";
import { FailureNotice } from "../../components/failure-notice";
import { Mark } from "../../components/logo";
import { Pending } from "../../components/pending";
import { meQuery, useMe } from "../../session/me";
import { onExpiry } from "../../session/renewal";
import { Navigation } from "./navigation";
import classes from "./navigation.module.css";
import { openPalette } from "./open-palette";
import { useShell } from "./texts";

const FactorWanted = lazy(() => import("./factor-wanted"));
const Palette = lazy(() => import("./palette"));
const NewOrganization = lazy(() => import("./new-organization"));
const SignInAgain = lazy(() => import("./sign-in-again"));

/** The frame around all pages of a person who is signed in. */
export function Shell() {
  const me = useQuery(meQuery);
  const location = useLocation();
  if (me.isPending) return <Frame />;
  if (me.isError) {
    return (
      <Box maw={560} mx="auto" mt={96} px="md">
        <FailureNotice error={me.error} onRetry={() => me.refetch()} />
      </Box>
    );
  }
  if (!me.data) return <ToLogin from={location.href} />;
  return <SignedIn />;
}

/** Goes there once: the location changes at once, and would lead there again and again. */
function ToLogin({ from }: { from: string }) {
  const navigate = useNavigate();
  const [to] = useState(from);
  useEffect(() => {
    // Who signs out is on the way there already, and does not want back to it after signing in.
    if (to.startsWith("/login")) return;
    void navigate({ to: "/login", search: { to }, replace: true });
  }, [navigate, to]);
  return null;
}

/** What is seen while it is not known who is there. */
function Frame() {
  return (
    <Box maw={1180} mx="auto" p="xl" pl={{ base: "md", sm: 268 }}>
      <Pending rows={8} />
    </Box>
  );
}

/** The page where factors are set up. */
const profile = "/profile";

function SignedIn() {
  const t = useShell();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const { mfa } = useMe();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the page closes the drawer
  useEffect(close, [pathname]);
  return (
    <AppShell
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      header={{ height: { base: 52, sm: 0 } }}
      transitionDuration={0}
    >
      <a className="skip-link" href="#content">
        {t("skip")}
      </a>
      <AppShell.Header hiddenFrom="sm" px="sm">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Burger
            opened={isOpen}
            onClick={toggle}
            size="sm"
            aria-label={isOpen ? t("closeNavigation") : t("openNavigation")}
          />
          <Group gap={8} wrap="nowrap">
            <Mark size={22} />
            <Text fw={600} size="sm">
              NoCode AI
            </Text>
          </Group>
          <ActionIcon size="lg" onClick={openPalette} aria-label={t("search")}>
            <IconSearch size={18} />
          </ActionIcon>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t("navigation")} className={isOpen ? undefined : classes.closed}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        <Boundary of={pathname}>
          <Suspense fallback={<Pending rows={4} />}>
            {mfa.required && pathname !== profile ? <FactorWanted /> : <Outlet />}
          </Suspense>
        </Boundary>
      </AppShell.Main>
      <OnDemand />
    </AppShell>
  );
}

/** What is loaded when it is first wanted: the command palette, and the dialogs for a new organization and for signing in again. */
function OnDemand() {
  const [isPaletteWanted, setPaletteWanted] = useState(false);
  const [reply, setReply] = useState<((again: boolean) => void) | null>(null);
  useEffect(() => onExpiry((answer) => setReply(() => answer)), []);
  useHotkeys([["mod+K", () => setPaletteWanted(true)]], []);
  useEffect(() => {
    const want = () => setPaletteWanted(true);
    window.addEventListener("open-palette", want);
    return () => window.removeEventListener("open-palette", want);
  }, []);
  const [isMaking, setMaking] = useState(false);
  useEffect(() => {
    const make = () => setMaking(true);
    window.addEventListener("new-organization", make);
    return () => window.removeEventListener("new-organization", make);
  }, []);
  const finish = (again: boolean) => {
    reply?.(again);
    setReply(null);
  };
  return (
    <Suspense>
      {isPaletteWanted && <Palette />}
      {isMaking && <NewOrganization onClose={() => setMaking(false)} />}
      {reply && <SignInAgain onDone={finish} />}
    </Suspense>
  );
}
