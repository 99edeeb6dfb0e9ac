import { Anchor, Group, Loader, Paper, SimpleGrid, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import {
  type Icon,
  IconFileSearch,
  IconMessageChatbot,
  IconMessageQuestion,
  IconPencilBolt,
  IconSchema,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { beginBlank, beginTemplate } from "../../onboarding/begin";
import { ensureSample } from "../../onboarding/sample-collection";
import { useMay, useMe } from "../../session/me";
import { useWelcome } from "./texts";
import classes from "./welcome.module.css";

/** Templates that run without a key, on the sample documents or on their own example. */
const first = [
  { slug: "document-qa", icon: IconFileSearch },
  { slug: "support-chatbot", icon: IconMessageChatbot },
  { slug: "content-generator", icon: IconPencilBolt },
] as const;

/** What one begins with, after signing up: a template, a blank page, or documents to ask. */
export default function WelcomePage() {
  const t = useWelcome();
  const may = useMay();
  const { user } = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const name = user.name.split(" ")[0] || user.email;
  const begin = useMutation({
    meta: { silent: true },
    mutationFn: async (what: string) => {
      if (what === "sample") return { to: "/ask", search: { collection: (await ensureSample()).id } };
      const names = { project: t("project"), flow: t("flow") };
      const template = first.find(({ slug }) => slug === what);
      if (!template) return { to: `/flows/${await beginBlank(names)}`, search: { tour: "1" } };
      const flow = t(`about.${template.slug}.name`);
      const id = await beginTemplate(what, { ...names, flow });
      return { to: `/flows/${id}`, search: { test: "1", tour: "1" } };
    },
    onSuccess: async (goal) => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      void client.invalidateQueries({ queryKey: ["flows"] });
      void client.invalidateQueries({ queryKey: ["collections"] });
      await navigate(goal as never);
    },
  });
  const card = (what: string, icon: Icon, title: string, hint: string) => (
    <Choice
      icon={icon}
      title={title}
      hint={hint}
      isBusy={begin.isPending && begin.variables === what}
      isDisabled={begin.isPending}
      onChoose={() => begin.mutate(what)}
    />
  );
  const mayBuild = may("projects:write");
  const maySample = may("collections:write");
  return (
    <Page title={t("title", { name })} description={t("description")} width={920}>
      <Stack gap="lg">
        {begin.error && <FailureNotice error={begin.error} />}
        {mayBuild && (
          <section>
            <Group justify="space-between" align="baseline" mb={2}>
              <Title order={2}>{t("templates")}</Title>
              <Anchor component={Link} to="/templates" size="sm" underline="always">
                {t("more")}
              </Anchor>
            </Group>
            <Text size="sm" c="dimmed" mb="sm">
              {t("templatesHint")}
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
              {first
                .filter(({ slug }) => maySample || slug === "content-generator")
                .map(({ slug, icon }) => (
                  <div key={slug} className={classes.cell}>
                    {card(slug, icon, t(`about.${slug}.name`), t(`about.${slug}.summary`))}
                  </div>
                ))}
            </SimpleGrid>
          </section>
        )}
        <section>
          <Title order={2} mb="sm">
            {t("others")}
          </Title>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
            {mayBuild && card("blank", IconSchema, t("blank.title"), t("blank.hint"))}
            {maySample && card("sample", IconMessageQuestion, t("sample.title"), t("sample.hint"))}
          </SimpleGrid>
        </section>
        <Anchor component={Link} to="/" size="sm" underline="always">
          {t("later")}
        </Anchor>
      </Stack>
    </Page>
  );
}

interface ChoiceProps {
  icon: Icon;
  title: string;
  hint: string;
  isBusy: boolean;
  isDisabled: boolean;
  onChoose: () => void;
}

function Choice({ icon: Glyph, title, hint, isBusy, isDisabled, onChoose }: ChoiceProps) {
  return (
    <UnstyledButton
      className={classes.choice}
      disabled={isDisabled}
      aria-busy={isBusy || undefined}
      onClick={onChoose}
    >
      <Paper p="md" radius="lg" h="100%" className={classes.paper}>
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <span className={classes.symbol}>
            {isBusy ? <Loader size={18} /> : <Glyph size={20} stroke={1.7} aria-hidden />}
          </span>
          <Stack gap={2} miw={0}>
            <Text fw={600}>{title}</Text>
            <Text size="sm" c="dimmed">
              {hint}
            </Text>
          </Stack>
        </Group>
      </Paper>
    </UnstyledButton>
  );
}
