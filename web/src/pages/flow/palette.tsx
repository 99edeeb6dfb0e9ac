import { Box, ScrollArea, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { categories, findTypes, type NodeType } from "../../flow/node-type";
import { dragFormat } from "./canvas/canvas";
import { addPicked } from "./commands";
import classes from "./flow.module.css";
import { TypeIcon } from "./icons";
import { useIsEditable, useSession } from "./session";
import { useFlow } from "./texts";

/** All node types by category, to be dragged onto the canvas, or added by a click or Enter. */
export function Palette() {
  const t = useFlow();
  const session = useSession();
  const isEditable = useIsEditable();
  const [query, setQuery] = useState("");
  const types = [...session.book.types.values()];
  const found = findTypes(types, query);
  const shown = categories
    .map((category) => ({ category, types: found.filter((type) => type.category === category) }))
    .filter((group) => group.types.length > 0);
  const add = (type: NodeType) => {
    const [chosen] = session.ui.get().selection.nodes;
    const node = session.editor.graph.nodes.find(({ id }) => id === chosen);
    const outputs = node ? session.book.of(node).outputs : [];
    const port = outputs.find((one) => one.type !== "control") ?? outputs[0];
    const isFollower = node && port && type.role !== "trigger";
    const id = addPicked(
      session,
      type,
      isFollower ? { from: { node: node.id, port: port.name, type: port.type } } : { place: freePlace() },
    );
    session.ui.set({ look: { nodes: [id] } });
  };
  /** Below everything that is there. */
  const freePlace = () => {
    const places = Object.values(session.editor.graph.layout.nodes);
    if (places.length === 0) return { x: 0, y: 0 };
    return { x: Math.min(...places.map(({ x }) => x)), y: Math.max(...places.map(({ y }) => y)) + 180 };
  };
  return (
    <Stack gap="xs" h="100%" p="xs" component="section" aria-label={t("palette.title")}>
      <TextInput
        size="xs"
        type="search"
        leftSection={<IconSearch size={14} />}
        placeholder={t("palette.search")}
        aria-label={t("palette.search")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found;
          if (event.key === "Enter" && first && query) add(first);
        }}
      />
      <ScrollArea flex={1} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Stack gap="sm">
          {shown.map((group) => (
            <Box key={group.category}>
              <Text size="xs" c="dimmed" fw={600} mb={4}>
                {t(`category.${group.category}`)}
              </Text>
              {group.types.map((type) => (
                <UnstyledButton
                  key={type.type}
                  className={classes.type}
                  draggable={isEditable}
                  disabled={!isEditable}
                  title={type.summary}
                  onDragStart={(event) => {
                    event.dataTransfer.setData(dragFormat, type.type);
                    event.dataTransfer.effectAllowed = "copy";
                  }}
                  onClick={() => add(type)}
                >
                  <TypeIcon name={type.icon} />
                  <span className="truncate">{type.title}</span>
                </UnstyledButton>
              ))}
            </Box>
          ))}
          {shown.length === 0 && (
            <Text size="xs" c="dimmed">
              {t("palette.nothing")}
            </Text>
          )}
        </Stack>
      </ScrollArea>
    </Stack>
  );
}
