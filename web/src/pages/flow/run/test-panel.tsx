import { Button, CloseButton, ScrollArea, Select, Text } from "@mantine/core";
import { IconMessagePlus } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useStore } from "../../../flow/store";
import { titleOf } from "../commands";
import { useGraph, useRun, useSession } from "../session";
import { useFlow } from "../texts";
import { isChat, newChat } from "./chat";
import { ChatView } from "./chat-view";
import { InputForm } from "./input-form";
import { RunSummary } from "./run-summary";
import classes from "./test-panel.module.css";
import { useTest } from "./texts";

/** Runs the draft with a form or as a chat, beside what comes of it. */
export function TestPanel() {
  const t = useTest();
  const flow = useFlow();
  const session = useSession();
  const nodes = useGraph((graph) => graph.nodes);
  const triggers = nodes.filter((node) => session.book.types.get(node.type)?.role === "trigger");
  const [chosen, setChosen] = useState<string>();
  const trigger = triggers.find(({ id }) => id === chosen) ?? triggers[0];
  const hasChat = isChat(trigger && session.book.types.get(trigger.type));
  const isTalking = useStore(session.chat, (chat) => chat.turns.length > 0);
  const hasRun = useRun((view) => view.status !== undefined);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const first = panel.current?.querySelector<HTMLElement>("[data-autofocus], textarea, input");
    first?.focus();
    // The canvas has less room now: what stood below would be hidden.
    session.ui.set({ look: { nodes: [] } });
  }, [session]);
  return (
    <section ref={panel} className={classes.panel} aria-label={t("title")}>
      <div className={classes.head}>
        <Text fw={600} size="sm">
          {t("title")}
        </Text>
        {triggers.length > 1 && (
          <Select
            size="xs"
            aria-label={flow("start.trigger")}
            allowDeselect={false}
            data={triggers.map(({ id }) => ({ value: id, label: titleOf(session, id) }))}
            value={trigger?.id ?? null}
            onChange={(next) => setChosen(next ?? undefined)}
          />
        )}
        <Text size="xs" c="dimmed" flex={1} visibleFrom="sm" className="truncate">
          {flow("start.draft")}
        </Text>
        {hasChat && isTalking && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconMessagePlus size={14} />}
            onClick={() => session.chat.set(newChat())}
          >
            {t("chat.fresh")}
          </Button>
        )}
        <CloseButton
          size="sm"
          ml="auto"
          aria-label={t("close")}
          onClick={() => session.ui.set({ isTesting: false })}
        />
      </div>
      <div className={classes.body}>
        <div className={classes.input}>
          {!trigger && (
            <Text size="sm" p="sm">
              {flow("start.noTrigger")}
            </Text>
          )}
          {trigger && hasChat && <ChatView key={trigger.id} trigger={trigger} />}
          {trigger && !hasChat && (
            <ScrollArea h="100%" type="auto" viewportProps={{ tabIndex: 0 }}>
              <InputForm key={trigger.id} trigger={trigger} />
            </ScrollArea>
          )}
        </div>
        <ScrollArea className={classes.result} type="auto" viewportProps={{ tabIndex: 0 }} p="sm">
          {hasRun ? (
            <RunSummary />
          ) : (
            <Text size="sm" c="dimmed">
              {t("idle")}
            </Text>
          )}
        </ScrollArea>
      </div>
    </section>
  );
}
