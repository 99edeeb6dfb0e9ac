import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconPin, IconPinnedOff } from "@tabler/icons-react";
import { useState } from "react";
import type { Settings } from "../../../flow/graph";
import { pin, unpin } from "../../../flow/pins";
import { usePins, useSession } from "../session";
import { DataEditor } from "./data-editor";
import { usePin } from "./texts";
import { ValueView } from "./value-view";

interface Props {
  node: string;
  /** What the node gave in the run that is shown. */
  output: Settings | undefined;
}

/** The output that a node has in tests: set, changed or taken off. */
export function PinnedData({ node, output }: Props) {
  const t = usePin();
  const session = useSession();
  const pinned = usePins()[node];
  const [isEditing, setEditing] = useState(false);
  if (session.isFrozen || !session.mayRun) return null;
  if (isEditing) {
    const ports = session.book.of(session.editor.graph.nodes.find(({ id }) => id === node) ?? noNode).outputs;
    const empty = Object.fromEntries(
      ports.filter(({ type }) => type !== "control").map(({ name }) => [name, null]),
    );
    return (
      <DataEditor
        name={t("editor")}
        hint={t("hint")}
        submit={t("save")}
        initial={pinned ?? output ?? empty}
        onCancel={() => setEditing(false)}
        onSubmit={(values) => {
          pin(session.pins, node, values);
          setEditing(false);
        }}
      />
    );
  }
  if (!pinned) {
    return (
      <Group gap="xs">
        {output && Object.keys(output).length > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPin size={13} />}
            onClick={() => pin(session.pins, node, output)}
          >
            {t("pin")}
          </Button>
        )}
        <Button size="compact-xs" variant="default" onClick={() => setEditing(true)}>
          {t("write")}
        </Button>
      </Group>
    );
  }
  return (
    <Stack gap={4} component="section" aria-label={t("editor")}>
      <Group gap="xs">
        <Badge color="orange" leftSection={<IconPin size={11} />}>
          {t("pinned")}
        </Badge>
        <Button size="compact-xs" variant="default" onClick={() => setEditing(true)}>
          {t("edit")}
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPinnedOff size={13} />}
          onClick={() => unpin(session.pins, node)}
        >
          {t("clear")}
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        {t("pinnedHint")}
      </Text>
      <ValueView value={pinned} label={t("editor")} />
    </Stack>
  );
}

const noNode = { id: "", type: "", version: 1, settings: {} };
