import {
  Box,
  Button,
  Drawer,
  Group,
  Kbd,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useState } from "react";
import type { Problem } from "../../api/flows";
import { replaceInFlow, searchFlow } from "../../flow/search";
import { ago } from "../../i18n/format";
import { goTo, select, titleOf } from "./commands";
import { DeliveryLedger } from "./deliveries/ledger";
import classes from "./flow.module.css";
import { HelpPanel } from "./help/help-panel";
import { RunList } from "./run/run-list";
import { useDraft, useGraph, useHistory, useIsEditable, useSession, useUi } from "./session";
import { sheet } from "./shortcuts";
import { useFlow } from "./texts";
import { DeploymentPanel } from "./versions/deployment";
import { Versions } from "./versions/versions";

/** What opens at the side: history, versions, runs, problems, search, shortcuts. */
export function Drawers() {
  const t = useFlow();
  const { ui } = useSession();
  const drawer = useUi((state) => state.drawer);
  const close = () => ui.set({ drawer: undefined });
  return (
    <Drawer
      opened={drawer !== undefined}
      onClose={close}
      position="right"
      size={drawer === "versions" || drawer === "deployment" ? 520 : 420}
      title={drawer && t(`drawer.${drawer}`)}
    >
      {drawer === "history" && <HistoryPanel />}
      {drawer === "deployment" && <DeploymentPanel />}
      {drawer === "deliveries" && <DeliveryLedger onOpen={close} />}
      {drawer === "versions" && <Versions />}
      {drawer === "runs" && <RunList onOpen={close} />}
      {drawer === "problems" && <Problems onJump={close} />}
      {drawer === "search" && <Search onJump={close} />}
      {drawer === "shortcuts" && <Sheet />}
      {drawer === "help" && <HelpPanel onClose={close} />}
    </Drawer>
  );
}

function HistoryPanel() {
  const t = useFlow();
  const { editor } = useSession();
  const isEditable = useIsEditable();
  const { past, future } = useHistory();
  const steps = [...past, ...future];
  const at = past.length;
  return (
    <Stack gap={2}>
      {[...steps.entries()].reverse().map(([index, step]) => (
        <UnstyledButton
          key={`${index}-${step.at}`}
          className={classes.type}
          data-at={index + 1 === at || undefined}
          aria-current={index + 1 === at ? "step" : undefined}
          disabled={!isEditable}
          style={{ opacity: index < at ? 1 : 0.55 }}
          onClick={() => editor.goTo(index + 1)}
        >
          <Box flex={1}>{t(`step.${step.label.key}`, step.label.values)}</Box>
          <Text size="xs" c="dimmed">
            {ago(new Date(step.at).toISOString())}
          </Text>
        </UnstyledButton>
      ))}
      <UnstyledButton
        className={classes.type}
        data-at={at === 0 || undefined}
        aria-current={at === 0 ? "step" : undefined}
        disabled={!isEditable}
        onClick={() => editor.goTo(0)}
      >
        {t("step.opened")}
      </UnstyledButton>
    </Stack>
  );
}

function Problems({ onJump }: { onJump: () => void }) {
  const t = useFlow();
  const session = useSession();
  const problems = useDraft(({ report }) => report.problems);
  const jump = (problem: Problem) => {
    onJump();
    if (problem.node) {
      session.ui.set({ tab: problem.port && !problem.field ? "edges" : "settings" });
      goTo(session, problem.node);
    } else if (problem.edge) select(session, { edges: [problem.edge] });
  };
  if (problems.length === 0) {
    return (
      <Group gap="xs">
        <IconCircleCheck size={18} color="var(--mantine-color-teal-light-color)" />
        <Text size="sm">{t("problems.none")}</Text>
      </Group>
    );
  }
  return (
    <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
      {problems.map((problem) => (
        <li key={`${problem.code}${problem.node}${problem.edge}${problem.field}${problem.message}`}>
          <UnstyledButton className={classes.type} onClick={() => jump(problem)}>
            <IconAlertTriangle
              size={16}
              role="img"
              aria-label={t(`problems.${problem.severity}`)}
              color={`var(--mantine-color-${problem.severity === "error" ? "red" : "yellow"}-light-color)`}
            />
            <Box>
              <Text size="sm">{problem.message}</Text>
              <Text size="xs" c="dimmed">
                {[problem.node && titleOf(session, problem.node), problem.field].filter(Boolean).join(" · ")}
              </Text>
            </Box>
          </UnstyledButton>
        </li>
      ))}
    </Stack>
  );
}

function Search({ onJump }: { onJump: () => void }) {
  const t = useFlow();
  const session = useSession();
  const isEditable = useIsEditable();
  const graph = useGraph((state) => state);
  const [query, setQuery] = useState("");
  const [replacement, setReplacement] = useState("");
  const [isReplacing, setReplacing] = useState(false);
  const found = searchFlow(graph, query);
  return (
    <Stack gap="xs">
      <TextInput
        type="search"
        data-autofocus
        label={t("search.find")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      {isEditable && (
        <Switch
          size="xs"
          label={t("search.replace")}
          checked={isReplacing}
          onChange={(event) => setReplacing(event.currentTarget.checked)}
        />
      )}
      {isReplacing && (
        <Group align="flex-end" gap="xs">
          <TextInput
            flex={1}
            label={t("search.with")}
            value={replacement}
            onChange={(event) => setReplacement(event.currentTarget.value)}
          />
          <Button
            variant="light"
            disabled={!query}
            onClick={() =>
              session.editor.apply({ key: "replaceText", values: { query, replacement } }, (state) =>
                replaceInFlow(state, query, replacement),
              )
            }
          >
            {t("search.all")}
          </Button>
        </Group>
      )}
      {query && (
        <Text size="xs" c="dimmed" role="status">
          {t("search.found", { count: found.length })}
        </Text>
      )}
      {found.slice(0, 100).map((match) => (
        <UnstyledButton
          key={`${match.node}${match.field}`}
          className={classes.type}
          onClick={() => {
            onJump();
            goTo(session, match.node);
          }}
        >
          <Box miw={0}>
            <Text size="sm">{titleOf(session, match.node)}</Text>
            <Text size="xs" c="dimmed" lineClamp={2}>
              {match.field}: {match.text}
            </Text>
          </Box>
        </UnstyledButton>
      ))}
    </Stack>
  );
}

function Sheet() {
  const t = useFlow();
  return (
    <Table aria-label={t("drawer.shortcuts")}>
      <Table.Tbody>
        {(Object.keys(sheet) as (keyof typeof sheet)[]).map((deed) => (
          <Table.Tr key={deed}>
            <Table.Td>{t(`key.${deed}`)}</Table.Td>
            <Table.Td ta="right">
              <Group gap={4} justify="flex-end">
                {sheet[deed].map((keys) => (
                  <Kbd key={keys} size="xs">
                    {keys}
                  </Kbd>
                ))}
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
