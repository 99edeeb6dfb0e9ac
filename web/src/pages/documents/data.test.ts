import { expect, test } from "vitest";
import type { JobView } from "../../api/collections";
import { isOver, withJob } from "./data";

const job = (id: string, updated_at: string, state = "running") => ({ id, updated_at, state }) as JobView;

test("a new job stands in front", () => {
  const jobs = withJob([job("a", "1")], job("b", "2"));
  expect(jobs.map(({ id }) => id)).toEqual(["b", "a"]);
});

test("a job goes on in its place, and never back", () => {
  const jobs = withJob([job("b", "2"), job("a", "1")], job("a", "3", "done"));
  expect(jobs.map(({ id, state }) => [id, state])).toEqual([
    ["b", "running"],
    ["a", "done"],
  ]);
  expect(withJob(jobs, job("a", "2"))[1]?.state).toBe("done");
});

test("a job that waits or runs is not over", () => {
  expect(
    ["queued", "running", "done", "failed", "cancelled"].map((state) => isOver(job("a", "1", state))),
  ).toEqual([false, false, true, true, true]);
});
