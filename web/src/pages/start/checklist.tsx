import { Anchor, Box, Button, Group, Paper, Progress, SimpleGrid, Text, Title } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { usePreference } from "../../session/preferences";
import { type Point, points, useProgress } from "./checklist-data";
import { useChecklist } from "./checklist-texts";
import classes from "./start.module.css";

/** Where each point is done. */
const places: Record<Point, string> = {
  model: "/playground",
  flow: "/welcome",
  document: "/welcome",
  key: "/keys",
  publish: "/projects",
  member: "/members",
};

/** The first steps; each ticks itself when it was really done. It can be put away, on all devices. */
export function Checklist() {
  const { value, isKnown, set } = usePreference("home.checklist");
  if (!isKnown || value?.state === "dismissed") return null;
  return <List onDismiss={() => set({ state: "dismissed" })} />;
}

function List({ onDismiss }: { onDismiss: () => void }) {
  const t = useChecklist();
  const progress = useProgress();
  const shown = points.filter((point) => point in progress);
  const done = shown.filter((point) => progress[point]).length;
  if (shown.length === 0) return null;
  const values = { done, all: shown.length };
  return (
    <Paper component="section" p={{ base: "md", sm: "lg" }} radius="lg" aria-label={t("title")}>
      <Group justify="space-between" align="flex-start" mb="xs" gap="sm">
        <div>
          <Title order={2}>{t("title")}</Title>
          <Text size="sm" c="dimmed" role="status">
            {t(done === shown.length ? "complete" : "count", values)}
          </Text>
        </div>
        <Button variant="default" size="compact-sm" onClick={onDismiss}>
          {t("dismiss")}
        </Button>
      </Group>
      <Progress value={(done / shown.length) * 100} size={6} mb="sm" aria-label={t("count", values)} />
      <SimpleGrid
        component="ul"
        cols={{ base: 1, sm: 2 }}
        spacing="xl"
        verticalSpacing={6}
        p={0}
        m={0}
        style={{ listStyle: "none" }}
      >
        {shown.map((point) => (
          <Group key={point} component="li" gap="sm" wrap="nowrap" data-point={point}>
            <Box
              className={classes.tick}
              data-done={progress[point] || undefined}
              role="img"
              aria-label={t(progress[point] ? "done" : "open")}
            >
              {progress[point] && <IconCheck size={13} stroke={2.6} aria-hidden />}
            </Box>
            <Text size="sm" flex={1} c={progress[point] ? "dimmed" : undefined}>
              {t(`point.${point}`)}
            </Text>
            {!progress[point] && (
              <Anchor component={Link} to={places[point]} size="sm" underline="always">
                {t(`go.${point}`)}
              </Anchor>
            )}
          </Group>
        ))}
      </SimpleGrid>
    </Paper>
  );
}
