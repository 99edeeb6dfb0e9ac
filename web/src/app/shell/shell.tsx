import { ActionIcon, AppShell, Box, Burger, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { Boundary } from "../../components/boundary";
import { FailureNotice } from "../../components/failure-notice";
import { Mark } from "../../components/logo";
import { Pending } from "../../components/pending";
import { meQuery } from "../../session/me";
import { Navigation } from "./navigation";
import { openPalette } from "./open-palette";
import { useShell } from "./texts";

// Neither is there on the first page's first sight.
const Palette = lazy(() => import("./palette"));
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
  if (!me.data) return <Navigate to="/login" search={{ to: location.href }} replace />;
  return <SignedIn />;
}

/** What is seen while it is not known who is there. */
function Frame() {
  return (
    <Box maw={1180} mx="auto" p="xl" pl={{ base: "md", sm: 268 }}>
      <Pending rows={8} />
    </Box>
  );
}

function SignedIn() {
  const t = useShell();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
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
      <AppShell.Navbar aria-label={t("navigation")}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        <Boundary of={pathname}>
          <Outlet />
        </Boundary>
      </AppShell.Main>
      <Suspense>
        <Palette />
        <SignInAgain />
      </Suspense>
    </AppShell>
  );
}
