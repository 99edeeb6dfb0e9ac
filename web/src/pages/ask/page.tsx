import {
  Alert,
  Badge,
  Button,
  Group,
  Paper,
  Select,
  Stack,
  Text,
  Textarea,
  UnstyledButton,
} from "@mantine/core";
import { IconFiles, IconMessageQuestion, IconPlayerStop, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Citation } from "../../api/collections";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { useUrlState } from "../../components/url-state";
import { money } from "../../i18n/format";
import { SampleButton } from "../../onboarding/sample-button";
import { isSample, languageOf, sampleQuestions } from "../../onboarding/sample-collection";
import { collectionsQuery, pieces, type Turn } from "./answer";
import { Passage } from "./passage";
import { useAsk } from "./texts";
import { useConversation } from "./use-conversation";

/** Questions to the documents of a collection, with checked citations. */
export default function AskPage() {
  const t = useAsk();
  const { data, error, refetch } = useQuery(collectionsQuery);
  const [wanted, setWanted] = useUrlState("collection");
  const collection = data?.find(({ id }) => id === wanted) ?? data?.[0];
  return (
    <Page title={t("title")} description={t("description")} width={820}>
      {error && <FailureNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Pending />}
      {data && !collection && (
        <EmptyState icon={IconFiles} title={t("noCollections")} hint={t("noCollectionsHint")}>
          <Button component={Link} to="/documents">
            {t("toDocuments")}
          </Button>
          <SampleButton onDone={({ id }) => setWanted(id)} />
        </EmptyState>
      )}
      {data && collection && (
        <Stack gap="md">
          <Select
            label={t("collection")}
            maw={360}
            searchable
            allowDeselect={false}
            data={data.map(({ id, name }) => ({ value: id, label: name }))}
            value={collection.id}
            onChange={(id) => id && setWanted(id)}
          />
          <Conversation
            key={collection.id}
            collection={collection.id}
            isEmpty={collection.chunk_count === 0}
            suggestions={isSample(collection) ? sampleQuestions[languageOf(collection)] : []}
          />
        </Stack>
      )}
    </Page>
  );
}

interface ConversationProps {
  collection: string;
  isEmpty: boolean;
  /** Questions to begin with. */
  suggestions: string[];
}

function Conversation({ collection, isEmpty, suggestions }: ConversationProps) {
  const t = useAsk();
  const [question, setQuestion] = useState("");
  const [shown, setShown] = useState<Citation>();
  const { turns, isBusy, send, stop, clear } = useConversation(collection);
  const submit = () => {
    const text = question.trim();
    if (!text || isBusy) return;
    setQuestion("");
    void send(text);
  };
  return (
    <>
      {isEmpty && (
        <Text size="sm">
          {t("noDocuments")} <Link to={`/documents/${collection}`}>{t("toDocuments")}</Link>
        </Text>
      )}
      {turns.length === 0 && !isEmpty && (
        <EmptyState icon={IconMessageQuestion} title={t("empty")} hint={t("emptyHint")}>
          {suggestions.map((one) => (
            <Button key={one} variant="light" size="compact-sm" onClick={() => void send(one)}>
              {one}
            </Button>
          ))}
        </EmptyState>
      )}
      <Stack gap="md" role="log" aria-label={t("conversation")}>
        {turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} onCitation={setShown} />
        ))}
      </Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="xs">
          <Textarea
            label={t("question")}
            autosize
            minRows={2}
            maxRows={8}
            value={question}
            onChange={(event) => setQuestion(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              submit();
            }}
          />
          <Group justify="flex-end">
            {turns.length > 0 && !isBusy && (
              <Button variant="default" onClick={clear}>
                {t("clear")}
              </Button>
            )}
            {isBusy ? (
              <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={stop}>
                {t("stop")}
              </Button>
            ) : (
              <Button type="submit" leftSection={<IconSend size={16} />} disabled={!question.trim()}>
                {t("ask")}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
      <Passage citation={shown} onClose={() => setShown(undefined)} />
    </>
  );
}

function TurnView({ turn, onCitation }: { turn: Turn; onCitation: (citation: Citation) => void }) {
  const t = useAsk();
  const isUnfounded = turn.state === "done" && !turn.found;
  return (
    <Stack gap="xs" component="article">
      <Text fw={600} style={{ overflowWrap: "anywhere" }}>
        {turn.question}
      </Text>
      <Paper p="md" radius="lg">
        {isUnfounded && (
          <Alert color="yellow" variant="light" title={t("notFound")} mb={turn.text ? "xs" : 0}>
            <Text size="sm" c="var(--mantine-color-text)">
              {t("notFoundHint")}
            </Text>
          </Alert>
        )}
        <Text component="div" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
          {pieces(turn.text, turn.citations).map(({ text, citation }, at) =>
            citation ? (
              <UnstyledButton
                key={`${citation.end}`}
                c="var(--mantine-color-anchor)"
                fw={600}
                td="underline"
                aria-label={t("citation", { number: citation.number, document: citation.document_name })}
                onClick={() => onCitation(citation)}
              >
                {text}
              </UnstyledButton>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces only ever grow at the end
              <span key={at}>{text}</span>
            ),
          )}
        </Text>
        {turn.state === "streaming" && !turn.text && (
          <Text size="sm" c="dimmed" role="status">
            {t("searching")}
          </Text>
        )}
        {turn.error != null && <FailureNotice error={turn.error} />}
        <Facts turn={turn} />
      </Paper>
    </Stack>
  );
}

function Facts({ turn }: { turn: Turn }) {
  const t = useAsk();
  const uncited = turn.flags.filter(({ kind }) => kind === "uncited").length;
  const removed = turn.flags.length - uncited;
  if (turn.state === "streaming") return null;
  return (
    <Group gap="xs" mt="xs">
      {turn.state === "stopped" && <Badge variant="default">{t("stopped")}</Badge>}
      {turn.usage && (
        <Text size="xs" c="dimmed" className="tabular">
          {[turn.model, t("cost", { cost: money(turn.usage.cost_nano_usd) })].filter(Boolean).join(" · ")}
        </Text>
      )}
      {uncited > 0 && <Text size="xs">{t("uncited", { count: uncited })}</Text>}
      {removed > 0 && <Text size="xs">{t("removed", { count: removed })}</Text>}
      {turn.notes.map((note) => (
        <Text key={note} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </Group>
  );
}
