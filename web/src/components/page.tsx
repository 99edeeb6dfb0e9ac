import { Box, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** One sentence under the title. */
  description?: string;
  /** Buttons at the right of the title. */
  actions?: ReactNode;
  /** Widest content in pixels. */
  width?: number;
  children: ReactNode;
}

/** A page's frame: title, actions, content. */
export function Page({ title, description, actions, width = 1180, children }: Props) {
  return (
    <Box maw={width} mx="auto" px={{ base: "md", sm: "xl" }} py={{ base: "md", sm: "lg" }}>
      {title && <title>{`${title} · NoCode AI Builder`}</title>}
      <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
        <Stack gap={2} flex="1 1 240px">
          <Title order={1}>{title}</Title>
          {description && (
            <Text size="sm" c="dimmed" maw={680}>
              {description}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}
