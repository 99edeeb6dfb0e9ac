import { ActionIcon, Button, Checkbox, Group, Modal, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconChecklist, IconEdit, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type Case, evaluation } from "../../../api/evaluation";
import { type Column, DataTable } from "../../../components/data-table";
import { EmptyState } from "../../../components/empty-state";
import { FailureNotice } from "../../../components/failure-notice";
import { useCommon } from "../../../i18n/common";
import { useChange } from "../data";
import { useCases, useDocumentNames } from "./data";
import { useEvaluationTexts } from "./texts";

interface Props {
  collection: string;
  mayWrite: boolean;
}

/** The questions that a collection is evaluated by. */
export function Cases({ collection, mayWrite }: Props) {
  const t = useEvaluationTexts();
  const { data, error, refetch } = useCases(collection);
  const names = useDocumentNames(collection);
  const [edited, setEdited] = useState<Case>();
  const remove = useChange((id: string) => evaluation.removeCase(collection, id));
  const named = ({ expected }: Case) => {
    const name = (one: Case["expected"][number]) => {
      const name = names.get(one.document) ?? t("gone");
      return one.chunk ? t("passage", { name }) : name;
    };
    return [...new Set(expected.map(name))].join(", ");
  };
  const columns: Column<Case>[] = [
    {
      key: "question",
      title: t("question"),
      sort: ({ question }) => question.toLocaleLowerCase(),
      search: ({ question, note }) => `${question}\n${note ?? ""}`,
      cell: ({ question, note }) => (
        <Stack gap={0}>
          <Text size="sm">{question}</Text>
          {note && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </Stack>
      ),
    },
    { key: "expected", title: t("expected"), from: "sm", cell: named },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <ActionIcon
              variant="subtle"
              aria-label={t("editCaseOf", { question: row.question })}
              onClick={() => setEdited(row)}
            >
              <IconEdit size={16} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("deleteCase", { question: row.question })}
              onClick={() => remove.mutate(row.id)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ),
    },
  ];
  return (
    <Stack gap="xs" component="section">
      <Title order={2} size="h4">
        {t("cases")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("casesHint")}
      </Text>
      <DataTable
        label={t("cases")}
        name="case"
        columns={columns}
        rows={data}
        error={error}
        onRetry={() => void refetch()}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={IconChecklist} title={t("noCases")} hint={t("noCasesHint")}>
            <Button component={Link} to={`/documents/${collection}?tab=search`} variant="default">
              {t("toSearch")}
            </Button>
          </EmptyState>
        }
      />
      <Modal opened={edited !== undefined} onClose={() => setEdited(undefined)} title={t("editCase")}>
        {edited && (
          <CaseForm
            collection={collection}
            edited={edited}
            names={names}
            onDone={() => setEdited(undefined)}
          />
        )}
      </Modal>
    </Stack>
  );
}

interface FormProps {
  collection: string;
  edited: Case;
  names: Map<string, string>;
  onDone: () => void;
}

function CaseForm({ collection, edited, names, onDone }: FormProps) {
  const t = useEvaluationTexts();
  const common = useCommon();
  const [question, setQuestion] = useState(edited.question);
  const [note, setNote] = useState(edited.note ?? "");
  const [kept, setKept] = useState(edited.expected.map(() => true));
  const expected = edited.expected.filter((_, at) => kept[at]);
  const save = useChange(
    () => evaluation.saveCase(collection, edited.id, { question, note: note || null, expected }),
    onDone,
    { silent: true },
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <Textarea
          label={t("question")}
          autosize
          value={question}
          data-autofocus
          onChange={(event) => setQuestion(event.currentTarget.value)}
        />
        <Checkbox.Group
          label={t("expected")}
          value={kept.flatMap((is, at) => (is ? [String(at)] : []))}
          onChange={(chosen) => setKept(kept.map((_, at) => chosen.includes(String(at))))}
        >
          <Stack gap={6} mt={4}>
            {edited.expected.map(({ document, chunk }, at) => {
              const name = names.get(document) ?? t("gone");
              return (
                <Checkbox
                  key={`${document}${chunk ?? ""}`}
                  value={String(at)}
                  label={chunk ? t("passage", { name }) : name}
                />
              );
            })}
          </Stack>
        </Checkbox.Group>
        <Textarea
          label={t("note")}
          autosize
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {save.error && <FailureNotice error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!question.trim() || !expected.length}>
            {common("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
