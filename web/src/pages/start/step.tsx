import { Badge, Box, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./start.module.css";
import { useStart } from "./texts";

interface Props {
  number: number;
  title: string;
  hint: string;
  isDone: boolean;
  children: ReactNode;
}

/** One of the three steps. */
export function Step({ number, title, hint, isDone, children }: Props) {
  const t = useStart();
  return (
    <Paper component="section" p={{ base: "md", sm: "lg" }} radius="lg" aria-label={title}>
      <Group align="flex-start" gap="md" wrap="nowrap">
        <Box className={classes.number} data-done={isDone || undefined} aria-hidden="true">
          {isDone ? <IconCheck size={16} stroke={2.4} /> : number}
        </Box>
        <Stack gap="sm" flex={1} miw={0}>
          <Stack gap={2}>
            <Group gap="xs">
              <Title order={2}>{title}</Title>
              {isDone && <Badge>{t("done")}</Badge>}
            </Group>
            <Text size="sm" c="dimmed">
              {hint}
            </Text>
          </Stack>
          {children}
        </Stack>
      </Group>
    </Paper>
  );
}
