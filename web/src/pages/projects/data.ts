import { useMutation, useQueryClient } from "@tanstack/react-query";
import { flows, type Project, projects } from "../../api/flows";
import { useCursorList } from "../../components/cursor-list";
import { saveText } from "../../components/download";
import { showDone } from "../../components/toast";
import { useProjects } from "./texts";

export function useProjectList(archived: boolean) {
  return useCursorList(["projects", { archived }], (cursor) => projects.list({ archived, cursor }));
}

export function useFlowList(project: string, archived: boolean) {
  return useCursorList(["flows", project, { archived }], (cursor) =>
    flows.list({ project_id: project, archived, cursor }),
  );
}

/** A change after which lists are read again. */
export function useChange<Values, Result>(
  change: (values: Values) => Promise<Result>,
  done?: (result: Result, values: Values) => void,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (result, values) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["projects"] }),
        client.invalidateQueries({ queryKey: ["flows"] }),
      ]);
      done?.(result, values);
    },
  });
}

/** Copies, archives and removes projects, and saves them as files. */
export function useProjectDeeds(onGone?: () => void) {
  const t = useProjects();
  return {
    duplicate: useChange(
      (project: Project) => projects.duplicate(project.id),
      (_, { name }) => showDone(t("duplicated", { name })),
    ),
    archive: useChange(
      (project: Project) => projects.archive(project.id, !project.is_archived),
      (_, { name, is_archived }) => showDone(t(is_archived ? "unarchivedDone" : "archivedDone", { name })),
    ),
    remove: useChange(
      (project: Project) => projects.remove(project.id),
      (_, { name }) => {
        showDone(t("removed", { name }));
        onGone?.();
      },
    ),
    export: useMutation({
      mutationFn: async (project: Project) => {
        const document = await projects.export(project.id);
        saveText(`${project.name}.json`, JSON.stringify(document, null, 2));
      },
    }),
  };
}
