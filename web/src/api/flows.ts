/** Projects, flows and their runs, as `/api/v1` gives them. */
import type { StoredFile } from "../flow/files";
import type { Json, Settings, StoredGraph, Variable } from "../flow/graph";
import type { NodeType, Ports } from "../flow/node-type";
import type { Time } from "../i18n/format";
import { sessionFetch } from "../session/fetch";
import { Failure } from "./failure";

export interface Project {
  id: string;
  name: string;
  description: string;
  is_archived: boolean;
  created_at: Time;
  updated_at: Time;
}

export interface FlowSummary {
  id: string;
  project_id: string;
  name: string;
  slug: string;
  description: string;
  is_active: boolean;
  is_archived: boolean;
  node_count: number;
  revision: number;
  /** 0: never published. */
  published_revision: number;
  live_version: number | null;
  latest_version: number;
  created_at: Time;
  updated_at: Time;
}

export interface Problem {
  code: string;
  severity: "error" | "warning";
  message: string;
  node?: string;
  edge?: string;
  port?: string;
  field?: string;
  line?: number;
  column?: number;
  related?: string[];
}

export interface Report {
  is_valid: boolean;
  problems: Problem[];
}

export interface SavedFlow extends FlowSummary {
  graph: StoredGraph;
  report: Report;
}

export interface Version {
  id: string;
  number: number;
  notes: string;
  created_by: string | null;
  created_at: Time;
}

export interface FieldChange {
  path: string;
  /** Absent: nothing was there. */
  from?: Json;
  to?: Json;
}

export interface Changes {
  added: string[];
  removed: string[];
  changed: { id: string; changes: FieldChange[] }[];
}

/** Something a flow may touch; which of the other fields names it follows the kind. */
export interface Capability {
  kind: string;
  name?: string;
  host?: string;
  channel?: string;
  language?: string;
}

/** `is_new`: the version so far may not touch it. */
export type FlowPermission = Capability & { is_new: boolean };

export interface Difference {
  is_same: boolean;
  nodes: Changes;
  edges: Changes;
  variables: Changes;
  project_variables: Changes;
  secrets: Changes;
  notes: Changes;
  capabilities_added: Capability[];
  capabilities_removed: Capability[];
  layout_changed: boolean;
}

/** Its value is never read back. */
export interface Secret {
  name: string;
  description: string;
  updated_at: Time;
}

export interface Requires {
  credentials: string[];
  collections: string[];
  secrets: string[];
  workflows: string[];
}

export interface ImportReport {
  dry_run: boolean;
  workflows: { id: string | null; from: string; slug: string; name: string; report: Report }[];
  variables_added: string[];
  variables_kept: string[];
  missing: Requires;
}

export type RunStatus = "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";

export interface Run {
  id: string;
  project_id: string;
  workflow_id: string;
  version: number | null;
  trigger: string;
  status: RunStatus;
  input: Json;
  output: Json;
  error: ({ message?: string; node?: string } & Record<string, Json>) | null;
  parent_run_id: string | null;
  forked_from: string | null;
  steps: number;
  tokens: number;
  nano_usd: number;
  duration_us: number;
  seq: number;
  created_at: Time;
  started_at: Time | null;
  ended_at: Time | null;
}

export interface NodeFailure {
  kind: string;
  message: string;
  field?: string;
  line?: number;
  column?: number;
  retryable?: boolean;
  details?: Json;
}

export interface LogLine {
  at: Time;
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields?: Json;
}

export interface Approval {
  message: string;
  form?: Settings | null;
  buttons: { id: string; label: string; look?: "default" | "primary" | "danger" }[];
  assignees: string[];
  until?: Time | null;
}

export type Wait =
  | ({ for: "approval" } & Approval)
  | { for: "timer"; until: Time }
  | { for: "event"; key: string; until?: Time | null };

export interface NodeRun {
  node: string;
  iteration: string;
  status: "done" | "failed" | "waiting" | "calling" | "contained";
  seq: number;
  attempts: number;
  input: Settings;
  output: Settings;
  error: NodeFailure | null;
  wait: Wait | null;
  called_run_id: string | null;
  logs: LogLine[];
  tokens: number;
  nano_usd: number;
  started_at: Time;
  ended_at: Time | null;
}

export interface Execution extends Run {
  node_runs: NodeRun[];
}

export interface PendingApproval {
  execution_id: string;
  workflow_id: string;
  node: string;
  iteration: string;
  approval: Approval;
  asked_at: Time;
}

export interface ListPage<Row> {
  data: Row[];
  next_cursor?: string | null;
}

export interface RunOptions {
  pins?: Record<string, Settings>;
  inputs?: Record<string, Settings>;
  target?: string;
  is_alone?: boolean;
  trigger_node?: string;
}

type Query = Record<string, string | number | boolean | undefined>;

/** One call of the API; anything but success is thrown as a {@link Failure}. */
export async function call<T>(
  method: string,
  path: string,
  content?: unknown,
  query: Query = {},
): Promise<T> {
  const url = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  const response = await sessionFetch(url, {
    method,
    ...(content === undefined
      ? {}
      : { body: JSON.stringify(content), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  let answer: unknown;
  try {
    answer = text === "" ? undefined : JSON.parse(text);
  } catch {
    answer = undefined;
  }
  if (!response.ok) throw Failure.from(response, answer);
  return answer as T;
}

const list =
  <Row>(path: string) =>
  (query: Query) =>
    call<ListPage<Row>>("GET", path, undefined, query);

export const projects = {
  list: list<Project>("/projects"),
  get: (id: string) => call<Project>("GET", `/projects/${id}`),
  create: (wanted: { name: string; description?: string }) => call<Project>("POST", "/projects", wanted),
  update: (id: string, change: { name?: string; description?: string }) =>
    call<Project>("PUT", `/projects/${id}`, change),
  remove: (id: string) => call<void>("DELETE", `/projects/${id}`),
  duplicate: (id: string, name?: string) =>
    call<{ project: Project; import: ImportReport }>("POST", `/projects/${id}/duplicate`, { name }),
  archive: (id: string, is: boolean) =>
    call<Project>("POST", `/projects/${id}/${is ? "archive" : "unarchive"}`),
  export: (id: string) => call<unknown>("POST", `/projects/${id}/export`),
  import: (id: string, wanted: { document?: unknown; yaml?: string; dry_run?: boolean; mapping?: unknown }) =>
    call<ImportReport>("POST", `/projects/${id}/import`, wanted),
  variables: (id: string) => call<Variable[]>("GET", `/projects/${id}/variables`),
  putVariable: (id: string, { name, ...variable }: Variable) =>
    call<Variable>("PUT", `/projects/${id}/variables/${name}`, variable),
  removeVariable: (id: string, name: string) => call<void>("DELETE", `/projects/${id}/variables/${name}`),
  putSecret: (id: string, name: string, secret: { value: string; description?: string }) =>
    call<Secret>("PUT", `/projects/${id}/secrets/${name}`, secret),
  removeSecret: (id: string, name: string) => call<void>("DELETE", `/projects/${id}/secrets/${name}`),
  secrets: (id: string) => call<Secret[]>("GET", `/projects/${id}/secrets`),
  values: (id: string) => list<StoredValue>(`/projects/${id}/values`),
  removeValue: (id: string, key: string) =>
    call<void>("DELETE", `/projects/${id}/values/${encodeURIComponent(key)}`),
};

/** A value that flows keep between their runs. */
export interface StoredValue {
  id: string;
  key: string;
  value: Json;
  /** `null`: it is never forgotten. */
  expires_at: string | null;
  updated_at: string;
}

/** Where a flow can be called. */
export interface Deployment {
  slug: string;
  /** `null`: it was never published. */
  version: number | null;
  is_active: boolean;
  /** Its name in `/v1/chat/completions`. */
  model: string | null;
  endpoint: { path: string; input_schema: InputSchema } | null;
  /** As a tool of MCP clients. */
  tool: FlowTool | null;
  webhook?: { path: string; methods: string[]; auth: string } | null;
  schedules: DeployedSchedule[];
  /** Its pages for people. */
  pages: FlowPage[];
}

/** How a flow is offered as a tool of MCP clients. */
export interface FlowTool {
  is_on: boolean;
  name: string;
  /** What clients connect to. */
  path: string;
  /** Empty: the flow's own. */
  description: string;
  timeout_ms: number;
}

export type PutTool = Pick<FlowTool, "is_on" | "description" | "timeout_ms">;

export type PageAccess = "public" | "members" | "password";

/** How a page looks, and how much it may be used. */
export interface PageSettings {
  title: string;
  /** Such as `#0a6a5d`; empty: the product's. */
  color: string;
  /** A `data:` address; empty: none. */
  logo: string;
  allowed_origins: string[];
  visitor_per_minute: number;
  page_per_hour: number;
  max_message_chars: number;
}

/** A chat page or a form of a published flow. */
export interface FlowPage {
  kind: "chat" | "form";
  is_on: boolean;
  access: PageAccess;
  has_password: boolean;
  /** `null`: it was never on. */
  path: string | null;
  settings: PageSettings;
}

/** How a page shall be. */
export interface PutPage {
  is_on: boolean;
  access: PageAccess;
  settings: PageSettings;
  password?: string;
  new_address?: boolean;
}

export type DeliveryStatus = "received" | "claimed" | "done" | "failed" | "refused" | "duplicate";

/** A request that came to a flow's webhook. */
export interface Delivery {
  id: string;
  node_id: string;
  received_at: Time;
  method: string;
  query: string;
  client_address: string | null;
  status: DeliveryStatus;
  dedupe_key: string | null;
  /** The run it began; of a duplicate, the run of the first. */
  run_id: string | null;
  /** The delivery whose request was sent again. */
  replay_of: string | null;
  response_status: number | null;
  error: string | null;
  body_bytes: number;
}

/** When a flow begins runs by itself. */
export interface DeployedSchedule {
  node_id: string;
  /** Lines of cron. */
  times: string[];
  timezone: string;
  missed: "skip" | "once" | "all";
  /** The next five times. */
  next: string[];
  /** The last time that came; `error`: why it began no run. */
  last: { scheduled_at: string; run_id: string | null; error: string | null } | null;
}

/** JSON Schema of what a flow is given. */
export interface InputSchema {
  properties: Record<string, { type?: string; default?: Json; enum?: string[] }>;
  required: string[];
}

export const flows = {
  list: list<FlowSummary>("/workflows"),
  get: (id: string) => call<SavedFlow>("GET", `/workflows/${id}`),
  create: (wanted: { project_id: string; name: string; graph?: StoredGraph }) =>
    call<SavedFlow>("POST", "/workflows", wanted),
  save: (
    id: string,
    change: {
      revision: number;
      name?: string;
      description?: string;
      is_active?: boolean;
      is_archived?: boolean;
      graph?: StoredGraph;
    },
  ) => call<SavedFlow>("PUT", `/workflows/${id}`, change),
  remove: (id: string) => call<void>("DELETE", `/workflows/${id}`),
  duplicate: (id: string) => call<SavedFlow>("POST", `/workflows/${id}/duplicate`, {}),
  validate: (id: string, graph: StoredGraph) => call<Report>("POST", `/workflows/${id}/validate`, { graph }),
  permissions: (id: string) => call<FlowPermission[]>("GET", `/workflows/${id}/permissions`),
  pins: async (id: string) =>
    (await call<{ pins: Record<string, Settings> }>("GET", `/workflows/${id}/pins`)).pins,
  putPin: (id: string, node: string, outputs: Settings) =>
    call<void>("PUT", `/workflows/${id}/pins/${node}`, { outputs }),
  removePin: (id: string, node: string) => call<void>("DELETE", `/workflows/${id}/pins/${node}`),
  publish: (id: string, wanted: { revision: number; notes: string; accept_permissions: boolean }) =>
    call<Version>("POST", `/workflows/${id}/publish`, wanted),
  unpublish: (id: string) => call<FlowSummary>("POST", `/workflows/${id}/unpublish`),
  rollback: (id: string, version: number) =>
    call<FlowSummary>("POST", `/workflows/${id}/rollback`, { version }),
  deployment: (id: string) => call<Deployment>("GET", `/workflows/${id}/deployment`),
  putPage: (id: string, kind: FlowPage["kind"], wanted: PutPage) =>
    call<FlowPage>("PUT", `/workflows/${id}/pages/${kind}`, wanted),
  putTool: (id: string, wanted: PutTool) => call<FlowTool>("PUT", `/workflows/${id}/tool`, wanted),
  deliveries: (id: string, query: Query) => list<Delivery>(`/workflows/${id}/deliveries`)(query),
  replay: (id: string, delivery: string) =>
    call<{ delivery_id: string; run_id: string }>("POST", `/workflows/${id}/deliveries/${delivery}/replay`),
  versions: (id: string) => call<ListPage<Version>>("GET", `/workflows/${id}/versions`),
  version: (id: string, number: number) =>
    call<Version & { graph: StoredGraph }>("GET", `/workflows/${id}/versions/${number}`),
  restore: (id: string, number: number, revision: number) =>
    call<SavedFlow>("POST", `/workflows/${id}/versions/${number}/restore`, { revision }),
  diff: (id: string, from: string, to: string) =>
    call<Difference>("GET", `/workflows/${id}/diff`, undefined, { from, to }),
};

/** The coming times of lines of cron; a wrong line is refused with the reason. */
export const previewSchedule = (times: string[], timezone: string) =>
  call<{ next: Time[] }>("POST", "/schedules/preview", { times, timezone });

export const nodeTypes = {
  list: () => call<NodeType[]>("GET", "/node-types"),
  ports: (type: string, settings: Settings) =>
    call<Ports>("POST", `/node-types/${encodeURIComponent(type)}/ports`, { settings }),
};

export interface Preview {
  value: Json;
  type: string;
  error: { message: string; line?: number; column?: number } | null;
  why_empty: { message: string; node?: string; is_missing: boolean }[];
}

export const previewExpression = (text: string, scope: Record<string, Json>) =>
  call<Preview>("POST", "/expressions/preview", { text, scope });

/** Where a file of a run is read. */
export function runFile(run: string, file: string): string {
  return `/api/v1/executions/${run}/files/${encodeURIComponent(file)}`;
}

export const runs = {
  list: list<Run>("/executions"),
  get: (id: string) => call<Execution>("GET", `/executions/${id}`),
  start: (flow: string, wanted: { input: Json; draft: boolean; version?: number; options?: RunOptions }) =>
    call<Run>("POST", `/workflows/${flow}/execute`, { ...wanted, mode: "async" }),
  act: (id: string, deed: "stop" | "pause" | "resume" | "retry") =>
    call<Run>("POST", `/executions/${id}/${deed}`),
  fork: (id: string, node: string, input?: Settings) =>
    call<Run>("POST", `/executions/${id}/fork`, input ? { node, input } : { node }),
  /** Keeps a file for the input of a run. */
  upload: async (flow: string, file: File): Promise<StoredFile> => {
    const url = new URL(`/api/v1/workflows/${flow}/files`, location.origin);
    url.searchParams.set("name", file.name);
    const type = file.type || "application/octet-stream";
    const response = await sessionFetch(url, {
      method: "POST",
      body: file,
      headers: { "content-type": type },
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw Failure.from(response, answer);
    return answer as StoredFile;
  },
  approvals: () => call<PendingApproval[]>("GET", "/approvals"),
  answer: (id: string, answer: { node: string; iteration: string; button: string; fields: Settings }) =>
    call<{ is_accepted: boolean }>("POST", `/executions/${id}/answer`, answer),
};
