import { AppShell, Group, Kbd, NavLink, Text, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { currentLanguage } from "../../i18n/language";
import { useMe } from "../../session/me";
import { isOpen } from "../guard";
import { pages } from "../pages";
import { AccountMenu } from "./account-menu";
import classes from "./navigation.module.css";
import { openPalette } from "./open-palette";
import { OrganizationSwitcher } from "./organization-switcher";
import { useShell } from "./texts";

/** The column at the left: organization, search, pages, account. */
export function Navigation() {
  const t = useShell();
  const me = useMe();
  const { pathname } = useLocation();
  const shown = pages.filter((entry) => entry.icon && isOpen(entry, me));
  return (
    <>
      <AppShell.Section p="xs" pb={0}>
        <OrganizationSwitcher />
        <UnstyledButton
          className={classes.search}
          onClick={openPalette}
          visibleFrom="sm"
          aria-label={t("search")}
        >
          <Group gap={8} wrap="nowrap" justify="space-between">
            <Group gap={8} wrap="nowrap">
              <IconSearch size={15} />
              <Text size="sm">{t("searchShort")}</Text>
            </Group>
            <Kbd size="xs">Ctrl K</Kbd>
          </Group>
        </UnstyledButton>
      </AppShell.Section>
      <AppShell.Section grow p="xs" style={{ overflowY: "auto" }}>
        {shown.map(({ path, title, icon: Glyph }) => {
          const active = path === "/" ? pathname === "/" : pathname.startsWith(path);
          return (
            <NavLink
              key={path}
              component={Link}
              to={path}
              label={title[currentLanguage()]}
              leftSection={Glyph && <Glyph size={17} stroke={1.7} />}
              active={active}
              aria-current={active ? "page" : undefined}
              className={classes.link}
            />
          );
        })}
      </AppShell.Section>
      <AppShell.Section p="xs" className={classes.foot}>
        <AccountMenu />
      </AppShell.Section>
    </>
  );
}
