import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { copyPart } from "../../flow/fragment";
import { reach } from "../../flow/search";
import {
  addNote,
  arrange,
  duplicateSelection,
  goTo,
  groupSelection,
  openPicker,
  pasteText,
  redo,
  removeSelection,
  saveNow,
  select,
  selectAll,
  toggleDisabled,
  togglePins,
  undo,
  ungroupSelection,
} from "./commands";
import { clearRun, stopRun } from "./run/start";
import { type FlowSession, useSession } from "./session";

/** The keys of the sheet, by what they do. */
export const sheet = {
  add: ["N"],
  remove: ["Delete", "Backspace"],
  undo: ["Ctrl Z"],
  redo: ["Ctrl Shift Z", "Ctrl Y"],
  copy: ["Ctrl C"],
  cut: ["Ctrl X"],
  paste: ["Ctrl V"],
  duplicate: ["Ctrl D"],
  all: ["Ctrl A"],
  none: ["Esc"],
  disable: ["D"],
  pin: ["P"],
  rename: ["F2"],
  open: ["Enter"],
  group: ["Ctrl G"],
  ungroup: ["Ctrl Shift G"],
  note: ["Shift S"],
  arrange: ["Shift L"],
  neighbours: ["Alt ←", "Alt →"],
  upstream: ["Shift ←"],
  downstream: ["Shift →"],
  nudge: ["← ↑ → ↓"],
  search: ["Ctrl F"],
  save: ["Ctrl S"],
  run: ["Ctrl Enter"],
  publish: ["Shift P"],
  outline: ["O"],
  zoom: ["+", "−", "0", "1"],
  sheet: ["?"],
  help: ["F1"],
} as const;

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  return (
    element.isContentEditable ||
    element.closest("input, textarea, select, [role=dialog], [role=combobox], [role=menu]") !== null
  );
}

/** Chooses the node before or behind the chosen one. */
function toNeighbour(session: FlowSession, direction: "before" | "behind"): void {
  const [id] = session.ui.get().selection.nodes;
  const { edges, nodes } = session.editor.graph;
  if (!id) {
    if (nodes[0]) goTo(session, nodes[0].id);
    return;
  }
  const edge = edges.find(({ from, to }) => (direction === "before" ? to.node : from.node) === id);
  if (edge) goTo(session, direction === "before" ? edge.from.node : edge.to.node);
}

/** Keyboard and clipboard for the whole editor; text fields keep what is theirs. */
export function useShortcuts(isEditable: boolean): void {
  const session = useSession();
  const flow = useReactFlow();
  useEffect(() => {
    const { ui, editor } = session;
    const change = (deed: () => unknown) => () => isEditable && deed();
    const keys: Record<string, () => unknown> = {
      n: change(() => openPicker(session)),
      delete: change(() => removeSelection(session)),
      backspace: change(() => removeSelection(session)),
      "mod+z": change(() => undo(session)),
      "mod+shift+z": change(() => redo(session)),
      "mod+y": change(() => redo(session)),
      "mod+d": change(() => duplicateSelection(session)),
      "mod+a": () => selectAll(session),
      escape: () => select(session, {}),
      d: change(() => toggleDisabled(session)),
      p: () => session.mayRun && !session.isFrozen && togglePins(session),
      f2: change(() => {
        ui.set({ tab: "settings" });
        setTimeout(() => document.querySelector<HTMLElement>("[data-panel] input")?.focus(), 30);
      }),
      enter: () => {
        const { nodes } = ui.get().selection;
        if (nodes.length === 1) {
          setTimeout(() => document.querySelector<HTMLElement>("[data-panel] input")?.focus(), 30);
        }
      },
      "mod+g": change(() => groupSelection(session)),
      "mod+shift+g": change(() => ungroupSelection(session)),
      "shift+s": change(() => {
        const box = document.querySelector("[data-testid=canvas]")?.getBoundingClientRect();
        const middle = box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : { x: 0, y: 0 };
        addNote(session, flow.screenToFlowPosition(middle));
      }),
      "shift+l": change(() => arrange(session)),
      "alt+arrowleft": () => toNeighbour(session, "before"),
      "alt+arrowright": () => toNeighbour(session, "behind"),
      "shift+arrowleft": () => grow("upstream"),
      "shift+arrowright": () => grow("downstream"),
      "mod+f": () => ui.set({ drawer: "search" }),
      "mod+s": () => saveNow(session),
      "mod+enter": () => {
        const { status, run } = session.run.get();
        if (run && (status === "running" || status === "queued")) void stopRun(session);
        else if (session.mayRun && !session.isFrozen) ui.set({ isTesting: true });
      },
      "shift+p": () => session.mayPublish && !session.isFrozen && ui.set({ dialog: "publish" }),
      o: () => ui.set(({ mode }) => ({ mode: mode === "canvas" ? "outline" : "canvas" })),
      "+": () => flow.zoomIn(),
      "=": () => flow.zoomIn(),
      "-": () => flow.zoomOut(),
      0: () => flow.fitView({ padding: 0.2, maxZoom: 1 }),
      1: () => flow.zoomTo(1),
      "shift+?": () => ui.set({ drawer: "shortcuts" }),
      f1: () => ui.set({ drawer: "help" }),
      "?": () => ui.set({ drawer: "shortcuts" }),
      "shift+escape": () => clearRun(session),
    };
    const grow = (direction: "upstream" | "downstream") => {
      const { nodes } = ui.get().selection;
      if (nodes.length > 0) select(session, { nodes: [...reach(editor.graph, nodes, direction)] });
    };
    const onKey = (event: KeyboardEvent) => {
      const isInField = isTyping(event.target);
      const mod = event.ctrlKey || event.metaKey;
      const parts = [mod && "mod", event.altKey && "alt", event.shiftKey && "shift"].filter(Boolean);
      const name = [...parts, event.key.toLowerCase()].join("+");
      // Saving works everywhere; the rest never fires while one types.
      if (isInField && name !== "mod+s") return;
      const isOnControl = (event.target as HTMLElement).closest?.("button, a, [role=tab]") !== null;
      if (isOnControl && (name === "enter" || name.startsWith("shift+arrow"))) return;
      const deed = keys[name];
      if (!deed) return;
      event.preventDefault();
      deed();
    };
    const onCopy = (event: ClipboardEvent) => {
      if (isTyping(event.target) || window.getSelection()?.toString()) return;
      const { selection } = ui.get();
      if (selection.nodes.length + selection.notes.length === 0) return;
      event.clipboardData?.setData("text/plain", copyPart(editor.graph, selection));
      event.preventDefault();
      if (event.type === "cut" && isEditable) removeSelection(session);
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || !isEditable) return;
      if (pasteText(session, event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKey);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [session, flow, isEditable]);
}
