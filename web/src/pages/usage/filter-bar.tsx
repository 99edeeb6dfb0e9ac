import {
  Button,
  Collapse,
  Group,
  Paper,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { useMay } from "../../session/me";
import { useChoices, type View } from "./data";
import { type Filter, filters, type Range, ranges } from "./filter";
import { useGroupNames } from "./names";
import { useUsage } from "./texts";

/** The period and, behind a button, all filters. */
export function FilterBar({ view }: { view: View }) {
  const t = useUsage();
  const count = filters.filter((filter) => view.filters[filter]).length;
  const [isOpen, { toggle }] = useDisclosure(count > 0);
  const clear = () => {
    for (const filter of filters) view.setFilter(filter, "");
  };
  return (
    <Stack gap="sm" mb="md">
      <Group gap="xs" justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label={t("range.label")}
          value={view.period.range}
          onChange={(range) => {
            if (range === "custom" && !view.period.from) presetDates(view);
            view.setRange(range as Range);
          }}
          data={ranges.map((value) => ({ value, label: t(`range.${value}`) }))}
        />
        <Group gap="xs">
          {count > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={clear}>
              {t("clearFilters")}
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconFilter size={15} />}
            aria-expanded={isOpen}
            aria-controls="usage-filters"
            onClick={toggle}
          >
            {count > 0 ? t("filtersOn", { count }) : t("filters")}
          </Button>
        </Group>
      </Group>
      {view.period.range === "custom" && <Dates view={view} />}
      <Collapse expanded={isOpen} id="usage-filters" transitionDuration={0}>
        {isOpen && (
          <Paper p="md" radius="lg">
            <SimpleGrid cols={{ base: 2, sm: 4, md: 7 }} spacing="sm">
              {filters.map((filter) => (
                <Choice key={filter} filter={filter} view={view} />
              ))}
            </SimpleGrid>
          </Paper>
        )}
      </Collapse>
    </Stack>
  );
}

/** The last seven days, so that there is something to change. */
function presetDates(view: View) {
  const day = 86_400_000;
  view.setFrom(new Date(Date.now() - 6 * day).toISOString().slice(0, 10));
  view.setTo(new Date().toISOString().slice(0, 10));
}

function Dates({ view }: { view: View }) {
  const t = useUsage();
  return (
    <Group gap="sm" align="flex-end">
      <TextInput
        type="date"
        label={t("range.from")}
        value={view.period.from}
        onChange={(event) => view.setFrom(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        label={t("range.to")}
        value={view.period.to}
        onChange={(event) => view.setTo(event.currentTarget.value)}
      />
      <Text size="xs" c="dimmed" pb={9}>
        {t("range.utc")}
      </Text>
    </Group>
  );
}

function Choice({ filter, view }: { filter: Filter; view: View }) {
  const t = useUsage();
  const may = useMay();
  const nameOf = useGroupNames();
  const { data } = useChoices(view.period, filter, may("usage:read"));
  const value = view.filters[filter] ?? "";
  const words = new Set(data ?? []);
  if (value) words.add(value);
  return (
    <Select
      label={t(`filter.${filter}`)}
      placeholder={t("any")}
      searchable
      clearable
      limit={100}
      size="xs"
      data={[...words].map((word) => ({ value: word, label: nameOf(filter, word) }))}
      value={value || null}
      onChange={(next) => view.setFilter(filter, next ?? "")}
      clearButtonProps={{ "aria-label": `${t("clearFilters")}: ${t(`filter.${filter}`)}` }}
    />
  );
}
