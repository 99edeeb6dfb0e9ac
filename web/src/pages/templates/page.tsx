import {
  Badge,
  Box,
  Group,
  Paper,
  SegmentedControl,
  Select,
  SimpleGrid,
  Text,
  TextInput,
} from "@mantine/core";
import { IconSearch, IconTemplate } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Order, orders, type TemplateSummary, templates } from "../../api/templates";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { useUrlState } from "../../components/url-state";
import { complexities, findTemplates } from "./catalog";
import { TemplateDetails } from "./details";
import { TemplateFacts } from "./facts";
import { Figures } from "./stars";
import { useTemplates } from "./texts";

/** The gallery; with `?template=` in the address, one of them. */
export default function TemplatesPage() {
  const [slug, setSlug] = useUrlState("template");
  return slug ? <TemplateDetails slug={slug} onBack={() => setSlug("")} /> : <Gallery onOpen={setSlug} />;
}

function Gallery({ onOpen }: { onOpen: (slug: string) => void }) {
  const t = useTemplates();
  const [text, setText] = useUrlState("q");
  const [category, setCategory] = useUrlState("category");
  const [complexity, setComplexity] = useUrlState("complexity");
  const [origin, setOrigin] = useUrlState("from");
  const [sorting, setSorting] = useUrlState("sort", "featured");
  const order = orders.find((one) => one === sorting) ?? "featured";
  const list = useQuery({
    queryKey: ["templates", "list", order],
    queryFn: () => templates.list(order),
    placeholderData: keepPreviousData,
  });
  const categories = useQuery({ queryKey: ["templates", "categories"], queryFn: templates.categories });
  const found = findTemplates(list.data ?? [], { text, category, complexity, origin });
  const hasOwn = (list.data ?? []).some((one) => one.origin === "own");
  const hasShared = (list.data ?? []).some((one) => one.origin === "shared");
  return (
    <Page title={t("title")} description={t("description")}>
      <SegmentedControl
        size="xs"
        mb="sm"
        aria-label={t("from.label")}
        value={origin || "all"}
        onChange={(next) => setOrigin(next === "all" ? "" : next)}
        data={[
          { value: "all", label: t("all") },
          { value: "catalog", label: t("from.catalog") },
          { value: "own", label: t("from.own") },
          ...(hasShared || origin === "shared" ? [{ value: "shared", label: t("from.shared") }] : []),
        ]}
      />
      <Group gap="sm" mb="md" align="flex-end">
        <TextInput
          flex="1 1 220px"
          type="search"
          aria-label={t("search")}
          placeholder={t("search")}
          leftSection={<IconSearch size={15} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          w={190}
          clearable
          aria-label={t("category")}
          placeholder={t("category")}
          data={(categories.data ?? []).map(({ slug, title }) => ({ value: slug, label: title }))}
          value={category || null}
          onChange={(next) => setCategory(next ?? "")}
        />
        <Select
          w={170}
          clearable
          aria-label={t("complexity.label")}
          placeholder={t("complexity.label")}
          data={complexities.map((value) => ({ value, label: t(`complexity.${value}`) }))}
          value={complexity || null}
          onChange={(next) => setComplexity(next ?? "")}
        />
        <Select
          w={170}
          allowDeselect={false}
          aria-label={t("sort.label")}
          data={orders.map((value) => ({ value, label: t(`sort.${value}`) }))}
          value={order}
          onChange={(next) => setSorting((next as Order | null) ?? "featured")}
        />
      </Group>
      {list.error && <FailureNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Pending rows={6} />}
      {list.data && found.length === 0 && (
        <EmptyState
          icon={IconTemplate}
          title={t(origin === "own" && !hasOwn ? "from.none" : "none")}
          hint={t(origin === "own" && !hasOwn ? "from.noneHint" : "noneHint")}
        />
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md" component="section" aria-label={t("title")}>
        {found.map((template) => (
          <Card key={template.slug} template={template} onOpen={() => onOpen(template.slug)} />
        ))}
      </SimpleGrid>
    </Page>
  );
}

function Card({ template, onOpen }: { template: TemplateSummary; onOpen: () => void }) {
  const t = useTemplates();
  return (
    <Paper
      component="button"
      type="button"
      ta="left"
      style={{ display: "flex", flexDirection: "column", alignItems: "stretch" }}
      p="md"
      radius="lg"
      aria-label={t("open", { name: template.name })}
      onClick={onOpen}
    >
      <Group gap="xs" mb={4} wrap="nowrap" justify="space-between" align="flex-start">
        <Text fw={600}>{template.name}</Text>
        {template.origin !== "catalog" && (
          <Badge color="gray" style={{ flex: "none" }}>
            {t(template.origin === "own" ? "from.own" : "from.shared")}
          </Badge>
        )}
        {template.is_featured && <Badge style={{ flex: "none" }}>{t("featured")}</Badge>}
      </Group>
      <Text size="sm" c="dimmed" lineClamp={3}>
        {template.summary}
      </Text>
      <Box mt="auto" pt="sm">
        <Figures template={template} />
        <TemplateFacts template={template} />
      </Box>
    </Paper>
  );
}
