import {
  ActionIcon,
  Box,
  Button,
  FileButton,
  Group,
  Pill,
  ScrollArea,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { IconPaperclip, IconSend2 } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { runs } from "../../../api/flows";
import type { FlowNode } from "../../../flow/graph";
import { lastInput } from "../../../flow/last-input";
import { Markdown } from "../../../flow/markdown";
import { useStore } from "../../../flow/store";
import { FileList } from "../panel/file-view";
import { useRun, useSession } from "../session";
import { openingOf, say, streamedText, type Turn, takesFiles } from "./chat";
import classes from "./test-panel.module.css";
import { useTest } from "./texts";

/** A conversation with the draft; the answer stands there while it comes. */
export function ChatView({ trigger }: { trigger: FlowNode }) {
  const t = useTest();
  const session = useSession();
  const turns = useStore(session.chat, (chat) => chat.turns);
  const isBusy = useStore(session.chat, (chat) => chat.isBusy);
  const streamed = useRun(streamedText);
  // The sample of a template, or what a past run was given.
  const [text, setText] = useState(() => {
    const { message } = lastInput(session.id);
    return turns.length === 0 && typeof message === "string" ? message : "";
  });
  const { greeting, suggestions } = openingOf(trigger);
  const viewport = useRef<HTMLDivElement>(null);
  const count = turns.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is scrolled to
  useEffect(() => {
    viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, [count, streamed]);
  const [files, setFiles] = useState<File[]>([]);
  const sending = useMutation({
    mutationFn: async (message: string) => {
      const stored = await Promise.all(files.map((file) => runs.upload(session.id, file)));
      setText("");
      setFiles([]);
      void say(session, trigger.id, message, stored);
    },
  });
  const send = (message: string) => {
    if (!message.trim() || isBusy || sending.isPending) return;
    sending.mutate(message.trim());
  };
  return (
    <Stack gap={0} h="100%">
      <ScrollArea flex={1} type="auto" viewportRef={viewport} viewportProps={{ tabIndex: 0 }}>
        <Stack gap="xs" p="sm" role="log" aria-label={t("chat.log")}>
          {greeting && <Bubble turn={{ id: "greeting", role: "assistant", text: greeting }} />}
          {turns.length === 0 && !greeting && (
            <Text size="sm" c="dimmed">
              {t("chat.empty")}
            </Text>
          )}
          {turns.map((turn) => (
            <Bubble key={turn.id} turn={turn} />
          ))}
          {isBusy && (
            <Bubble turn={{ id: "now", role: "assistant", text: streamed || t("chat.thinking") }} isComing />
          )}
        </Stack>
      </ScrollArea>
      {turns.length === 0 && suggestions.length > 0 && (
        <Group gap="xs" px="sm" pb="xs">
          {suggestions.map((suggestion) => (
            <Button key={suggestion} size="compact-xs" variant="default" onClick={() => send(suggestion)}>
              {suggestion}
            </Button>
          ))}
        </Group>
      )}
      {files.length > 0 && (
        <Pill.Group px="sm">
          {files.map((file) => (
            <Pill
              key={`${file.name}${file.lastModified}${file.size}`}
              withRemoveButton
              removeButtonProps={{
                "aria-label": t("file.drop", { name: file.name }),
                "aria-hidden": false,
                tabIndex: 0,
              }}
              onRemove={() => setFiles((before) => before.filter((one) => one !== file))}
            >
              {file.name}
            </Pill>
          ))}
        </Pill.Group>
      )}
      <Group gap="xs" p="sm" pt={4} align="flex-end" wrap="nowrap">
        {takesFiles(trigger) && (
          <FileButton multiple onChange={(more) => setFiles((before) => [...before, ...more])}>
            {(props) => (
              <ActionIcon
                {...props}
                size={36}
                variant="default"
                aria-label={t("file.attach")}
                disabled={isBusy}
              >
                <IconPaperclip size={17} />
              </ActionIcon>
            )}
          </FileButton>
        )}
        <Textarea
          flex={1}
          autosize
          minRows={1}
          maxRows={5}
          data-autofocus
          aria-label={t("chat.message")}
          placeholder={t("chat.placeholder")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send(text);
          }}
        />
        <ActionIcon
          size={36}
          variant="filled"
          aria-label={t("chat.send")}
          disabled={isBusy || !text.trim()}
          onClick={() => send(text)}
        >
          <IconSend2 size={17} />
        </ActionIcon>
      </Group>
    </Stack>
  );
}

function Bubble({ turn, isComing = false }: { turn: Turn; isComing?: boolean }) {
  const t = useTest();
  const { role, text, failure } = turn;
  const files = turn.files ?? [];
  const empty = files.length > 0 ? "" : t("chat.nothing");
  const said = failure ? t(failure === "failed" ? "chat.failed" : "chat.stopped") : text || empty;
  return (
    <Box className={classes.bubble} data-role={role} aria-busy={isComing || undefined}>
      <Text size="xs" c="dimmed" mb={2}>
        {t(role === "user" ? "chat.you" : "chat.flow")}
      </Text>
      <Box fz="sm" c={failure ? "var(--mantine-color-error)" : undefined} className={classes.said}>
        {role === "user" || isComing ? said : <Markdown text={said} />}
      </Box>
      {files.length > 0 && <FileList files={files} run={turn.run} />}
    </Box>
  );
}
