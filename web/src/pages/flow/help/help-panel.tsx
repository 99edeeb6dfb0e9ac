import { Badge, Box, Button, Group, Stack, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { IconArrowLeft, IconKeyboard, IconPlus, IconRoute, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { nodeOf } from "../../../flow/graph";
import { Markdown } from "../../../flow/markdown";
import { categories, findTypes, type NodeType, type Port } from "../../../flow/node-type";
import { usePreference } from "../../../session/preferences";
import { addPicked } from "../commands";
import classes from "../flow.module.css";
import { TypeIcon } from "../icons";
import { useIsEditable, useSession } from "../session";
import { useFlow } from "../texts";
import { useHelpTexts } from "./texts";

/** The tour, the keys, and what each node does; of the chosen node first. */
export function HelpPanel({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const [shown, setShown] = useState(() => {
    const { nodes } = session.ui.get().selection;
    const node = nodes[0] && nodes.length === 1 ? nodeOf(session.editor.graph, nodes[0]) : undefined;
    return node?.type;
  });
  const type = shown ? session.book.types.get(shown) : undefined;
  return type ? (
    <TypeHelp type={type} onBack={() => setShown(undefined)} onClose={onClose} />
  ) : (
    <Overview onOpen={setShown} onClose={onClose} />
  );
}

function Overview({ onOpen, onClose }: { onOpen: (type: string) => void; onClose: () => void }) {
  const t = useHelpTexts();
  const flow = useFlow();
  const session = useSession();
  const isEditable = useIsEditable();
  const tour = usePreference("editor.tour");
  const [query, setQuery] = useState("");
  const found = findTypes([...session.book.types.values()], query);
  const groups = categories
    .map((category) => ({ category, types: found.filter((type) => type.category === category) }))
    .filter(({ types }) => types.length > 0);
  return (
    <Stack gap="sm">
      <Group gap="xs" grow preventGrowOverflow={false}>
        {isEditable && (
          <Button
            variant="light"
            leftSection={<IconRoute size={16} />}
            onClick={() => {
              tour.set({ state: "running", step: 0 });
              onClose();
            }}
          >
            {t(tour.value ? "tourAgain" : "tour")}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconKeyboard size={16} />}
          onClick={() => session.ui.set({ drawer: "shortcuts" })}
        >
          {t("keys")}
        </Button>
      </Group>
      <TextInput
        type="search"
        data-autofocus
        aria-label={t("search")}
        placeholder={t("search")}
        leftSection={<IconSearch size={15} />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      {groups.length === 0 && (
        <Text size="sm" c="dimmed" role="status">
          {t("nothing")}
        </Text>
      )}
      {groups.map(({ category, types }) => (
        <section key={category} aria-label={flow(`category.${category}`)}>
          <Title order={3} size="xs" c="dimmed" mb={2}>
            {flow(`category.${category}`)}
          </Title>
          {types.map((type) => (
            <UnstyledButton key={type.type} className={classes.type} onClick={() => onOpen(type.type)}>
              <TypeIcon name={type.icon} size={16} />
              <Box miw={0}>
                <Text size="sm">{type.title}</Text>
                <Text size="xs" c="dimmed">
                  {type.summary}
                </Text>
              </Box>
            </UnstyledButton>
          ))}
        </section>
      ))}
    </Stack>
  );
}

interface TypeHelpProps {
  type: NodeType;
  onBack: () => void;
  onClose: () => void;
}

function TypeHelp({ type, onBack, onClose }: TypeHelpProps) {
  const t = useHelpTexts();
  const session = useSession();
  const isEditable = useIsEditable();
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconArrowLeft size={15} />}
          onClick={onBack}
          data-autofocus
        >
          {t("back")}
        </Button>
        {isEditable && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={15} />}
            onClick={() => {
              onClose();
              session.ui.set({ look: { nodes: [addPicked(session, type, {})] } });
            }}
          >
            {t("add")}
          </Button>
        )}
      </Group>
      <Group gap="xs" wrap="nowrap">
        <TypeIcon name={type.icon} size={20} />
        <Title order={3}>{type.title}</Title>
      </Group>
      <Text size="sm" c="dimmed">
        {type.summary}
      </Text>
      {type.docs && (
        <Box fz="sm">
          <Markdown text={type.docs} />
        </Box>
      )}
      <Ports title={t("inputs")} ports={type.ports.inputs} />
      <Ports title={t("outputs")} ports={type.ports.outputs} />
      {type.has_dynamic_ports && (
        <Text size="xs" c="dimmed">
          {t("follows")}
        </Text>
      )}
    </Stack>
  );
}

function Ports({ title, ports }: { title: string; ports: Port[] }) {
  const t = useHelpTexts();
  return (
    <section>
      <Text size="xs" fw={600} mb={4}>
        {title}
      </Text>
      {ports.length === 0 && (
        <Text size="xs" c="dimmed">
          {t("none")}
        </Text>
      )}
      <Stack gap={4}>
        {ports.map((port) => (
          <Group key={port.name} gap={6} wrap="nowrap" align="flex-start">
            <Badge variant="default" style={{ flex: "none" }}>
              {port.type}
            </Badge>
            <Text size="xs">
              <b>{port.title}</b>
              {port.description ? `: ${port.description}` : ""}
            </Text>
          </Group>
        ))}
      </Stack>
    </section>
  );
}
