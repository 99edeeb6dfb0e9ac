import { Alert, Button, FileInput, Group, List, Modal, Stack, Text } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type ImportReport, projects } from "../../api/flows";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { useChange } from "./data";
import { useProjects } from "./texts";

interface Read {
  /** What the API takes: a document, or YAML as text. */
  wanted: { document: unknown } | { yaml: string };
  name: string;
}

interface Props {
  isOpen: boolean;
  onClose: () => void;
  /** Called with the project it has become. */
  onDone: (project: string) => void;
}

/** Reads an exported file as a document, or as YAML that the server reads. */
export function readDocument(text: string, fileName: string): Read | undefined {
  const name = fileName.replace(/\.[^.]*$/, "");
  try {
    const document = JSON.parse(text) as { format?: unknown; project?: { name?: unknown } } | null;
    if (typeof document?.format !== "string") return undefined;
    const said = document.project?.name;
    return { wanted: { document }, name: typeof said === "string" && said ? said : name };
  } catch {
    if (!/^format:/m.test(text)) return undefined;
    const said = /^\s+name:\s*["']?(.+?)["']?\s*$/m.exec(text)?.[1];
    return { wanted: { yaml: text }, name: said ?? name };
  }
}

/** A file becomes a project; what this organization lacks is said afterwards. */
export function ImportDialog({ isOpen, onClose, onDone }: Props) {
  const t = useProjects();
  const common = useCommon();
  const [file, setFile] = useState<File | null>(null);
  const [read, setRead] = useState<Read>();
  const [isUnreadable, setUnreadable] = useState(false);
  const [report, setReport] = useState<{ project: string; report: ImportReport }>();
  const close = () => {
    setFile(null);
    setRead(undefined);
    setReport(undefined);
    setUnreadable(false);
    onClose();
  };
  const reading = useMutation({
    mutationFn: async (chosen: File) => readDocument(await chosen.text(), chosen.name),
    onSuccess: (found) => {
      setRead(found);
      setUnreadable(!found);
    },
  });
  const importing = useChange(
    async ({ wanted, name }: Read) => {
      const project = await projects.create({ name });
      try {
        return { project: project.id, report: await projects.import(project.id, wanted) };
      } catch (error) {
        // A file that is refused must not leave an empty project behind.
        await projects.remove(project.id);
        throw error;
      }
    },
    (result) => {
      if (isComplete(result.report)) {
        showDone(t("importing.done"));
        close();
        onDone(result.project);
      } else setReport(result);
    },
  );
  return (
    <Modal opened={isOpen} onClose={close} title={t("importing.title")}>
      <Stack gap="sm">
        {!report && (
          <>
            <Text size="sm" c="dimmed">
              {t("importing.hint")}
            </Text>
            <FileInput
              label={t("field.file")}
              accept=".json,.yaml,.yml"
              leftSection={<IconFileImport size={16} />}
              value={file}
              clearable
              error={isUnreadable && t("importing.unreadable")}
              onChange={(chosen) => {
                setFile(chosen);
                setRead(undefined);
                setUnreadable(false);
                if (chosen) reading.mutate(chosen);
              }}
            />
            {importing.error && <FailureNotice error={importing.error} />}
          </>
        )}
        {report && <Report report={report.report} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {common(report ? "close" : "cancel")}
          </Button>
          {report ? (
            <Button
              onClick={() => {
                close();
                onDone(report.project);
              }}
            >
              {common("continue")}
            </Button>
          ) : (
            <Button
              disabled={!read}
              loading={importing.isPending}
              onClick={() => read && importing.mutate(read)}
            >
              {t("importing.submit")}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function missingIn({ missing }: ImportReport): string[] {
  return [...missing.credentials, ...missing.collections, ...missing.secrets, ...missing.workflows];
}

function isComplete(report: ImportReport): boolean {
  return missingIn(report).length === 0 && report.workflows.every((flow) => flow.report.is_valid);
}

function Report({ report }: { report: ImportReport }) {
  const t = useProjects();
  const missing = missingIn(report);
  return (
    <Stack gap="xs">
      <Text size="sm">{t("importing.will", { count: report.workflows.length })}</Text>
      {missing.length > 0 && (
        <Alert color="yellow">
          <Text size="sm">{t("importing.missing")}</Text>
          <List size="sm" mt={4}>
            {missing.map((name) => (
              <List.Item key={name}>{name}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {report.workflows
        .filter((flow) => flow.report.problems.length > 0)
        .map((flow) => (
          <Text key={flow.slug} size="sm">
            {t("importing.problems", { name: flow.name, count: flow.report.problems.length })}
          </Text>
        ))}
    </Stack>
  );
}
