import { Anchor, Box, Group, Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { currentLanguage, type Language, languages, setLanguage } from "../i18n/language";
import { Mark } from "./logo";
import classes from "./outside-page.module.css";

interface Props {
  title: string;
  hint?: string;
  children: ReactNode;
  /** Links below the card. */
  foot?: ReactNode;
}

/** The frame of pages for people who are not signed in: one card in the middle. */
export function OutsidePage({ title, hint, children, foot }: Props) {
  return (
    <Box className={classes.canvas} component="main">
      <title>{`${title} · NoCode AI Builder`}</title>
      <Box w="100%" maw={408}>
        <Anchor component={Link} to="/" underline="never" c="inherit">
          <Group gap={10} justify="center" mb="lg">
            <Mark size={32} />
            <Text fw={650} size="lg">
              NoCode AI Builder
            </Text>
          </Group>
        </Anchor>
        <Paper radius="lg" p={{ base: "lg", xs: "xl" }} shadow="xs">
          <Stack gap={4} mb="md">
            <Title order={1}>{title}</Title>
            {hint && (
              <Text size="sm" c="dimmed">
                {hint}
              </Text>
            )}
          </Stack>
          {children}
        </Paper>
        {foot && (
          <Stack gap={6} mt="md" align="center">
            {foot}
          </Stack>
        )}
        <Group justify="center" mt="lg">
          <SegmentedControl
            size="xs"
            aria-label="Language"
            value={currentLanguage()}
            onChange={(language) => setLanguage(language as Language)}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          />
        </Group>
      </Box>
    </Box>
  );
}
