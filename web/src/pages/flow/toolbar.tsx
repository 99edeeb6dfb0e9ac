import { ActionIcon, Anchor, Badge, Button, Group, Menu, Text, Tooltip } from "@mantine/core";
import {
  IconApi,
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconChecks,
  IconDots,
  IconHelp,
  IconHistory,
  IconInbox,
  IconKeyboard,
  IconLayoutDistributeHorizontal,
  IconListTree,
  IconPlayerPlay,
  IconPlayerStop,
  IconRocket,
  IconSchema,
  IconSearch,
  IconTemplate,
  IconUpload,
  IconVariable,
  IconVersions,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flows } from "../../api/flows";
import { saveText } from "../../components/download";
import { showFailure } from "../../components/toast";
import type { SaveState } from "../../flow/draft";
import { readPart } from "../../flow/fragment";
import { writeGraph } from "../../flow/graph";
import { isOver } from "../../flow/run-state";
import { SaveTemplateDialog } from "../../flow/templates/save-dialog";
import { useTemplateForm } from "../../flow/templates/texts";
import { ago } from "../../i18n/format";
import { useMay } from "../../session/me";
import { arrange, redo, undo } from "./commands";
import classes from "./flow.module.css";
import { stopRun } from "./run/start";
import { useDraft, useHistory, useIsEditable, useRun, useSession, useUi } from "./session";
import { useFlow } from "./texts";

function Tool({ label, keys, ...props }: { label: string; keys?: string; children: ReactNode } & ToolProps) {
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon size="md" aria-label={label} {...props} />
    </Tooltip>
  );
}

interface ToolProps {
  onClick: () => void;
  disabled?: boolean;
  "aria-pressed"?: boolean;
  variant?: string;
}

/** What can be done with the flow, and how it is saved. */
export function Toolbar() {
  const t = useFlow();
  const session = useSession();
  const { ui } = session;
  const isEditable = useIsEditable();
  const flow = useDraft((state) => state.flow);
  const history = useHistory();
  const mode = useUi((state) => state.mode);
  const status = useRun((view) => view.status);
  const isTesting = useUi((state) => state.isTesting);
  const isRunning = status !== undefined && !isOver(status);
  const problems = useDraft(({ report }) => report.problems.length);
  const isChanged = flow.live_version !== null && flow.revision !== flow.published_revision;
  return (
    <div className={classes.bar} role="toolbar" aria-label={t("toolbar.title")}>
      <Anchor
        component={Link}
        to={`/projects/${flow.project_id}` as never}
        aria-label={t("toolbar.back")}
        display="inline-flex"
      >
        <IconArrowLeft size={18} />
      </Anchor>
      <FlowName />
      <Badge variant="default">
        {flow.live_version === null
          ? t("state.draft")
          : t(isChanged ? "state.changed" : "state.live", { number: flow.live_version })}
      </Badge>
      <SavedState />
      <Group gap={2} ml="auto">
        <Tool
          label={t("toolbar.undo")}
          keys="Ctrl Z"
          disabled={!isEditable || history.past.length === 0}
          onClick={() => undo(session)}
        >
          <IconArrowBackUp size={17} />
        </Tool>
        <Tool
          label={t("toolbar.redo")}
          keys="Ctrl Shift Z"
          disabled={!isEditable || history.future.length === 0}
          onClick={() => redo(session)}
        >
          <IconArrowForwardUp size={17} />
        </Tool>
        <Tool label={t("toolbar.history")} onClick={() => ui.set({ drawer: "history" })}>
          <IconHistory size={17} />
        </Tool>
        <Tool
          label={t("toolbar.arrange")}
          keys="Shift L"
          disabled={!isEditable}
          onClick={() => void arrange(session)}
        >
          <IconLayoutDistributeHorizontal size={17} />
        </Tool>
        <Tool label={t("toolbar.search")} keys="Ctrl F" onClick={() => ui.set({ drawer: "search" })}>
          <IconSearch size={17} />
        </Tool>
        <Tool
          label={t(mode === "canvas" ? "toolbar.outline" : "toolbar.canvas")}
          aria-pressed={mode === "outline"}
          variant={mode === "outline" ? "light" : "subtle"}
          onClick={() => ui.set({ mode: mode === "canvas" ? "outline" : "canvas" })}
        >
          {mode === "canvas" ? <IconListTree size={17} /> : <IconSchema size={17} />}
        </Tool>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconChecks size={15} />}
          onClick={() => {
            void session.draft.flush();
            ui.set({ drawer: "problems" });
          }}
        >
          {problems > 0 ? t("toolbar.problems", { count: problems }) : t("toolbar.validate")}
        </Button>
        {session.mayRun && !session.isFrozen && (
          <Button
            size="compact-sm"
            variant={isRunning ? "light" : "filled"}
            color={isRunning ? "red" : undefined}
            data-tour="run"
            leftSection={isRunning ? <IconPlayerStop size={15} /> : <IconPlayerPlay size={15} />}
            onClick={() => (isRunning ? void stopRun(session) : ui.set({ isTesting: !isTesting }))}
          >
            {t(isRunning ? "toolbar.stop" : "toolbar.run")}
          </Button>
        )}
        {session.mayPublish && !session.isFrozen && (
          <Button
            size="compact-sm"
            variant="light"
            data-tour="publish"
            leftSection={<IconRocket size={15} />}
            onClick={() => ui.set({ dialog: "publish" })}
          >
            {t("toolbar.publish")}
          </Button>
        )}
        <More />
      </Group>
    </div>
  );
}

function FlowName() {
  const t = useFlow();
  const session = useSession();
  const { draft } = session;
  const isEditable = useIsEditable();
  const flow = useDraft((state) => state.flow);
  const [name, setName] = useState(flow.name);
  const client = useQueryClient();
  useEffect(() => setName(flow.name), [flow.name]);
  const rename = useMutation({
    mutationFn: async () => {
      await draft.flush();
      const { revision } = draft.state.get().flow;
      return flows.save(session.id, { revision, name: name.trim() });
    },
    onSuccess: (saved) => {
      draft.adopt(saved);
      void client.invalidateQueries({ queryKey: ["flows"] });
    },
  });
  return (
    <input
      className={classes.name}
      aria-label={t("toolbar.name")}
      size={Math.max(8, Math.min(name.length, 32))}
      value={name}
      readOnly={!isEditable}
      maxLength={200}
      onChange={(event) => setName(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      onBlur={() => {
        if (name.trim() && name.trim() !== flow.name) rename.mutate();
        else setName(flow.name);
      }}
    />
  );
}

function wordOf(t: ReturnType<typeof useFlow>, save: SaveState, now: number): string {
  switch (save.kind) {
    case "saved":
      return t("save.saved", { ago: ago(new Date(save.at).toISOString(), now) });
    case "failed":
      return t("save.failed", { message: save.message });
    default:
      return t(`save.${save.kind}`);
  }
}

function SavedState() {
  const t = useFlow();
  const session = useSession();
  const save = useDraft((state) => state.save);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  if (session.isFrozen || !session.mayWrite) {
    return (
      <Text size="xs" c="dimmed">
        {t("save.readOnly")}
      </Text>
    );
  }
  const isBad = save.kind === "failed" || save.kind === "conflict" || save.kind === "offline";
  return (
    <Text size="xs" c={isBad ? "var(--mantine-color-error)" : "dimmed"} role="status">
      {wordOf(t, save, Math.max(now, save.kind === "saved" ? save.at : 0))}
    </Text>
  );
}

function More() {
  const t = useFlow();
  const templateForm = useTemplateForm();
  const may = useMay();
  const [isKept, setKept] = useState(false);
  const session = useSession();
  const { ui, editor } = session;
  const isEditable = useIsEditable();
  const flow = useDraft((state) => state.flow);
  const file = useRef<HTMLInputElement>(null);
  const isSnapping = useUi((state) => state.isSnapping);
  const hasMinimap = useUi((state) => state.hasMinimap);
  return (
    <>
      <input
        ref={file}
        type="file"
        accept=".json"
        hidden
        aria-hidden
        onChange={async (event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          const graph = chosen && readPart(await chosen.text());
          if (graph) {
            editor.apply({ key: "import" }, () => graph);
            ui.set({ look: { nodes: [] } });
          } else showFailure(new Error(t("toolbar.unreadable")));
        }}
      />
      <Menu>
        <Menu.Target>
          <ActionIcon size="md" aria-label={t("toolbar.more")}>
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconApi size={15} />} onClick={() => ui.set({ drawer: "deployment" })}>
            {t("toolbar.deployment")}
          </Menu.Item>
          <Menu.Item leftSection={<IconInbox size={15} />} onClick={() => ui.set({ drawer: "deliveries" })}>
            {t("toolbar.deliveries")}
          </Menu.Item>
          <Menu.Item leftSection={<IconVersions size={15} />} onClick={() => ui.set({ drawer: "versions" })}>
            {t("toolbar.versions")}
          </Menu.Item>
          <Menu.Item leftSection={<IconHistory size={15} />} onClick={() => ui.set({ drawer: "runs" })}>
            {t("toolbar.runs")}
          </Menu.Item>
          <Menu.Item leftSection={<IconVariable size={15} />} onClick={() => ui.set({ dialog: "variables" })}>
            {t("toolbar.variables")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconUpload size={15} />}
            onClick={() => saveText(`${flow.slug}.json`, JSON.stringify(writeGraph(editor.graph), null, 2))}
          >
            {t("toolbar.export")}
          </Menu.Item>
          {isEditable && <Menu.Item onClick={() => file.current?.click()}>{t("toolbar.import")}</Menu.Item>}
          {isEditable && may("templates:write") && (
            <Menu.Item leftSection={<IconTemplate size={15} />} onClick={() => setKept(true)}>
              {templateForm("menu")}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item onClick={() => ui.set({ isSnapping: !isSnapping })}>
            {t(isSnapping ? "toolbar.snapOff" : "toolbar.snapOn")}
          </Menu.Item>
          <Menu.Item onClick={() => ui.set({ hasMinimap: !hasMinimap })}>
            {t(hasMinimap ? "toolbar.minimapOff" : "toolbar.minimapOn")}
          </Menu.Item>
          <Menu.Item leftSection={<IconHelp size={15} />} onClick={() => ui.set({ drawer: "help" })}>
            {t("toolbar.help")}
          </Menu.Item>
          <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={() => ui.set({ drawer: "shortcuts" })}>
            {t("toolbar.shortcuts")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SaveTemplateDialog
        flow={isKept ? flow : undefined}
        before={() => session.draft.flush()}
        onClose={() => setKept(false)}
      />
    </>
  );
}
