import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  type FinalConnectionState,
  MiniMap,
  type Node,
  type NodeChange,
  type OnConnectStartParams,
  ReactFlow,
  useReactFlow,
  type Viewport,
  ViewportPortal,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import "../../../flow/ports.css";
import { nodeOf, type Places } from "../../../flow/graph";
import { move, setParent } from "../../../flow/operations";
import { judgeConnection } from "../../../flow/ports";
import { reach } from "../../../flow/search";
import { absolutePlace, addPicked, connect, select } from "../commands";
import { useGraph, useIsEditable, usePorts, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";
import { ContainerNode } from "./container-node";
import { drawEdges, drawNodes } from "./drawn";
import { FlowEdgeView } from "./flow-edge";
import { GroupNode, groupId } from "./group-node";
import { align } from "./guides";
import { NodeCard } from "./node-card";
import { NoteNode, noteId } from "./note-node";
import { portOfHandle } from "./port-handle";
import { farZoom, manyNodes, sizeOf } from "./sizes";

const nodeTypes = { card: NodeCard, container: ContainerNode, note: NoteNode, "group-frame": GroupNode };
const edgeTypes = { flow: FlowEdgeView };
/** What is dragged out of the palette says its type under this name. */
export const dragFormat = "application/x-flow-node";
/** A view of the first node, or of the one at the top left where nothing begins. */
function beginning(nodes: Node[]): Viewport {
  const zoom = 0.75;
  const outer = nodes.filter((node) => !node.parentId && !node.hidden);
  const [first] = outer.sort((a, b) => a.position.y - b.position.y || a.position.x - b.position.x);
  const { x, y } = first?.position ?? { x: 0, y: 0 };
  return { x: 60 - x * zoom, y: 60 - y * zoom, zoom };
}

/** The flow as a drawing that can be changed. */
export function Canvas() {
  const session = useSession();
  const { editor, ui, book } = session;
  const t = useFlow();
  const flow = useReactFlow();
  const graph = useGraph((state) => state);
  const { version } = usePorts();
  const isEditable = useIsEditable();
  const selection = useUi((state) => state.selection);
  const isSnapping = useUi((state) => state.isSnapping);
  const hasMinimap = useUi((state) => state.hasMinimap);
  const look = useUi((state) => state.look);
  const isTesting = useUi((state) => state.isTesting);
  const [nodes, setNodes] = useState<Node[]>(() => drawNodes(session, selection, [], isEditable));
  const [guides, setGuides] = useState<{ vertical?: number; horizontal?: number }>({});
  const shown = useRef(nodes);
  shown.current = nodes;

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn follows the graph
  useLayoutEffect(() => {
    setNodes((before) => drawNodes(session, selection, before, isEditable));
  }, [graph, selection, session, isEditable, version]);
  const isLarge = nodes.length > manyNodes;
  // A large flow opens at its beginning, where it can be read, and not as a heap of specks.
  const [start] = useState(() => (isLarge ? beginning(nodes) : undefined));
  const edges = useMemo(() => drawEdges(graph, selection), [graph, selection]);

  useEffect(() => {
    if (!look || (look.nodes.length === 0 && isLarge)) return;
    const wanted = look.nodes.map((id) => ({ id }));
    const options = wanted.length > 0 ? { nodes: wanted, maxZoom: 1.1 } : { maxZoom: 1 };
    // The nodes have to be drawn first.
    const timer = setTimeout(() => void flow.fitView({ padding: 0.2, duration: 200, ...options }), 30);
    return () => clearTimeout(timer);
  }, [look, flow, isLarge]);

  const commit = useCallback(
    (moved: { id: string; position: { x: number; y: number } }[], merge?: string) => {
      const places: { nodes: Places; notes: Places } = { nodes: {}, notes: {} };
      for (const { id, position } of moved) {
        if (id.startsWith("note:")) places.notes[noteId(id)] = position;
        else if (!id.startsWith("group:")) places.nodes[id] = position;
      }
      const count = Object.keys(places.nodes).length + Object.keys(places.notes).length;
      if (count > 0) editor.apply({ key: "move", values: { count } }, (state) => move(state, places), merge);
    },
    [editor],
  );

  const onNodesChange = useCallback(
    (changes: NodeChange[]) => {
      const positions = changes.filter((change) => change.type === "position");
      const extra: NodeChange[] = [];
      for (const change of positions) {
        if (!change.position) continue;
        if (change.id.startsWith("group:")) extra.push(...membersMoved(change.id, change.position));
      }
      const [only] = positions;
      if (positions.length === 1 && only?.position && only.dragging && !isSnapping) {
        const node = shown.current.find((one) => one.id === only.id);
        const others = shown.current.filter(
          (one) => one.id !== only.id && one.parentId === node?.parentId && one.type !== "group-frame",
        );
        const boxOf = (one: Node) => ({
          ...one.position,
          width: one.measured?.width ?? 0,
          height: one.measured?.height ?? 0,
        });
        if (node && others.length < manyNodes) {
          const found = align({ ...boxOf(node), ...only.position }, others.map(boxOf));
          only.position = { x: found.x, y: found.y };
          const outer = node.parentId ? absolutePlace(editor.graph, node.parentId) : { x: 0, y: 0 };
          setGuides({
            vertical: found.vertical === undefined ? undefined : found.vertical + outer.x,
            horizontal: found.horizontal === undefined ? undefined : found.horizontal + outer.y,
          });
        }
      }
      const chosen = changes.filter((change) => change.type === "select");
      if (chosen.length > 0) choose(chosen);
      const drawn = [...changes, ...extra].filter(
        (change) => change.type === "position" || change.type === "dimensions",
      );
      if (drawn.length > 0) setNodes((before) => applyNodeChanges(drawn, before));
      const settled = [...positions, ...extra.filter((change) => change.type === "position")].flatMap(
        (change) =>
          change.position && !change.dragging ? [{ id: change.id, position: change.position }] : [],
      );
      if (settled.length > 0) {
        const before = new Map(shown.current.map((node) => [node.id, node.position]));
        const places = editor.graph.layout;
        const really = settled.filter(({ id, position }) => {
          const stored = id.startsWith("note:") ? places.notes[noteId(id)] : places.nodes[id];
          const was = stored ?? before.get(id);
          return !was || was.x !== position.x || was.y !== position.y;
        });
        commit(really, `nudge:${settled.map(({ id }) => id).join()}`);
      }

      function choose(chosenChanges: { id: string; selected: boolean }[]) {
        const now = ui.get().selection;
        const sets = { nodes: new Set(now.nodes), notes: new Set(now.notes), groups: new Set(now.groups) };
        for (const { id, selected } of chosenChanges) {
          const [set, key] = id.startsWith("note:")
            ? [sets.notes, noteId(id)]
            : id.startsWith("group:")
              ? [sets.groups, groupId(id)]
              : [sets.nodes, id];
          if (selected) set.add(key);
          else set.delete(key);
        }
        ui.set({
          selection: { ...now, nodes: [...sets.nodes], notes: [...sets.notes], groups: [...sets.groups] },
        });
      }

      /** What a frame holds moves with it. */
      function membersMoved(frame: string, position: { x: number; y: number }): NodeChange[] {
        const drawnFrame = shown.current.find((node) => node.id === frame);
        const group = editor.graph.groups.find(({ id }) => id === groupId(frame));
        if (!drawnFrame || !group) return [];
        const [dx, dy] = [position.x - drawnFrame.position.x, position.y - drawnFrame.position.y];
        const change = positions.find(({ id }) => id === frame);
        return group.nodes.flatMap((id): NodeChange[] => {
          const member = shown.current.find((node) => node.id === id);
          if (!member || positions.some((one) => one.id === id)) return [];
          const to = { x: member.position.x + dx, y: member.position.y + dy };
          return [{ id, type: "position", position: to, dragging: change?.dragging }];
        });
      }
    },
    [commit, editor, isSnapping, ui],
  );

  /** A node that was dropped over a container goes inside; one that was dragged out comes out. */
  const onNodeDragStop = useCallback(
    (_: unknown, __: Node, dragged: Node[]) => {
      setGuides({});
      for (const { id } of dragged) {
        const node = nodeOf(editor.graph, id);
        if (!node) continue;
        const size = sizeOf(session, id);
        const at = absolutePlace(editor.graph, id);
        const middle = { x: at.x + size.width / 2, y: at.y + size.height / 2 };
        const container = editor.graph.nodes
          .filter((one) => one.id !== id && book.types.get(one.type)?.role === "container")
          .filter((one) => {
            const corner = absolutePlace(editor.graph, one.id);
            const { width, height } = sizeOf(session, one.id);
            const isInX = middle.x > corner.x && middle.x < corner.x + width;
            return isInX && middle.y > corner.y && middle.y < corner.y + height;
          })
          .at(-1);
        if (container?.id === node.parent) continue;
        const corner = container ? absolutePlace(editor.graph, container.id) : { x: 0, y: 0 };
        editor.apply({ key: "parent" }, (state) =>
          setParent(state, id, container?.id, { x: at.x - corner.x, y: at.y - corner.y }),
        );
      }
    },
    [book, editor, session],
  );

  const endsOf = useCallback((connection: Connection | Omit<Connection, "id">) => {
    const { source, sourceHandle, target, targetHandle } = connection;
    return [
      { node: source, port: portOfHandle(sourceHandle) },
      { node: target, port: portOfHandle(targetHandle) },
    ] as const;
  }, []);

  const onConnectStart = useCallback(
    (_: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) => {
      const node = nodeId ? nodeOf(editor.graph, nodeId) : undefined;
      if (!node) return;
      const isSource = handleType === "source";
      const ports = book.of(node);
      const list = isSource
        ? [...ports.outputs, ...(ports.inner_outputs ?? [])]
        : [...ports.inputs, ...(ports.inner_inputs ?? [])];
      const port = list.find(({ name }) => name === portOfHandle(handleId));
      const blocked = reach(editor.graph, [node.id], isSource ? "upstream" : "downstream");
      ui.set({ drawing: { node: node.id, type: port?.type ?? "any", isSource, blocked } });
    },
    [book, editor, ui],
  );

  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const { drawing } = ui.get();
      ui.set({ drawing: undefined });
      if (!drawing || !state.fromHandle) return;
      const end = {
        node: drawing.node,
        port: portOfHandle(state.fromHandle.id),
        type: drawing.type,
        isInner: state.fromHandle.id?.startsWith("inner-") ?? false,
      };
      if (state.toNode && state.toHandle) {
        // An edge that is refused says why.
        if (state.isValid) return;
        const other = { node: state.toNode.id, port: portOfHandle(state.toHandle.id) };
        if (drawing.isSource) connect(session, end, other);
        else connect(session, other, end);
        return;
      }
      if (state.toNode) return;
      const point = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!point) return;
      const at = { x: point.clientX, y: point.clientY };
      const place = flow.screenToFlowPosition(at);
      const parent = end.isInner ? end.node : nodeOf(editor.graph, end.node)?.parent;
      const corner = parent ? absolutePlace(editor.graph, parent) : { x: 0, y: 0 };
      const inside = { x: place.x - corner.x, y: place.y - corner.y - 24 };
      ui.set({ picker: { at, place: inside, parent, ...(drawing.isSource ? { from: end } : { to: end }) } });
    },
    [editor, flow, session, ui],
  );

  const onDrop = (event: React.DragEvent) => {
    const type = book.types.get(event.dataTransfer.getData(dragFormat));
    if (!type || !isEditable) return;
    event.preventDefault();
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const container = containerAt(at);
    const corner = container ? absolutePlace(editor.graph, container) : { x: 0, y: 0 };
    const place = { x: at.x - corner.x - 116, y: at.y - corner.y - 24 };
    addPicked(session, type, { place, parent: container });
  };

  function containerAt({ x, y }: { x: number; y: number }): string | undefined {
    const found = editor.graph.nodes.filter((node) => {
      if (book.types.get(node.type)?.role !== "container") return false;
      const corner = absolutePlace(editor.graph, node.id);
      const { width, height } = sizeOf(session, node.id);
      return x > corner.x && x < corner.x + width && y > corner.y && y < corner.y + height;
    });
    return found.at(-1)?.id;
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: things are dropped here; the palette also adds by keyboard
    <div
      className={classes.canvas}
      data-testid="canvas"
      onDrop={onDrop}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(dragFormat)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={(changes) => {
          const chosen = changes.filter((change) => change.type === "select");
          if (chosen.length === 0) return;
          const now = ui.get().selection;
          const set = new Set(now.edges);
          for (const { id, selected } of chosen) selected ? set.add(id) : set.delete(id);
          ui.set({ selection: { ...now, edges: [...set] } });
        }}
        onNodeDragStart={() => editor.seal()}
        onNodeDragStop={onNodeDragStop}
        onSelectionDragStop={(event, dragged) => onNodeDragStop(event, dragged[0] as Node, dragged)}
        onPaneClick={() => select(session, {})}
        onConnect={(connection) => connect(session, ...endsOf(connection))}
        onConnectStart={onConnectStart}
        onConnectEnd={onConnectEnd}
        isValidConnection={(connection) =>
          !("refused" in judgeConnection(editor.graph, book, ...endsOf(connection as Connection)))
        }
        onDoubleClick={(event) => {
          if (!(event.target as Element).classList.contains("react-flow__pane") || !isEditable) return;
          const at = { x: event.clientX, y: event.clientY };
          ui.set({ picker: { at, place: flow.screenToFlowPosition(at) } });
        }}
        onMove={(_, { zoom }) => ui.set({ isFar: isLarge && zoom < farZoom })}
        onMoveEnd={(_, { zoom }) => ui.set({ zoom })}
        onInit={(instance) => {
          const zoom = instance.getZoom();
          ui.set({ zoom, isFar: isLarge && zoom < farZoom });
        }}
        zoomOnDoubleClick={false}
        fitView={!start}
        defaultViewport={start}
        fitViewOptions={{ padding: 0.2, maxZoom: 1 }}
        minZoom={isLarge ? 0.02 : 0.1}
        maxZoom={2}
        snapToGrid={isSnapping}
        snapGrid={[20, 20]}
        onlyRenderVisibleElements={isLarge}
        nodesDraggable={isEditable}
        nodesConnectable={isEditable}
        connectionRadius={24}
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          "node.a11yDescription.default": t("a11y.node"),
          "node.a11yDescription.keyboardDisabled": t("a11y.nodeShort"),
          "edge.a11yDescription.default": t("a11y.edge"),
          "minimap.ariaLabel": t("a11y.minimap"),
          "handle.ariaLabel": t("a11y.handle"),
        }}
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={20}
          size={1.2}
          color="var(--mantine-color-default-border)"
        />
        {hasMinimap && !isTesting && (
          <MiniMap
            pannable
            zoomable
            style={{ width: 150, height: 100 }}
            bgColor="var(--mantine-color-body)"
            maskColor="color-mix(in srgb, var(--app-canvas) 70%, transparent)"
            nodeColor="var(--mantine-color-dimmed)"
          />
        )}
        <ViewportPortal>
          {guides.vertical !== undefined && (
            <div
              className={classes.guide}
              style={{ left: guides.vertical, top: -10_000, width: 1, height: 20_000 }}
            />
          )}
          {guides.horizontal !== undefined && (
            <div
              className={classes.guide}
              style={{ top: guides.horizontal, left: -10_000, height: 1, width: 20_000 }}
            />
          )}
        </ViewportPortal>
      </ReactFlow>
    </div>
  );
}
