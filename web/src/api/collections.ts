/** Collections and their documents, as `/api/v1` gives them. */
import type { components } from "../../types/schema";
import { sessionFetch } from "../session/fetch";
import { api, body } from "./client";
import { EventReader } from "./events";
import { Failure } from "./failure";

type Schemas = components["schemas"];
export type Collection = Schemas["CollectionView"];
export type StoredDocument = Schemas["Document"];
export type Chunk = Schemas["Chunk"];
export type JobView = Schemas["JobView"];
export type SearchHit = Schemas["SearchHit"];
export type Citation = Schemas["Citation"];
export type Source = Schemas["Source"];
export type Chunking = Schemas["ChunkingSettings"];
export type Work = Schemas["Work"];

const limit = 100;

export const collections = {
  list: (cursor?: string) => body(api.GET("/api/v1/collections", { params: { query: { limit, cursor } } })),
  get: (id: string) => body(api.GET("/api/v1/collections/{id}", { params: { path: { id } } })),
  create: (content: Schemas["NewCollection"]) => body(api.POST("/api/v1/collections", { body: content })),
  update: (id: string, content: Schemas["PatchCollection"]) =>
    body(api.PATCH("/api/v1/collections/{id}", { params: { path: { id } }, body: content })),
  remove: (id: string) => body(api.DELETE("/api/v1/collections/{id}", { params: { path: { id } } })),
  jobs: (id: string) =>
    body(api.GET("/api/v1/collections/{id}/jobs", { params: { path: { id }, query: { limit } } })),
  work: (id: string, kind: Work) =>
    body(api.POST("/api/v1/collections/{id}/jobs", { params: { path: { id } }, body: { kind } })),
  cancel: (id: string, job_id: string) =>
    body(api.POST("/api/v1/collections/{id}/jobs/{job_id}/cancel", { params: { path: { id, job_id } } })),
  search: (id: string, content: Schemas["SearchRequest"]) =>
    body(api.POST("/api/v1/collections/{id}/search", { params: { path: { id } }, body: content })),
  preview: (id: string, content: Schemas["Preview"]) =>
    body(api.POST("/api/v1/collections/{id}/chunk-preview", { params: { path: { id } }, body: content })),
  saveChunk: (id: string, chunk_id: string, content: Schemas["PatchChunk"]) =>
    body(
      api.PATCH("/api/v1/collections/{id}/chunks/{chunk_id}", {
        params: { path: { id, chunk_id } },
        body: content,
      }),
    ),
};

const place = (id: string, document_id: string) => ({ params: { path: { id, document_id } } });
const documentPath = "/api/v1/collections/{id}/documents/{document_id}";

export const documents = {
  list: (id: string, cursor?: string) =>
    body(
      api.GET("/api/v1/collections/{id}/documents", { params: { path: { id }, query: { limit, cursor } } }),
    ),
  get: (id: string, document: string) => body(api.GET(documentPath, place(id, document))),
  update: (id: string, document: string, content: Schemas["PatchDocument"]) =>
    body(api.PATCH(documentPath, { ...place(id, document), body: content })),
  remove: (id: string, document: string) => body(api.DELETE(documentPath, place(id, document))),
  chunks: (id: string, document: string, cursor?: string) =>
    body(
      api.GET(`${documentPath}/chunks`, {
        params: { path: { id, document_id: document }, query: { limit, cursor } },
      }),
    ),
  addChunk: (id: string, document: string, text: string) =>
    body(api.POST(`${documentPath}/chunks`, { ...place(id, document), body: { text } })),
  page: (id: string, document: string, number: number) =>
    body(
      api.GET(`${documentPath}/pages/{number}`, { params: { path: { id, document_id: document, number } } }),
    ),
  reprocess: (id: string, document: string, password?: string) =>
    body(api.POST(`${documentPath}/reprocess`, { ...place(id, document), body: { password } })),
  fromText: (id: string, name: string, text: string) =>
    body(
      api.POST("/api/v1/collections/{id}/documents/text", { params: { path: { id } }, body: { name, text } }),
    ),
  fromUrl: (id: string, url: string) =>
    body(api.POST("/api/v1/collections/{id}/documents/url", { params: { path: { id } }, body: { url } })),
  /** Where the original file is downloaded. */
  original: (id: string, document: string) => `/api/v1/collections/${id}/documents/${document}/content`,
  upload: async (id: string, file: File): Promise<Schemas["AcceptedDocument"]> => {
    const form = new FormData();
    form.set("file", file);
    return answerOf(
      await sessionFetch(`/api/v1/collections/${id}/documents`, { method: "POST", body: form }),
    );
  },
};

async function answerOf<T>(response: Response): Promise<T> {
  const content = await response.json().catch(() => null);
  if (!response.ok) throw Failure.from(response, content);
  return content as T;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Gives every change of a collection's jobs to `show` until `signal` ends it; connects again after breaks. */
export async function watchJobs(
  id: string,
  show: (job: JobView) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, 15_000)) {
    try {
      const response = await sessionFetch(`/api/v1/collections/${id}/events`, { signal });
      // A refusal stays one.
      if (response.status >= 400 && response.status < 500) return;
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const events = new EventReader();
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
        if (done) break;
        for (const data of events.push(value)) show(JSON.parse(data) as JobView);
        wait = 500;
      }
    } catch {
      if (signal.aborted) return;
    }
    await pause(wait);
  }
}
