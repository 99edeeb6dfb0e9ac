import { Center, Group, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  icon: Icon;
  title: string;
  /** What to do next. */
  hint: string;
  children?: ReactNode;
}

/** What stands where a list has nothing yet. */
export function EmptyState({ icon: Glyph, title, hint, children }: Props) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={440}>
        <ThemeIcon size={44} radius="xl" variant="light">
          <Glyph size={22} stroke={1.6} />
        </ThemeIcon>
        <Title order={2} ta="center">
          {title}
        </Title>
        <Text size="sm" c="dimmed" ta="center">
          {hint}
        </Text>
        {children && (
          <Group mt="xs" justify="center">
            {children}
          </Group>
        )}
      </Stack>
    </Center>
  );
}
