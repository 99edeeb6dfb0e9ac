import { Box, Group, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconCheck, IconPlus, IconSelector } from "@tabler/icons-react";
import { Mark } from "../../components/logo";
import { useMe } from "../../session/me";
import { useSwitchOrganization } from "../../session/switch-organization";
import classes from "./navigation.module.css";
import { openNewOrganization } from "./open-palette";
import { useShell } from "./texts";

/** The organization one works in, and the way to others. */
export function OrganizationSwitcher() {
  const t = useShell();
  const { organization, organizations } = useMe();
  const switchTo = useSwitchOrganization();
  const name = organization?.name ?? t("noOrganization");
  return (
    <Menu width={216} position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={classes.row} aria-label={`${t("organizations")}: ${name}`}>
          <Group gap={9} wrap="nowrap">
            <Mark />
            <Box className="truncate" flex={1}>
              <Text size="sm" fw={600} lh={1.25} className="truncate">
                {name}
              </Text>
              <Text size="xs" c="dimmed" lh={1.25}>
                NoCode AI Builder
              </Text>
            </Box>
            <IconSelector size={15} />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("organizations")}</Menu.Label>
        {organizations.map((one) => (
          <Menu.Item
            key={one.id}
            onClick={() => one.id !== organization?.id && switchTo.mutate(one.id)}
            rightSection={one.id === organization?.id && <IconCheck size={15} />}
          >
            {one.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconPlus size={15} />} onClick={openNewOrganization}>
          {t("newOrganization")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
