import { IconPlus } from "@tabler/icons-react";
import { Handle, Position } from "@xyflow/react";
import { conversion, portLook } from "../../../flow/data-type";
import { nodeOf } from "../../../flow/graph";
import type { Port } from "../../../flow/node-type";
import { useGraph, useIsEditable, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";

interface Props {
  node: string;
  port: Port;
  /** What it is for edges; the inner ports of a container stand on the opposite side. */
  side: "in" | "out";
  isInner?: boolean;
}

export function handleId(side: "in" | "out", port: string, isInner = false): string {
  return `${isInner ? "inner-" : ""}${side}:${port}`;
}

/** The port's name behind a handle. */
export function portOfHandle(handle: string | null | undefined): string {
  return handle?.split(":").slice(1).join(":") ?? "";
}

/** Whether an edge that is being drawn could end or begin here: `undefined` while none is. */
function useFits({ node, port, side, isInner = false }: Props): boolean | undefined {
  const drawing = useUi((ui) => ui.drawing);
  const parents = useGraph((graph) =>
    drawing ? `${nodeOf(graph, node)?.parent ?? ""}|${nodeOf(graph, drawing.node)?.parent ?? ""}` : undefined,
  );
  if (!drawing || parents === undefined) return undefined;
  if (drawing.node === node || drawing.isSource === (side === "out")) return false;
  if (drawing.blocked.has(node)) return false;
  const [mine, theirs] = parents.split("|");
  const isNear = isInner ? theirs === node : mine === theirs || mine === drawing.node;
  if (!isNear) return false;
  const [from, to] = drawing.isSource ? [drawing.type, port.type] : [port.type, drawing.type];
  return conversion(from, to) !== "refused";
}

/** A port with its handle, and at an output the sign that adds the next node. */
export function PortHandle(props: Props) {
  const { node, port, side, isInner = false } = props;
  const t = useFlow();
  const { ui } = useSession();
  const isEditable = useIsEditable();
  const fits = useFits(props);
  const { color, shape } = portLook(port.type);
  const isLeft = isInner ? side === "out" : side === "in";
  // Inner ports look into the container.
  const position = side === "in" ? Position.Left : Position.Right;
  return (
    <div
      className={classes.port}
      data-side={isLeft ? "in" : "out"}
      data-dim={fits === false || undefined}
      data-fits={fits || undefined}
      style={{ "--port-color": color } as React.CSSProperties}
      title={`${port.title}: ${port.type}${port.description ? `\n${port.description}` : ""}`}
    >
      <Handle
        id={handleId(side, port.name, isInner)}
        type={side === "in" ? "target" : "source"}
        position={position}
        className={classes.handle}
        data-shape={shape}
        style={
          isInner ? (side === "out" ? { left: 6, right: "auto" } : { right: 6, left: "auto" }) : undefined
        }
        isConnectable={isEditable}
      />
      <span>
        {port.title}
        {port.required && side === "in" ? " *" : ""}
      </span>
      {side === "out" && isEditable && (
        <button
          type="button"
          className={`${classes.plus} nodrag nopan`}
          style={isInner ? { right: 0 } : undefined}
          tabIndex={-1}
          aria-label={t("addAfter", { port: port.title })}
          onClick={(event) => {
            event.stopPropagation();
            const { right, top } = event.currentTarget.getBoundingClientRect();
            const from = { node, port: port.name, type: port.type, isInner };
            ui.set({ picker: { at: { x: right + 6, y: top }, from } });
          }}
        >
          <IconPlus size={12} aria-hidden />
        </button>
      )}
    </div>
  );
}
