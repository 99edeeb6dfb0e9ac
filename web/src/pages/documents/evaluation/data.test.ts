import { describe, expect, it } from "vitest";
import type { CaseResult } from "../../../api/evaluation";
import { compared, firstChoice, rankOf, settingsOf } from "./data";

const result = (id: string, ndcg: number | null, ...expected: boolean[]): CaseResult => ({
  case: id,
  question: `${id}?`,
  metrics: ndcg === null ? null : { recall: 1, reciprocal_rank: 1, ndcg },
  hits: expected.map((expected, at) => ({
    document: "d",
    document_name: "d.md",
    chunk: `c${at}`,
    score: 1,
    expected,
  })),
  search_us: 1,
  cost_nano_usd: 0,
});

describe("rankOf", () => {
  it("counts from one and knows none", () => {
    expect(rankOf(result("a", 1, false, true, true))).toBe(2);
    expect(rankOf(result("a", 0, false))).toBeUndefined();
    expect(rankOf(undefined)).toBeUndefined();
  });
});

describe("compared", () => {
  it("puts what changed most first and keeps questions that only one has", () => {
    const first = [result("same", 0.5), result("worse", 1), result("only", 1)];
    const second = [result("same", 0.5), result("worse", 0.2), result("failed", null)];
    const rows = compared([first, second]);
    expect(rows[0]).toMatchObject({ id: "worse", question: "worse?" });
    expect(rows[0]?.change).toBeCloseTo(-0.8);
    expect(rows.map(({ id }) => id).sort()).toEqual(["failed", "only", "same", "worse"]);
    expect(rows.find(({ id }) => id === "only")?.results).toHaveLength(2);
    expect(rows.find(({ id }) => id === "failed")?.change).toBe(0);
  });
});

describe("settingsOf", () => {
  it("leaves out what was not chosen", () => {
    const plain = JSON.parse(JSON.stringify(settingsOf(firstChoice)));
    expect(plain).toEqual({ search: { mode: "hybrid", limit: 10 } });
  });

  it("asks for no change of the question without a model", () => {
    expect(settingsOf({ ...firstChoice, rewrite: "hyde" }).search?.rewrite).toBeUndefined();
    const chosen = settingsOf({ ...firstChoice, rewrite: "hyde", rewriteModel: "m", diversity: 0 });
    expect(chosen.search?.rewrite).toEqual({ kind: "hyde", model: "m" });
    expect(chosen.search?.diversity).toBe(0);
  });

  it("answers with the mode of the search", () => {
    expect(settingsOf({ ...firstChoice, mode: "text", answers: true }).answer).toEqual({ mode: "text" });
  });
});
