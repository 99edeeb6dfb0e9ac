import { Alert, Anchor, Badge, Button, Group, Paper, Stack, Switch, Text, Textarea } from "@mantine/core";
import { IconArrowLeft, IconDownload, IconPlus, IconScissors } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type Chunk, collections, documents, type StoredDocument } from "../../api/collections";
import { useCursorList } from "../../components/cursor-list";
import { download } from "../../components/download";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { useMay } from "../../session/me";
import { isOver, useChange, useJobs } from "./data";
import { DocumentFacts } from "./document-facts";
import { JobProgress } from "./job-progress";
import { useDocumentTexts } from "./texts";

/** One document: what is known of it, and its chunks. */
export default function DocumentPage() {
  const { collection, document: id } = useParams({ strict: false }) as Record<
    "collection" | "document",
    string
  >;
  const { data, error, refetch } = useQuery({
    queryKey: ["document", id],
    queryFn: () => documents.get(collection, id),
  });
  if (error) {
    return (
      <Page title="">
        <FailureNotice error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (!data) {
    return (
      <Page title="">
        <Pending />
      </Page>
    );
  }
  return <View document={data} />;
}

function View({ document }: { document: StoredDocument }) {
  const t = useDocumentTexts();
  const mayWrite = useMay()("collections:write");
  const { collection_id: collection, id, name } = document;
  const job = useJobs(collection).find((one) => one.document_id === id && !isOver(one));
  const original = useMutation({ mutationFn: () => download(documents.original(collection, id), name) });
  const actions = (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} />}
      loading={original.isPending}
      onClick={() => original.mutate()}
    >
      {t("original")}
    </Button>
  );
  return (
    <Page title={name} actions={actions}>
      <Anchor component={Link} to={`/documents/${collection}`} size="sm" mb="sm" display="inline-block">
        <Group gap={4}>
          <IconArrowLeft size={14} />
          {t("toCollection")}
        </Group>
      </Anchor>
      <Stack gap="md">
        {job && <JobProgress job={job} name={name} mayCancel={mayWrite} />}
        {document.error && (
          <Alert color="red" variant="light" role="alert">
            <Text size="sm" c="var(--mantine-color-text)">
              {document.error}
            </Text>
          </Alert>
        )}
        {document.notes.map((note) => (
          <Text key={note} size="sm" c="dimmed">
            {note}
          </Text>
        ))}
        <DocumentFacts document={document} mayWrite={mayWrite} />
        <Chunks collection={collection} document={id} mayWrite={mayWrite} />
      </Stack>
    </Page>
  );
}

interface ChunksProps {
  collection: string;
  document: string;
  mayWrite: boolean;
}

function Chunks({ collection, document, mayWrite }: ChunksProps) {
  const t = useDocumentTexts();
  const common = useCommon();
  const [isAdding, setAdding] = useState(false);
  const list = useCursorList(["chunks", document], (cursor) =>
    documents.chunks(collection, document, cursor),
  );
  const add = useChange(
    (text: string) => documents.addChunk(collection, document, text),
    () => setAdding(false),
  );
  if (list.error) return <FailureNotice error={list.error} onRetry={list.onRetry} />;
  if (!list.rows) return <Pending />;
  return (
    <Stack gap="sm" component="section" aria-label={t("chunks")}>
      {list.rows.length === 0 && (
        <EmptyState icon={IconScissors} title={t("noChunks")} hint={t("noChunksHint")} />
      )}
      {list.rows.map((chunk) => (
        <ChunkCard key={chunk.id} collection={collection} chunk={chunk} mayWrite={mayWrite} />
      ))}
      {list.more && (
        <Button variant="default" onClick={list.more.load} loading={list.more.isLoading}>
          {common("loadMore")}
        </Button>
      )}
      {mayWrite && !isAdding && (
        <Group>
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t("addChunk")}
          </Button>
        </Group>
      )}
      {isAdding && (
        <TextForm initial="" isBusy={add.isPending} onSubmit={add.mutate} onClose={() => setAdding(false)} />
      )}
    </Stack>
  );
}

function ChunkCard({ collection, chunk, mayWrite }: { collection: string; chunk: Chunk; mayWrite: boolean }) {
  const t = useDocumentTexts();
  const [isEditing, setEditing] = useState(false);
  const save = useChange(
    (change: { text?: string; enabled?: boolean }) => collections.saveChunk(collection, chunk.id, change),
    () => setEditing(false),
  );
  const place = [
    `${chunk.ordinal + 1}`,
    ...chunk.headings,
    chunk.page_start != null && t("page", { page: chunk.page_start }),
    t("tokens", { count: chunk.token_count }),
  ];
  return (
    <Paper p="md" radius="lg" component="article">
      <Group justify="space-between" gap="xs" mb={6}>
        <Text size="xs" c="dimmed" className="tabular">
          {place.filter(Boolean).join(" · ")}
        </Text>
        <Group gap="xs">
          {chunk.edited && <Badge variant="default">{t("edited")}</Badge>}
          {!chunk.enabled && <Badge variant="default">{t("disabled")}</Badge>}
          {mayWrite && (
            <>
              <Switch
                size="xs"
                aria-label={t("enable")}
                checked={chunk.enabled}
                disabled={save.isPending}
                onChange={(event) => save.mutate({ enabled: event.currentTarget.checked })}
              />
              <Button size="compact-xs" variant="default" onClick={() => setEditing(true)}>
                {t("editChunk")}
              </Button>
            </>
          )}
        </Group>
      </Group>
      {isEditing ? (
        <TextForm
          initial={chunk.text}
          isBusy={save.isPending}
          onSubmit={(text) => save.mutate({ text })}
          onClose={() => setEditing(false)}
        />
      ) : (
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {chunk.text}
        </Text>
      )}
    </Paper>
  );
}

interface TextFormProps {
  initial: string;
  isBusy: boolean;
  onSubmit: (text: string) => void;
  onClose: () => void;
}

function TextForm({ initial, isBusy, onSubmit, onClose }: TextFormProps) {
  const t = useDocumentTexts();
  const common = useCommon();
  const [text, setText] = useState(initial);
  return (
    <Stack gap="xs">
      <Textarea
        aria-label={t("text")}
        autosize
        minRows={3}
        maxRows={20}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button loading={isBusy} disabled={!text.trim()} onClick={() => onSubmit(text)}>
          {common("save")}
        </Button>
      </Group>
    </Stack>
  );
}
