import type { RunStatus } from "../api/flows";

/** What lists of runs can be narrowed to. */
export const runStatuses: RunStatus[] = ["running", "waiting", "completed", "failed", "cancelled"];

/** The colour of a run's badge. */
export function runColor(status: RunStatus): string {
  switch (status) {
    case "completed":
      return "teal";
    case "failed":
      return "red";
    case "waiting":
    case "paused":
      return "yellow";
    case "cancelled":
      return "gray";
    default:
      return "cyan";
  }
}
