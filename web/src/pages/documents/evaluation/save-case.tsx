import { Button, Checkbox, Group, Paper, Stack } from "@mantine/core";
import { useState } from "react";
import type { SearchHit } from "../../../api/collections";
import { evaluation } from "../../../api/evaluation";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useChange } from "../data";
import { useEvaluationTexts } from "./texts";

interface Props {
  collection: string;
  question: string;
  /** What answers it. */
  hits: SearchHit[];
  onDone: () => void;
}

/** Keeps a search with its right results as a test question. */
export function SaveCase({ collection, question, hits, onDone }: Props) {
  const t = useEvaluationTexts();
  const [isExact, setExact] = useState(false);
  const documents = [...new Set(hits.map(({ chunk }) => chunk.document_id))];
  const save = useChange(
    () => {
      const passages = hits.map(({ chunk }) => ({ document: chunk.document_id, chunk: chunk.id }));
      const expected = isExact ? passages : documents.map((document) => ({ document }));
      return evaluation.addCase(collection, { question, expected });
    },
    () => {
      showDone(t("saved"));
      onDone();
    },
    { silent: true },
  );
  return (
    <Paper radius="lg" p="md" withBorder pos="sticky" bottom={12} shadow="sm">
      <Stack gap="xs">
        {save.error && <FailureNotice error={save.error} />}
        <Group justify="space-between">
          <Checkbox
            size="xs"
            label={t("exact")}
            checked={isExact}
            onChange={(event) => setExact(event.currentTarget.checked)}
          />
          <Button loading={save.isPending} onClick={() => save.mutate(undefined)}>
            {t("save", { count: hits.length })}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
