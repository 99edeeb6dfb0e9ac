import { Button, Group, Text } from "@mantine/core";
import { IconPlus, IconSchema } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useState } from "react";
import { flows, nodeTypes, runs, type SavedFlow } from "../../api/flows";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { showFailure } from "../../components/toast";
import { browserJournal, Draft } from "../../flow/draft";
import type { NodeType } from "../../flow/node-type";
import { openPins } from "../../flow/pins";
import { PortBook } from "../../flow/ports";
import { noRun, viewOf } from "../../flow/run-state";
import { createStore } from "../../flow/store";
import { useMay } from "../../session/me";
import { Canvas } from "./canvas/canvas";
import { addPicked, openPicker } from "./commands";
import { ConflictDialog } from "./conflict-dialog";
import { Drawers } from "./drawers";
import classes from "./flow.module.css";
import { TypeIcon } from "./icons";
import { Outline } from "./outline";
import { Palette } from "./palette";
import { NodePanel } from "./panel/panel";
import { Picker } from "./picker";
import { newChat } from "./run/chat";
import { FrozenBar, RunBanner } from "./run/run-banner";
import { stopFollowing } from "./run/start";
import { TestPanel } from "./run/test-panel";
import {
  type FlowSession,
  nothing,
  SessionProvider,
  type Ui,
  useDraft,
  useGraph,
  useIsEditable,
  useSession,
  useUi,
} from "./session";
import { useShortcuts } from "./shortcuts";
import { StatusBar } from "./status-bar";
import { useFlow } from "./texts";
import { Toolbar } from "./toolbar";
import { Tour } from "./tour/tour";
import { VariablesDialog } from "./variables-dialog";
import { PublishDialog } from "./versions/publish-dialog";

/** The editor of one flow; with `?run=` in the address, a past run of it that cannot be changed. */
export default function FlowPage() {
  const { flow: id } = useParams({ strict: false }) as { flow: string };
  const { run, test } = useSearch({ strict: false }) as { run?: string; test?: string };
  const types = useQuery({
    queryKey: ["node-types"],
    queryFn: nodeTypes.list,
    staleTime: Number.POSITIVE_INFINITY,
  });
  // Read anew at each visit: what is edited must be what the server has.
  const flow = useQuery({
    queryKey: ["flow-draft", id],
    queryFn: () => flows.get(id),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const error = types.error ?? flow.error;
  if (error) {
    return (
      <div style={{ padding: 24, maxWidth: 640 }}>
        <FailureNotice
          error={error}
          onRetry={() => {
            void types.refetch();
            void flow.refetch();
          }}
        />
      </div>
    );
  }
  if (!types.data || !flow.data || flow.isFetching) {
    return (
      <div style={{ padding: 24 }}>
        <Pending rows={8} />
      </div>
    );
  }
  return run ? (
    <FrozenFlow key={`${id} ${run}`} flow={flow.data} types={types.data} run={run} />
  ) : (
    <OpenFlow key={id} flow={flow.data} types={types.data} isTesting={test !== undefined} />
  );
}

const firstUi: Ui = {
  selection: nothing,
  mode: "canvas",
  drawer: undefined,
  dialog: undefined,
  isTesting: false,
  tab: "settings",
  picker: undefined,
  drawing: undefined,
  isSnapping: false,
  hasMinimap: true,
  look: undefined,
  zoom: 1,
  isFar: false,
};

interface Opened {
  flow: SavedFlow;
  types: NodeType[];
}

function bookOf(types: NodeType[]): PortBook {
  return new PortBook(new Map(types.map((type) => [type.type, type])), nodeTypes.ports);
}

function OpenFlow({ flow, types, isTesting }: Opened & { isTesting: boolean }) {
  const may = useMay();
  const [session] = useState((): FlowSession => {
    const draft = new Draft({
      flow,
      journal: browserJournal(flow.id),
      save: (revision, graph) => flows.save(flow.id, { revision, graph }),
    });
    return {
      id: flow.id,
      draft,
      editor: draft.editor,
      book: bookOf(types),
      ui: createStore<Ui>({ ...firstUi, isTesting, hasMinimap: window.innerWidth > 900 }),
      run: createStore(noRun),
      chat: createStore(newChat()),
      pins: openPins(flow.id, {
        keeper: {
          load: () => flows.pins(flow.id),
          put: (node, output) => flows.putPin(flow.id, node, output),
          remove: (node) => flows.removePin(flow.id, node),
        },
        mayWrite: may("projects:write"),
        onRefused: showFailure,
      }),
      mayWrite: may("projects:write"),
      mayRun: may("flows:run"),
      mayPublish: may("flows:publish"),
      isFrozen: false,
    };
  });
  useEffect(() => {
    const { draft } = session;
    const leave = () => draft.note();
    const back = () => void draft.flush();
    window.addEventListener("pagehide", leave);
    window.addEventListener("online", back);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("online", back);
      stopFollowing();
      // What is not saved yet is sent on the way out.
      void draft.flush();
    };
  }, [session]);
  return <EditorFrame session={session} />;
}

/** The graph that a run had, and what its nodes did. */
function FrozenFlow({ flow, types, run }: Opened & { run: string }) {
  const execution = useQuery({
    queryKey: ["run", run],
    queryFn: async () => {
      const found = await runs.get(run);
      const version = found.version === null ? undefined : await flows.version(flow.id, found.version);
      return { found, graph: version?.graph ?? flow.graph };
    },
  });
  if (execution.error) return <FailureNotice error={execution.error} />;
  if (!execution.data) return <Pending rows={8} />;
  return <Frozen flow={flow} types={types} data={execution.data} />;
}

type FrozenData = {
  found: Parameters<typeof viewOf>[0];
  graph: SavedFlow["graph"];
};

const noJournal = { read: () => undefined, write: () => undefined, clear: () => undefined };

function Frozen({ flow, types, data }: Opened & { data: FrozenData }) {
  const [session] = useState((): FlowSession => {
    const draft = new Draft({
      flow: { ...flow, graph: data.graph, report: { is_valid: true, problems: [] } },
      journal: noJournal,
      save: () => Promise.reject(new Error("a past run cannot be changed")),
    });
    return {
      id: flow.id,
      draft,
      editor: draft.editor,
      book: bookOf(types),
      ui: createStore<Ui>({ ...firstUi, tab: "result", hasMinimap: window.innerWidth > 900 }),
      run: createStore(viewOf(data.found)),
      chat: createStore(newChat()),
      pins: createStore({ outputs: {} }),
      mayWrite: false,
      mayRun: false,
      mayPublish: false,
      isFrozen: true,
    };
  });
  return <EditorFrame session={session} />;
}

function EditorFrame({ session }: { session: FlowSession }) {
  return (
    <SessionProvider value={session}>
      <ReactFlowProvider>
        <Layout />
      </ReactFlowProvider>
    </SessionProvider>
  );
}

function Layout() {
  const t = useFlow();
  const isEditable = useIsEditable();
  const mode = useUi((ui) => ui.mode);
  const isTesting = useUi((ui) => ui.isTesting);
  const name = useDraft((state) => state.flow.name);
  const chosen = useUi((ui) => (ui.selection.nodes.length === 1 ? ui.selection.nodes[0] : undefined));
  useShortcuts(isEditable);
  useEffect(() => {
    // Fields with expressions and code need it soon; the page is drawn before.
    void import("./form/code/editor");
  }, []);
  return (
    <div className={classes.page}>
      <title>{`${name} · NoCode AI Builder`}</title>
      <h1 className="visually-hidden" style={{ position: "absolute", clipPath: "inset(50%)" }}>
        {name}
      </h1>
      <Toolbar />
      <FrozenBar />
      <div className={classes.middle}>
        {isEditable && (
          <div className={classes.left} data-tour="palette">
            <Palette />
          </div>
        )}
        <div className={classes.centre}>
          <div className={classes.stage} data-tour="canvas">
            {mode === "canvas" ? <Canvas /> : <Outline />}
            {mode === "canvas" && <EmptyCanvas />}
            <RunBanner />
            <Tour />
          </div>
          {isTesting && <TestPanel />}
        </div>
        {chosen && (
          <div className={classes.right} data-panel data-tour="panel">
            <NodePanel id={chosen} />
          </div>
        )}
      </div>
      <StatusBar />
      <Picker />
      <Drawers />
      <PublishDialog />
      <VariablesDialog />
      <ConflictDialog />
      <Text className="visually-hidden" role="note" style={{ position: "absolute", clipPath: "inset(50%)" }}>
        {t("a11y.editor")}
      </Text>
    </div>
  );
}

function EmptyCanvas() {
  const t = useFlow();
  const session = useSession();
  const isEditable = useIsEditable();
  const navigate = useNavigate();
  const project = useDraft(({ flow }) => flow.project_id);
  const isEmpty = useGraph((graph) => graph.nodes.length + graph.notes.length === 0);
  if (!isEmpty || !isEditable) return null;
  return (
    <div className={classes.empty}>
      <EmptyState icon={IconSchema} title={t("empty.title")} hint={t("empty.hint")}>
        <FirstTriggers />
        <Group gap="xs" justify="center">
          <Button leftSection={<IconPlus size={15} />} onClick={() => openPicker(session)}>
            {t("empty.add")}
          </Button>
          <Button
            variant="default"
            onClick={() => void navigate({ to: "/templates", search: { project } } as never)}
          >
            {t("empty.template")}
          </Button>
        </Group>
      </EmptyState>
    </div>
  );
}

/** What flows begin with, one click each. */
function FirstTriggers() {
  const session = useSession();
  const triggers = [...session.book.types.values()].filter(({ role }) => role === "trigger");
  return (
    <Group gap={6} justify="center" mb="xs">
      {triggers.map((type) => (
        <Button
          key={type.type}
          size="compact-sm"
          variant="light"
          title={type.summary}
          leftSection={<TypeIcon name={type.icon} size={14} />}
          onClick={() => addPicked(session, type, {})}
        >
          {type.title}
        </Button>
      ))}
    </Group>
  );
}
