import {
  Avatar,
  Box,
  Group,
  Menu,
  SegmentedControl,
  Text,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import { IconLogout, IconSelector, IconUserCog } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { currentLanguage, type Language, languages, setLanguage } from "../../i18n/language";
import { useMe } from "../../session/me";
import { useSignOut } from "../../session/sign-out";
import classes from "./navigation.module.css";
import { useShell } from "./texts";

/** Who is signed in: profile, appearance, language, the way out. */
export function AccountMenu() {
  const t = useShell();
  const { user } = useMe();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const name = user.name || user.email;
  return (
    <Menu width={240} position="top-start">
      <Menu.Target>
        <UnstyledButton className={classes.row} aria-label={t("account", { name })}>
          <Group gap={9} wrap="nowrap">
            <Avatar size={28} radius="xl" color="petrol" name={name} />
            <Box className="truncate" flex={1}>
              <Text size="sm" fw={550} lh={1.25} className="truncate">
                {name}
              </Text>
              <Text size="xs" c="dimmed" lh={1.25} className="truncate">
                {user.email}
              </Text>
            </Box>
            <IconSelector size={15} />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCog size={15} />}>
          {t("profile")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("scheme.title")}</Menu.Label>
        <Box px="xs" pb="xs">
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t("scheme.title")}
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}
            data={[
              { value: "light", label: t("scheme.light") },
              { value: "dark", label: t("scheme.dark") },
              { value: "auto", label: "Auto" },
            ]}
          />
        </Box>
        <Menu.Label>{t("language")}</Menu.Label>
        <Box px="xs" pb="xs">
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t("language")}
            value={currentLanguage()}
            onChange={(language) => setLanguage(language as Language)}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          />
        </Box>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut.mutate()}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
