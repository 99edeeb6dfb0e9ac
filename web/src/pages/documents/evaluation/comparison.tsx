import { Anchor, Badge, Group, Paper, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CaseResult, Evaluation } from "../../../api/evaluation";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { compared, rankOf, useEvaluation } from "./data";
import { useEvaluationTexts } from "./texts";

interface Props {
  collection: string;
  /** One or two. */
  runs: Evaluation[];
}

/** What each question found, of one evaluation or of two side by side. */
export function Comparison({ collection, runs }: Props) {
  const t = useEvaluationTexts();
  const first = useEvaluation(collection, runs[0]);
  const second = useEvaluation(collection, runs[1]);
  const [open, setOpen] = useState<string>();
  const error = first.error ?? second.error;
  if (error) return <FailureNotice error={error} />;
  const loaded = [first.data, ...(runs[1] ? [second.data] : [])];
  if (loaded.some((one) => !one)) return <Pending rows={3} />;
  const rows = compared(loaded.map((one) => one?.results ?? []));
  return (
    <Paper radius="lg" p="md">
      <Table.ScrollContainer minWidth={420}>
        <Table verticalSpacing="xs" aria-label={t("comparison")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("question")}</Table.Th>
              {runs.map(({ id, name }) => (
                <Table.Th key={id}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td>
                  <UnstyledButton
                    aria-expanded={open === row.id}
                    onClick={() => setOpen(open === row.id ? undefined : row.id)}
                  >
                    <Text size="sm" td="underline">
                      {row.question}
                    </Text>
                  </UnstyledButton>
                </Table.Td>
                {row.results.map((result, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the columns are those of the evaluations
                  <Table.Td key={at} style={{ verticalAlign: "top" }}>
                    <Group gap={6}>
                      <Rank result={result} />
                      {at === 1 && <Change change={row.change} />}
                    </Group>
                    {open === row.id && result && <Found collection={collection} result={result} />}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function Rank({ result }: { result: CaseResult | undefined }) {
  const t = useEvaluationTexts();
  const rank = rankOf(result);
  if (!result) return <Text size="sm">–</Text>;
  if (!result.metrics) {
    return (
      <Text size="sm" c="red">
        {t("notAsked")}
      </Text>
    );
  }
  return <Text size="sm">{rank ? t("rank", { rank }) : t("notFound")}</Text>;
}

function Change({ change }: { change: number }) {
  const t = useEvaluationTexts();
  if (change === 0) return null;
  return (
    <Badge variant="light" color={change > 0 ? "petrol" : "red"}>
      {change > 0 ? t("better") : t("worse")}
    </Badge>
  );
}

/** What a question found, the right results marked, and its answer. */
function Found({ collection, result }: { collection: string; result: CaseResult }) {
  const t = useEvaluationTexts();
  const { hits, answer, error } = result;
  return (
    <Stack gap={6} mt={6} role="group" aria-label={t("details", { question: result.question })}>
      {error && <Text size="xs">{error}</Text>}
      {!error && hits.length === 0 && <Text size="xs">{t("nothing")}</Text>}
      {hits.map((hit) => (
        <Group key={hit.chunk} gap={4} wrap="nowrap" align="center">
          {hit.expected ? (
            <IconCheck size={14} color="var(--mantine-color-petrol-6)" role="img" aria-label={t("right")} />
          ) : (
            <span style={{ width: 14, flex: "none" }} />
          )}
          <Anchor component={Link} to={`/documents/${collection}/${hit.document}`} size="xs">
            {hit.document_name}
          </Anchor>
          <Text size="xs" c="dimmed" className="tabular">
            {hit.score.toFixed(2)}
          </Text>
        </Group>
      ))}
      {answer && (
        <>
          <Text size="xs" style={{ whiteSpace: "pre-wrap" }} lineClamp={8}>
            {answer.found ? answer.text : t("notInDocuments")}
          </Text>
          {answer.citations > 0 && (
            <Text size="xs" c="dimmed">
              {t("citations", { right: answer.expected_citations, all: answer.citations })}
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}
