import { Anchor, Badge, Box, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { nodeTypes } from "../../api/flows";
import { type Template, templates } from "../../api/templates";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { Markdown } from "../../flow/markdown";
import { FlowPicture } from "../../flow/picture";
import { date } from "../../i18n/format";
import { useMay } from "../../session/me";
import { namesOf } from "./catalog";
import { TemplateFacts } from "./facts";
import { OwnTemplateMenu, useMayChange, Versions } from "./own";
import { SetUp } from "./set-up";
import { Figures, OwnStars } from "./stars";
import { useTemplates } from "./texts";

/** One template before it is used: its picture, what it needs, how it works. */
export function TemplateDetails({ slug, onBack }: { slug: string; onBack: () => void }) {
  const t = useTemplates();
  const may = useMay();
  const [isUsed, setUsed] = useState(false);
  const template = useQuery({ queryKey: ["templates", slug], queryFn: () => templates.get(slug) });
  const types = useQuery({
    queryKey: ["node-types"],
    queryFn: nodeTypes.list,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const titles = useMemo(
    () => new Map((types.data ?? []).map(({ type, title }) => [type, title])),
    [types.data],
  );
  const found = template.data;
  const mayChange = useMayChange(found);
  return (
    <Page
      title={found?.name ?? ""}
      description={found?.summary}
      width={920}
      actions={
        found && (
          <Group gap="xs">
            {mayChange && <OwnTemplateMenu template={found} onGone={onBack} />}
            {may("projects:write") && <Button onClick={() => setUsed(true)}>{t("use")}</Button>}
          </Group>
        )
      }
    >
      <Anchor component="button" type="button" size="sm" mb="sm" onClick={onBack}>
        <Group gap={4}>
          <IconArrowLeft size={14} />
          {t("back")}
        </Group>
      </Anchor>
      {template.error && <FailureNotice error={template.error} onRetry={() => void template.refetch()} />}
      {template.isPending && <Pending rows={6} />}
      {found && (
        <Stack gap="md">
          <TemplateFacts template={found} />
          <Group gap="lg">
            <Figures template={found} />
            <OwnStars template={found} />
          </Group>
          <FlowPicture graph={found.graph} titles={titles} label={t("picture", { name: found.name })} />
          <Needs template={found} />
          <Box fz="sm">
            <Markdown text={found.readme} />
          </Box>
          {found.origin === "own" && <Versions template={found} />}
          <Text size="xs" c="dimmed">
            {t("by", { author: found.author, date: date(found.date) })}
          </Text>
          <SetUp template={found} isOpen={isUsed} onClose={() => setUsed(false)} />
        </Stack>
      )}
    </Page>
  );
}

function Needs({ template }: { template: Template }) {
  const t = useTemplates();
  const names = namesOf(template.requires);
  const brings = (collection: string) => template.samples.find((one) => one.collection === collection);
  return (
    <Paper component="section" p="md" radius="lg" aria-label={t("needs")}>
      <Title order={2} fz="md" mb="xs">
        {t("needs")}
      </Title>
      {names.length === 0 && <Text size="sm">{t("needsNothing")}</Text>}
      <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {names.map(({ kind, requirement }) => (
          <Group key={`${kind} ${requirement.name}`} component="li" gap="xs">
            <Text size="sm">
              {t(`kind.${kind}`)} <b>{requirement.name}</b>
            </Text>
            {requirement.is_available === undefined ? (
              <Text size="xs" c="dimmed">
                {t("afterwards")}
              </Text>
            ) : (
              <Badge color={requirement.is_available ? "teal" : "orange"}>
                {t(requirement.is_available ? "there" : "missing")}
              </Badge>
            )}
            {requirement.is_available === false && kind === "collections" && brings(requirement.name) && (
              <Text size="xs" c="dimmed">
                {t("brings", { count: brings(requirement.name)?.documents.length ?? 0 })}
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
