import { Box, List, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Failure } from "../../../api/failure";
import { previewSchedule } from "../../../api/flows";
import type { Settings } from "../../../flow/graph";
import type { Schema } from "../../../flow/node-type";
import { dateTime } from "../../../i18n/format";
import { useFlow } from "../texts";

/** When the schedule of these settings would begin its next runs. */
export function NextTimes({ settings, schema }: { settings: Settings; schema: Schema }) {
  const t = useFlow();
  const of = (name: string) => {
    const field = schema.properties?.[name];
    return settings[name] ?? (typeof field === "object" ? field.default : undefined);
  };
  const [wanted] = useDebouncedValue(JSON.stringify([of("times") ?? [], of("timezone") ?? "UTC"]), 400);
  const [times, timezone] = JSON.parse(wanted) as [string[], string];
  const preview = useQuery({
    queryKey: ["schedule-preview", wanted],
    queryFn: () => previewSchedule(times, timezone),
    enabled: times.length > 0,
    placeholderData: keepPreviousData,
    // A wrong line stays wrong, and the coming times move on.
    retry: false,
    staleTime: 30_000,
  });
  return (
    <Box component="section" aria-label={t("nextTimes.title")} aria-live="polite">
      <Text size="xs" fw={600}>
        {t("nextTimes.title")}
      </Text>
      {times.length === 0 && (
        <Text size="xs" c="dimmed">
          {t("nextTimes.noTimes")}
        </Text>
      )}
      {times.length > 0 && preview.error && (
        <Text size="xs" c="var(--mantine-color-error)">
          {Failure.of(preview.error).message}
        </Text>
      )}
      {times.length > 0 && !preview.error && preview.data && (
        <List size="xs">
          {preview.data.next.map((time) => (
            <List.Item key={time}>{dateTime(time)}</List.Item>
          ))}
        </List>
      )}
      {times.length > 0 && preview.data?.next.length === 0 && <Text size="xs">{t("nextTimes.never")}</Text>}
    </Box>
  );
}
