import { ActionIcon } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { move, setGroup } from "../../../flow/operations";
import { useGraph, useIsEditable, useSession } from "../session";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";

export const groupId = (node: string) => node.slice("group:".length);

/** A frame around nodes; folded, it stands for them. */
export const GroupNode = memo(function GroupNode({ id, selected }: NodeProps) {
  const t = useFlow();
  const { editor } = useSession();
  const isEditable = useIsEditable();
  const key = groupId(id);
  const group = useGraph((graph) => graph.groups.find((one) => one.id === key));
  const isFolded = useGraph((graph) => graph.layout.groups[key]?.collapsed ?? false);
  if (!group) return null;
  const Arrow = isFolded ? IconChevronRight : IconChevronDown;
  return (
    <div className={classes.frame} data-chosen={selected || undefined}>
      <div className={classes.frameTitle}>
        <ActionIcon
          size="xs"
          className="nodrag"
          disabled={!isEditable}
          aria-label={t(isFolded ? "group.unfold" : "group.fold", { title: group.title })}
          onClick={() =>
            editor.apply({ key: "collapse" }, (graph) =>
              move(graph, {
                groups: {
                  [key]: { x: 0, y: 0, ...graph.layout.groups[key], collapsed: !isFolded },
                },
              }),
            )
          }
        >
          <Arrow size={14} />
        </ActionIcon>
        {selected && isEditable ? (
          <input
            className="nodrag"
            aria-label={t("group.title")}
            value={group.title}
            onKeyDown={(event) => event.stopPropagation()}
            onChange={(event) => {
              const title = event.currentTarget.value;
              editor.apply({ key: "frame" }, (graph) => setGroup(graph, key, { title }), `group:${key}`);
            }}
          />
        ) : (
          <span>{group.title}</span>
        )}
        {isFolded && <span>({group.nodes.length})</span>}
      </div>
      {isFolded && (
        <>
          <Handle id="in:" type="target" position={Position.Left} isConnectable={false} />
          <Handle id="out:" type="source" position={Position.Right} isConnectable={false} />
        </>
      )}
    </div>
  );
});
