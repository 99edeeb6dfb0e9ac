import type { AttemptRow } from "../../api/call";

/** Microseconds from the beginning of the first attempt to the end of the last one. */
export function elapsed(attempts: Pick<AttemptRow, "created_at" | "latency_us">[]): number {
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (!first || !last) return 0;
  return (Date.parse(last.created_at) - Date.parse(first.created_at)) * 1_000 + last.latency_us;
}
