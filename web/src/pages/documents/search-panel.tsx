import { Anchor, Badge, Button, Checkbox, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { collections, type SearchHit } from "../../api/collections";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { SaveCase } from "./evaluation/save-case";
import { useEvaluationTexts } from "./evaluation/texts";
import { useDocumentTexts } from "./texts";

interface Props {
  collection: string;
  mayWrite: boolean;
}

/** A search as programs make it, with the scores of each half. */
export function SearchPanel({ collection, mayWrite }: Props) {
  const t = useDocumentTexts();
  const [query, setQuery] = useState("");
  /** Chunks that answer the question. */
  const [right, setRight] = useState<string[]>([]);
  const search = useMutation({
    mutationFn: () => collections.search(collection, { queries: [query.trim()] }),
    meta: { silent: true },
    onSuccess: () => setRight([]),
  });
  const toggle = (chunk: string) =>
    setRight((before) =>
      before.includes(chunk) ? before.filter((one) => one !== chunk) : [...before, chunk],
    );
  const chosen = search.data?.hits.filter(({ chunk }) => right.includes(chunk.id)) ?? [];
  return (
    <Stack gap="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (query.trim()) search.mutate();
        }}
      >
        <Group gap="xs">
          <TextInput
            flex={1}
            type="search"
            aria-label={t("query")}
            placeholder={t("query")}
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<IconSearch size={16} />} loading={search.isPending}>
            {t("find")}
          </Button>
        </Group>
      </form>
      {search.error && <FailureNotice error={search.error} />}
      {search.isPending && <Pending rows={3} height={70} />}
      {search.data?.notes.map((note) => (
        <Text key={note} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
      {search.data?.hits.length === 0 && (
        <EmptyState icon={IconSearch} title={t("noHits")} hint={t("noHitsHint")} />
      )}
      {search.data?.hits.map((hit) => (
        <Hit
          key={hit.chunk.id}
          collection={collection}
          hit={hit}
          isRight={mayWrite ? right.includes(hit.chunk.id) : undefined}
          onRight={() => toggle(hit.chunk.id)}
        />
      ))}
      {chosen.length > 0 && (
        <SaveCase
          collection={collection}
          question={search.data?.queries[0] ?? ""}
          hits={chosen}
          onDone={() => setRight([])}
        />
      )}
    </Stack>
  );
}

interface HitProps {
  collection: string;
  hit: SearchHit;
  /** Absent for those who may not save it as a test question. */
  isRight?: boolean;
  onRight: () => void;
}

function Hit({ collection, hit, isRight, onRight }: HitProps) {
  const t = useDocumentTexts();
  const evaluation = useEvaluationTexts();
  const { chunk } = hit;
  const why = [
    hit.text_score != null && t("textScore", { score: hit.text_score.toFixed(2) }),
    hit.dense_score != null && t("denseScore", { score: hit.dense_score.toFixed(2) }),
    hit.rerank_score != null && t("rerankScore", { score: hit.rerank_score.toFixed(2) }),
  ];
  return (
    <Paper radius="lg" p="md" component="article">
      <Group justify="space-between" gap="xs" mb={4}>
        <Anchor component={Link} to={`/documents/${collection}/${chunk.document_id}`} size="sm" fw={550}>
          {[hit.document_name, ...chunk.headings].join(" › ")}
        </Anchor>
        <Group gap="xs">
          {chunk.page_start != null && <Text size="xs">{t("page", { page: chunk.page_start })}</Text>}
          <Badge variant="default">{t("score", { score: hit.score.toFixed(2) })}</Badge>
        </Group>
      </Group>
      <Text size="xs" c="dimmed" mb={6} className="tabular">
        {why.filter(Boolean).join(" · ")}
      </Text>
      <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} lineClamp={8}>
        {chunk.text}
      </Text>
      {isRight !== undefined && (
        <Checkbox mt="xs" size="xs" label={evaluation("right")} checked={isRight} onChange={onRight} />
      )}
    </Paper>
  );
}
