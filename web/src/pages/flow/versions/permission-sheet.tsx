import { Alert, Badge, Checkbox, Code, Group, Stack, Text } from "@mantine/core";
import {
  IconApi,
  IconBooks,
  IconCode,
  IconCube,
  IconKey,
  IconLock,
  IconSchema,
  IconSend,
  IconWorld,
} from "@tabler/icons-react";
import type { Capability, FlowPermission } from "../../../api/flows";
import { usePermissionTexts } from "./permission-texts";

/** What reaches furthest comes first. */
const icons = {
  host: IconWorld,
  notify: IconSend,
  credential: IconKey,
  secret: IconLock,
  model: IconCube,
  collection_write: IconBooks,
  collection_read: IconBooks,
  workflow: IconSchema,
  code: IconCode,
} as const;

const order = Object.keys(icons);

interface Props {
  permissions: FlowPermission[];
  isAccepted: boolean;
  onAccept: (is: boolean) => void;
}

/** What the draft may touch; what is new against the version so far has to be accepted. */
export function PermissionSheet({ permissions, isAccepted, onAccept }: Props) {
  const t = usePermissionTexts();
  const sorted = [...permissions].sort(
    (a, b) => Number(b.is_new) - Number(a.is_new) || order.indexOf(a.kind) - order.indexOf(b.kind),
  );
  const count = permissions.filter((one) => one.is_new).length;
  return (
    <Stack gap={6} component="section" aria-label={t("title")}>
      <Text size="sm" fw={600}>
        {t("title")}
      </Text>
      {sorted.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("nothing")}
        </Text>
      )}
      <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {sorted.map((one) => (
          <li key={JSON.stringify(one)}>
            <PermissionLine permission={one} isNew={one.is_new} />
          </li>
        ))}
      </Stack>
      {count > 0 && (
        <Alert color="yellow" variant="light" mt={4}>
          <Text size="sm" mb="xs" c="var(--mantine-color-text)">
            {t("grows", { count })}
          </Text>
          <Checkbox
            label={t("accept")}
            checked={isAccepted}
            onChange={(event) => onAccept(event.currentTarget.checked)}
          />
        </Alert>
      )}
    </Stack>
  );
}

/** One thing that a flow may touch, in words. */
export function PermissionLine({ permission, isNew }: { permission: Capability; isNew?: boolean }) {
  const t = usePermissionTexts();
  const { kind, name, host, channel, language } = permission;
  const Glyph = kind in icons ? icons[kind as keyof typeof icons] : IconApi;
  const what = name ?? host ?? channel ?? language ?? "";
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Glyph size={16} stroke={1.7} aria-hidden style={{ flex: "none", marginTop: 2 }} />
      <Group gap={6} miw={0}>
        <Text size="sm">{kind in icons ? t(`kind.${kind as keyof typeof icons}`) : kind}</Text>
        <Code style={{ overflowWrap: "anywhere" }}>{what === "*" ? t("any") : what}</Code>
        {isNew && <Badge color="orange">{t("isNew")}</Badge>}
      </Group>
    </Group>
  );
}
