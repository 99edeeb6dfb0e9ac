import { Box, Button, Select, Stack, Text } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useModels } from "../../api/models";
import { EmptyState } from "../../components/empty-state";
import { AnswerView } from "./answer-view";
import type { Answer } from "./chat";
import classes from "./playground.module.css";
import { usePlayground } from "./texts";
import type { Pane } from "./use-pane";

interface Props {
  pane: Pane;
  /** Names the choice of the model. */
  label: string;
  onExample: () => void;
  onCode: (answer: Answer) => void;
  onExplain: (requestId: string) => void;
}

/** One model with its conversation. */
export function PaneView({ pane, label, onExample, onCode, onExplain }: Props) {
  const t = usePlayground();
  const models = useModels();
  const end = useRef<HTMLDivElement>(null);
  const last = pane.exchanges.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new piece moves the end into sight
  useEffect(() => {
    // Newer browsers return a promise here, which React would take for a clean-up.
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [last?.answer]);
  const chat = models.data?.filter(
    ({ mode }) => mode === undefined || mode === "chat" || mode === "responses",
  );
  return (
    <section className={classes.pane} aria-label={`${label}: ${pane.model}`}>
      <Box className={classes.paneHead}>
        <Select
          aria-label={label}
          searchable
          allowDeselect={false}
          limit={100}
          maxDropdownHeight={320}
          nothingFoundMessage={t("noModel")}
          data={chat?.map(({ id }) => id) ?? [pane.model]}
          value={pane.model}
          onChange={(model) => model && pane.setModel(model)}
        />
      </Box>
      {/* Reads out what arrives. */}
      <Box className={classes.scroll} tabIndex={0} role="log" aria-label={pane.model} aria-busy={pane.isBusy}>
        {pane.exchanges.length === 0 && (
          <EmptyState icon={IconMessages} title={t("empty")} hint={t("emptyHint")}>
            <Button variant="default" onClick={onExample}>
              {t("example")}
            </Button>
          </EmptyState>
        )}
        <Stack gap="md">
          {pane.exchanges.map(({ id, question, answer }) => (
            <Stack key={id} gap="sm">
              <Box className={classes.question}>
                {question.pictures.map((picture) => (
                  <img key={picture.url} src={picture.url} alt={picture.name} className={classes.picture} />
                ))}
                <Text size="md" className={classes.text}>
                  {question.text}
                </Text>
              </Box>
              <AnswerView
                answer={answer}
                onCode={() => onCode(answer)}
                onExplain={() => answer.requestId && onExplain(answer.requestId)}
              />
            </Stack>
          ))}
        </Stack>
        <div ref={end} />
      </Box>
    </section>
  );
}
