import { ActionIcon, Box, Button, Drawer, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type Icon, IconAdjustments, IconColumns2, IconPlus } from "@tabler/icons-react";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Snippets } from "../../components/snippets";
import { type Answer, defaults, jsonProblem, type Picture, type Settings } from "./chat";
import { Composer } from "./composer";
import { Explain } from "./explain";
import { PaneView } from "./pane-view";
import classes from "./playground.module.css";
import { SettingsForm } from "./settings-form";
import { usePlayground } from "./texts";
import { usePane } from "./use-pane";

const builtin = "builtin/extract";

export default function PlaygroundPage() {
  const t = usePlayground();
  const [isComparing, setComparing] = useState(false);
  const { model } = useSearch({ strict: false }) as { model?: string };
  const first = usePane(model ? String(model) : builtin);
  const second = usePane("builtin/echo");
  const panes = isComparing ? [first, second] : [first];
  const [settings, setSettings] = useState<Settings>(defaults);
  const [text, setText] = useState("");
  const [pictures, setPictures] = useState<Picture[]>([]);
  const [showsSettings, setShowsSettings] = useState(false);
  const [coded, setCoded] = useState<Answer | null>(null);
  const [explained, setExplained] = useState<string | null>(null);
  const isNarrow = useMediaQuery("(max-width: 62em)");

  const isBusy = panes.some((pane) => pane.isBusy);
  const isValid = !jsonProblem(settings.tools, "array") && !jsonProblem(settings.schema, "object");
  const canSend = !isBusy && isValid && (text.trim() !== "" || pictures.length > 0);
  const send = () => {
    const question = { text: text.trim(), pictures };
    for (const pane of panes) void pane.send(settings, question);
    setText("");
    setPictures([]);
  };
  const showExample = () => {
    setSettings({ ...settings, system: t("exampleSystem") });
    setText(t("exampleQuestion"));
  };
  const form = <SettingsForm settings={settings} onChange={setSettings} />;
  return (
    <Box className={classes.page}>
      <title>{`${t("title")} · NoCode AI Builder`}</title>
      <Group className={classes.head} justify="space-between">
        <Title order={1}>{t("title")}</Title>
        <Group gap="xs">
          <HeadButton
            icon={IconColumns2}
            label={isComparing ? t("single") : t("compare")}
            onClick={() => setComparing(!isComparing)}
          />
          <HeadButton icon={IconPlus} label={t("clear")} onClick={() => panes.map((pane) => pane.clear())} />
          {isNarrow && (
            <ActionIcon
              size={36}
              variant="default"
              aria-label={t("settings")}
              onClick={() => setShowsSettings(true)}
            >
              <IconAdjustments size={18} />
            </ActionIcon>
          )}
        </Group>
      </Group>
      <Box className={classes.body}>
        <Box className={classes.main}>
          <Box className={classes.panes} data-two={isComparing || undefined}>
            {panes.map((pane, index) => (
              <PaneView
                // biome-ignore lint/suspicious/noArrayIndexKey: the panes are the first and the second
                key={index}
                pane={pane}
                label={!isComparing ? t("model") : index === 0 ? t("modelA") : t("modelB")}
                onExample={showExample}
                onCode={setCoded}
                onExplain={setExplained}
              />
            ))}
          </Box>
          <Composer
            {...{ text, setText, pictures, setPictures, isBusy, canSend }}
            onSend={send}
            onStop={() => panes.map((pane) => pane.stop())}
          />
        </Box>
        {!isNarrow && (
          <section className={classes.settings} aria-label={t("settings")}>
            {form}
          </section>
        )}
      </Box>
      <Drawer
        opened={Boolean(isNarrow) && showsSettings}
        onClose={() => setShowsSettings(false)}
        position="right"
        title={t("settings")}
      >
        {form}
      </Drawer>
      <Modal opened={coded !== null} onClose={() => setCoded(null)} title={t("codeTitle")} size="xl">
        {coded && (
          <Stack gap="xs">
            <Text size="sm" c="dimmed">
              {t("codeHint")}
            </Text>
            <Snippets call={coded.call} />
          </Stack>
        )}
      </Modal>
      <Explain requestId={explained} onClose={() => setExplained(null)} />
    </Box>
  );
}

interface HeadButtonProps {
  icon: Icon;
  label: string;
  onClick: () => void;
}

/** A button with its words, or with its symbol alone where there is no room for both. */
function HeadButton({ icon: Glyph, label, onClick }: HeadButtonProps) {
  return (
    <>
      <Button visibleFrom="xs" variant="default" leftSection={<Glyph size={16} />} onClick={onClick}>
        {label}
      </Button>
      <ActionIcon hiddenFrom="xs" size={36} variant="default" aria-label={label} onClick={onClick}>
        <Glyph size={18} />
      </ActionIcon>
    </>
  );
}
