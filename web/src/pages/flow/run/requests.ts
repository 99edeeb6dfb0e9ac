import type { AttemptRow } from "../../../api/call";
import { api, body } from "../../../api/client";
import type { NodeRun, Run } from "../../../api/flows";

/** Gateway requests that a node made in a run, the first first; attempts of one request are one. */
export async function requestsOf(run: Run, step: NodeRun): Promise<AttemptRow[]> {
  const minute = 60_000;
  const query = {
    from: new Date(Date.parse(step.started_at) - minute).toISOString(),
    to: new Date((step.ended_at ? Date.parse(step.ended_at) : Date.now()) + minute).toISOString(),
    tag: [`node:${step.node}`],
    caller: ["flow"],
    limit: 200,
  };
  const { data } = await body(api.GET("/api/v1/usage/requests", { params: { query } }));
  const seen = new Set<string>();
  const own = data.filter(({ run_id }) => run_id === run.id).reverse();
  return own.filter(({ request_id }) => !seen.has(request_id) && seen.add(request_id));
}
