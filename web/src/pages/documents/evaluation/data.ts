import { useQuery, useQueryClient } from "@tanstack/react-query";
import { documents } from "../../../api/collections";
import {
  type CaseResult,
  type Evaluation,
  type EvaluationSettings,
  evaluation,
} from "../../../api/evaluation";
import { useCursorList } from "../../../components/cursor-list";

export function useCases(id: string) {
  return useQuery({ queryKey: ["cases", id], queryFn: () => evaluation.cases(id) });
}

/** The evaluations of a collection; read again while one is under way. */
export function useEvaluations(id: string) {
  const client = useQueryClient();
  const list = useCursorList(["evaluations", id], (cursor) => evaluation.runs(id, cursor));
  const isBusy = list.rows?.some(isUnderWay) ?? false;
  useQuery({
    queryKey: ["evaluations-tick", id],
    enabled: isBusy,
    refetchInterval: 1_000,
    queryFn: async () => {
      await client.invalidateQueries({ queryKey: ["evaluations", id] });
      return Date.now();
    },
  });
  return list;
}

export function useEvaluation(id: string, run: Evaluation | undefined) {
  return useQuery({
    // What it has found changes with its numbers.
    queryKey: ["evaluation", id, run?.id, run?.state, run?.metrics.cases],
    enabled: run !== undefined,
    queryFn: () => evaluation.run(id, run?.id ?? ""),
    placeholderData: (before) => before,
  });
}

/** Names of documents by their ids; absent ones are gone or beyond the first hundred. */
export function useDocumentNames(id: string): Map<string, string> {
  const { data } = useQuery({
    queryKey: ["document-names", id],
    queryFn: async () => (await documents.list(id)).data,
  });
  return new Map(data?.map((document) => [document.id, document.name]));
}

export function isUnderWay({ state }: Evaluation): boolean {
  return state === "queued" || state === "running";
}

/** The place of the first right result, from 1; absent when there is none. */
export function rankOf(result: CaseResult | undefined): number | undefined {
  const at = result?.hits.findIndex(({ expected }) => expected) ?? -1;
  return at < 0 ? undefined : at + 1;
}

export interface Compared {
  id: string;
  question: string;
  results: (CaseResult | undefined)[];
  /** How the second compares with the first: above 0 is better. */
  change: number;
}

/** The questions of one or two evaluations, those that changed most first. */
export function compared(evaluations: CaseResult[][]): Compared[] {
  const ids = [...new Set(evaluations.flatMap((results) => results.map((result) => result.case)))];
  const rows = ids.map((id): Compared => {
    const results = evaluations.map((one) => one.find((result) => result.case === id));
    const [first, second] = results.map((result) => result?.metrics?.ndcg);
    const change = first == null || second == null ? 0 : second - first;
    const question = results.find(Boolean)?.question ?? "";
    return { id, question, results, change };
  });
  return rows.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

export interface Choice {
  mode: "hybrid" | "text" | "dense";
  limit: number | "";
  text_weight: number | "";
  embedding_weight: number | "";
  diversity: number | "";
  rewrite: "none" | "rewrite" | "multi_query" | "hyde";
  rewriteModel: string;
  rerank: string;
  answers: boolean;
  answerModel: string;
}

export const firstChoice: Choice = {
  mode: "hybrid",
  limit: 10,
  text_weight: "",
  embedding_weight: "",
  diversity: "",
  rewrite: "none",
  rewriteModel: "",
  rerank: "",
  answers: false,
  answerModel: "",
};

/** What is sent: only what differs from the collection's own settings. */
export function settingsOf(choice: Choice): EvaluationSettings {
  const number = (value: number | "") => (value === "" ? undefined : value);
  const { mode, rewrite, rewriteModel, rerank } = choice;
  return {
    search: {
      mode,
      limit: number(choice.limit),
      text_weight: number(choice.text_weight),
      embedding_weight: number(choice.embedding_weight),
      diversity: number(choice.diversity),
      rewrite: rewrite === "none" || !rewriteModel ? undefined : { kind: rewrite, model: rewriteModel },
      rerank: rerank ? { model: rerank } : undefined,
    },
    answer: choice.answers ? { mode, model: choice.answerModel || undefined } : undefined,
  };
}
