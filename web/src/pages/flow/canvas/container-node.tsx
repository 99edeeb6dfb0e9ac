import { type NodeProps, NodeResizer } from "@xyflow/react";
import { memo } from "react";
import { move } from "../../../flow/operations";
import { useIsEditable, usePorts, useSession } from "../session";
import classes from "./canvas.module.css";
import { NodeFoot, NodeHead, useNodeFacts } from "./node-card";
import { PortHandle } from "./port-handle";

/** A node with an inside: its own ports below, those of its inside at the edges within. */
export const ContainerNode = memo(function ContainerNode({ id, selected }: NodeProps) {
  const { editor } = useSession();
  const isEditable = useIsEditable();
  const { node, type, problem, work } = useNodeFacts(id);
  const book = usePorts();
  if (!node) return null;
  const ports = book.of(node);
  return (
    <div className={classes.container} data-chosen={selected || undefined} data-status={work?.status}>
      <NodeResizer
        minWidth={320}
        minHeight={180}
        isVisible={selected && isEditable}
        onResizeEnd={(_, { x, y, width, height }) =>
          editor.apply({ key: "resize" }, (graph) =>
            move(graph, { nodes: { [id]: { x, y, width, height } } }),
          )
        }
      />
      <NodeHead node={node} type={type} problem={problem} work={work} />
      <div className={classes.inside} data-side="left">
        {ports.inner_outputs?.map((port) => (
          <PortHandle key={port.name} node={id} port={port} side="out" isInner />
        ))}
      </div>
      <div className={classes.inside} data-side="right">
        {ports.inner_inputs?.map((port) => (
          <PortHandle key={port.name} node={id} port={port} side="in" isInner />
        ))}
      </div>
      <div className={classes.outside} data-side="left">
        {ports.inputs.map((port) => (
          <PortHandle key={port.name} node={id} port={port} side="in" />
        ))}
      </div>
      <div className={classes.outside} data-side="right">
        {ports.outputs.map((port) => (
          <PortHandle key={port.name} node={id} port={port} side="out" />
        ))}
      </div>
      {work && (
        <div style={{ position: "absolute", top: "100%", left: 0 }}>
          <NodeFoot work={work} />
        </div>
      )}
    </div>
  );
});
