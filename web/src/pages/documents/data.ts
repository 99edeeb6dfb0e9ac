import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { collections, documents, type JobView, watchJobs } from "../../api/collections";
import { useModels } from "../../api/models";
import { useCursorList } from "../../components/cursor-list";

export function useCollections() {
  return useCursorList(["collections"], (cursor) => collections.list(cursor));
}

export function useCollection(id: string) {
  return useQuery({ queryKey: ["collection", id], queryFn: () => collections.get(id) });
}

export function useDocuments(id: string) {
  return useCursorList(["documents", id], (cursor) => documents.list(id, cursor));
}

export function isOver({ state }: JobView): boolean {
  return state !== "queued" && state !== "running";
}

/** The jobs of a collection, the newest first, as they go on. */
export function useJobs(id: string): JobView[] {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ["jobs", id],
    queryFn: async () => (await collections.jobs(id)).data,
  });
  useEffect(() => {
    const control = new AbortController();
    const show = (job: JobView) => {
      client.setQueryData<JobView[]>(["jobs", id], (before) => withJob(before ?? [], job));
      if (!isOver(job)) return;
      void client.invalidateQueries({ queryKey: ["documents", id] });
      void client.invalidateQueries({ queryKey: ["collection", id] });
      if (job.document_id) void client.invalidateQueries({ queryKey: ["document", job.document_id] });
    };
    void watchJobs(id, show, control.signal);
    return () => control.abort();
  }, [id, client]);
  return data ?? [];
}

/** The list with a job as it is now, in its place or in front. */
export function withJob(jobs: JobView[], job: JobView): JobView[] {
  if (!jobs.some(({ id }) => id === job.id)) return [job, ...jobs];
  return jobs.map((one) => (one.id === job.id && one.updated_at <= job.updated_at ? job : one));
}

/** A change of a collection or of what is in it, after which both are read again. */
export function useChange<Values, Result>(
  change: (values: Values) => Promise<Result>,
  done?: (result: Result, values: Values) => void,
  meta?: { silent: true },
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta,
    onSuccess: async (result, values) => {
      done?.(result, values);
      const keys = ["collections", "collection", "documents", "document", "chunks", "jobs"];
      keys.push("cases", "evaluations", "sources", "source-files");
      await Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
}

/** Names of the models that make vectors. */
export function useEmbeddingModels(): string[] {
  const { data } = useModels();
  return (data ?? []).filter(({ mode }) => mode === "embedding").map(({ id }) => id);
}
