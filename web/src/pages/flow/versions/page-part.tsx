import { Anchor, Button, Group, Stack, Switch, Text, Title } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type FlowPage, flows, type PutPage } from "../../../api/flows";
import { CodeBlock } from "../../../components/code-block";
import { CopyButton } from "../../../components/copy-button";
import { FailureNotice } from "../../../components/failure-notice";
import { useSession } from "../session";
import { PageSettingsForm } from "./page-settings";
import { usePageTexts } from "./texts";

/** A page of the flow for people: its switch, address, lines for other websites, and settings. */
export function PagePart({ page }: { page: FlowPage }) {
  const t = usePageTexts();
  const session = useSession();
  const client = useQueryClient();
  const [isPreviewed, setPreviewed] = useState(false);
  const [isEdited, setEdited] = useState(false);
  const mayChange = session.mayPublish && !session.isFrozen;
  const put = useMutation({
    mutationFn: (wanted: PutPage) => flows.putPage(session.id, page.kind, wanted),
    onSuccess: () => client.invalidateQueries({ queryKey: ["deployment", session.id] }),
  });
  const address = page.path === null ? null : `${location.origin}${page.path}`;
  return (
    <Stack gap="xs" component="section" aria-label={t(page.kind)}>
      <Title order={3} size="h5">
        {t(page.kind)}
      </Title>
      <Text size="sm">{t(page.kind === "chat" ? "chatHint" : "formHint")}</Text>
      <Switch
        label={t("isOn")}
        checked={page.is_on}
        disabled={!mayChange || put.isPending}
        onChange={(event) =>
          put.mutate({ is_on: event.currentTarget.checked, access: page.access, settings: page.settings })
        }
      />
      {put.error && <FailureNotice error={put.error} />}
      {page.is_on && address && (
        <>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {t("link")}: <Anchor href={address}>{address}</Anchor>
          </Text>
          <Group gap="xs">
            <CopyButton value={address} label={t("copied")} />
            <Button
              component="a"
              href={address}
              target="_blank"
              rel="noreferrer"
              variant="default"
              size="compact-sm"
              leftSection={<IconExternalLink size={15} />}
            >
              {t("openPage")}
            </Button>
            <Button variant="default" size="compact-sm" onClick={() => setPreviewed(!isPreviewed)}>
              {isPreviewed ? t("hidePreview") : t("preview")}
            </Button>
          </Group>
          {isPreviewed && (
            <iframe
              // What was changed is shown anew.
              key={JSON.stringify(page)}
              src={address}
              title={t("preview")}
              style={{ width: "100%", height: 480, border: "1px solid var(--app-line)", borderRadius: 8 }}
            />
          )}
          <Embedding page={page} />
        </>
      )}
      {mayChange && (
        <Button
          variant="subtle"
          size="compact-sm"
          style={{ alignSelf: "flex-start" }}
          aria-expanded={isEdited}
          onClick={() => setEdited(!isEdited)}
        >
          {t("settings")}
        </Button>
      )}
      {isEdited && (
        <PageSettingsForm
          key={JSON.stringify(page)}
          page={page}
          isBusy={put.isPending}
          onSave={(wanted) => put.mutate(wanted)}
        />
      )}
    </Stack>
  );
}

/** Lines that show the page inside of other websites. */
function Embedding({ page }: { page: FlowPage }) {
  const t = usePageTexts();
  if (page.access === "members" || page.path === null) return null;
  if (page.settings.allowed_origins.length === 0) return <Text size="sm">{t("noOrigins")}</Text>;
  const [, , token] = page.path.split("/");
  const title = quoted(page.settings.title || (page.kind === "chat" ? "Chat" : "Form"));
  const color = page.settings.color ? ` data-color="${page.settings.color}"` : "";
  const widget = `<script src="${location.origin}/embed.js" data-chat="${token}" data-title="${title}"${color} async></script>`;
  const frame = `<iframe src="${location.origin}${page.path}" title="${title}" style="width: 100%; height: 640px; border: 0"></iframe>`;
  return (
    <>
      {page.kind === "chat" && (
        <>
          <Text size="sm">{t("widget")}</Text>
          <CodeBlock code={widget} label={t("widget")} wrap />
        </>
      )}
      <Text size="sm">{t("frame")}</Text>
      <CodeBlock code={frame} label={t("frame")} wrap />
    </>
  );
}

/** A text inside of an attribute. */
function quoted(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
