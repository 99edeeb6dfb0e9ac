import { type NodeProps, NodeResizer } from "@xyflow/react";
import { memo, useState } from "react";
import { Markdown } from "../../../flow/markdown";
import { move, setNote } from "../../../flow/operations";
import { useGraph, useIsEditable, useSession } from "../session";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";

export const noteId = (node: string) => node.slice("note:".length);

/** A sticky note: Markdown, and its text while it is being written. */
export const NoteNode = memo(function NoteNode({ id, selected }: NodeProps) {
  const t = useFlow();
  const { editor } = useSession();
  const isEditable = useIsEditable();
  const [isWriting, setWriting] = useState(false);
  const note = useGraph((graph) => graph.notes.find((one) => one.id === noteId(id)));
  if (!note) return null;
  const isOpen = isEditable && (isWriting || (selected && note.text === ""));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter on the node does the same
    <div className={classes.note} data-chosen={selected || undefined} onDoubleClick={() => setWriting(true)}>
      <NodeResizer
        minWidth={120}
        minHeight={60}
        isVisible={selected && isEditable}
        onResizeEnd={(_, { x, y, width, height }) =>
          editor.apply({ key: "resize" }, (graph) =>
            move(graph, { notes: { [note.id]: { x, y, width, height } } }),
          )
        }
      />
      {isOpen ? (
        <textarea
          className="nodrag nowheel"
          aria-label={t("note.text")}
          placeholder={t("note.placeholder")}
          value={note.text}
          // biome-ignore lint/a11y/noAutofocus: it was opened to be written in
          autoFocus={isWriting}
          onBlur={() => setWriting(false)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Escape") event.currentTarget.blur();
          }}
          onChange={(event) => {
            const text = event.currentTarget.value;
            editor.apply(
              { key: "noteText" },
              (graph) => setNote(graph, note.id, { text }),
              `note:${note.id}`,
            );
          }}
        />
      ) : (
        <Markdown text={note.text || t("note.placeholder")} />
      )}
    </div>
  );
});
