import { createContext, useContext, useSyncExternalStore } from "react";
import type { Draft, DraftState } from "../../flow/draft";
import type { Editor, History } from "../../flow/editor";
import type { End, Graph } from "../../flow/graph";
import type { Pins } from "../../flow/pins";
import type { PortBook } from "../../flow/ports";
import type { RunView } from "../../flow/run-state";
import { type Store, useStore } from "../../flow/store";
import type { Chat } from "./run/chat";

export interface Selection {
  nodes: string[];
  edges: string[];
  notes: string[];
  groups: string[];
}

export const nothing: Selection = { nodes: [], edges: [], notes: [], groups: [] };

/** What the picked node is connected with, and where it goes. */
export interface PickerWish {
  /** On the screen, where the list opens; absent: in the middle. */
  at?: { x: number; y: number };
  /** On the canvas, where the node goes; absent: beside the node it is connected with. */
  place?: { x: number; y: number };
  parent?: string;
  from?: End & { type: string; isInner?: boolean };
  to?: End & { type: string; isInner?: boolean };
  /** The node is put into this edge. */
  edge?: string;
}

/** An edge being drawn, for ports to show whether they take it. */
export interface Drawing {
  node: string;
  type: string;
  isSource: boolean;
  /** Nodes to which it would lead back. */
  blocked: ReadonlySet<string>;
}

export type Drawer =
  | "history"
  | "deployment"
  | "deliveries"
  | "versions"
  | "runs"
  | "problems"
  | "search"
  | "shortcuts"
  | "help";

export interface Ui {
  selection: Selection;
  mode: "canvas" | "outline";
  drawer: Drawer | undefined;
  dialog: "publish" | "variables" | undefined;
  /** The test panel is open. */
  isTesting: boolean;
  tab: string;
  picker: PickerWish | undefined;
  drawing: Drawing | undefined;
  isSnapping: boolean;
  hasMinimap: boolean;
  /** Where the canvas shall look; a new object each time. */
  look: { nodes: string[] } | undefined;
  zoom: number;
  /** Nodes are too small for their ports and texts to be drawn. */
  isFar: boolean;
}

/** Everything the parts of the editor share. */
export interface FlowSession {
  id: string;
  draft: Draft;
  editor: Editor;
  book: PortBook;
  ui: Store<Ui>;
  run: Store<RunView>;
  /** Outputs that nodes have in tests, whatever they would do. */
  pins: Store<Pins>;
  /** The conversation of the test panel. */
  chat: Store<Chat>;
  mayWrite: boolean;
  mayRun: boolean;
  mayPublish: boolean;
  /** A past run is shown: nothing can be changed. */
  isFrozen: boolean;
}

const context = createContext<FlowSession | undefined>(undefined);

export const SessionProvider = context.Provider;

export function useSession(): FlowSession {
  const session = useContext(context);
  if (!session) throw new Error("there is no flow here");
  return session;
}

export function useGraph<Part>(take: (graph: Graph) => Part): Part {
  const { editor } = useSession();
  return useSyncExternalStore(editor.subscribe, () => take(editor.graph));
}

export function useHistory(): History {
  const { editor } = useSession();
  return useSyncExternalStore(editor.subscribe, editor.getHistory);
}

export function useUi<Part>(take: (ui: Ui) => Part): Part {
  return useStore(useSession().ui, take);
}

export function useDraft<Part>(take: (state: DraftState) => Part): Part {
  return useStore(useSession().draft.state, take);
}

export function useRun<Part>(take: (view: RunView) => Part): Part {
  return useStore(useSession().run, take);
}

/** Pinned outputs by node. */
export function usePins(): Pins["outputs"] {
  return useStore(useSession().pins, ({ outputs }) => outputs);
}

/** Renders again when the back end has told ports that were asked for. */
export function usePorts(): PortBook {
  const { book } = useSession();
  useSyncExternalStore(book.subscribe, () => book.version);
  return book;
}

/** Whether the flow can be changed here. */
export function useIsEditable(): boolean {
  const { mayWrite, isFrozen } = useSession();
  return mayWrite && !isFrozen;
}
