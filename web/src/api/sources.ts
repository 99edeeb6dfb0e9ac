/** The folders and buckets that a collection is kept in step with. */
import type { components } from "../../types/schema";
import { api, body } from "./client";

type Schemas = components["schemas"];
export type CollectionSource = Schemas["SourceView"];
export type NewSource = Schemas["NewSource"];
export type SourceTrial = Schemas["SourceTrial"];

const limit = 50;
const path = (id: string, source_id: string) => ({ params: { path: { id, source_id } } });

export const sources = {
  list: async (id: string) =>
    (await body(api.GET("/api/v1/collections/{id}/sources", { params: { path: { id }, query: { limit } } })))
      .data,
  create: (id: string, content: NewSource) =>
    body(api.POST("/api/v1/collections/{id}/sources", { params: { path: { id } }, body: content })),
  update: (id: string, source_id: string, content: NewSource) =>
    body(api.PUT("/api/v1/collections/{id}/sources/{source_id}", { ...path(id, source_id), body: content })),
  test: (id: string, content: NewSource, source_id?: string) =>
    body(
      api.POST("/api/v1/collections/{id}/sources/test", {
        params: { path: { id }, query: { source_id } },
        body: content,
      }),
    ),
  sync: (id: string, source_id: string) =>
    body(api.POST("/api/v1/collections/{id}/sources/{source_id}/sync", path(id, source_id))),
  remove: (id: string, source_id: string) =>
    body(api.DELETE("/api/v1/collections/{id}/sources/{source_id}", path(id, source_id))),
  failed: async (id: string, source_id: string) =>
    (
      await body(
        api.GET("/api/v1/collections/{id}/sources/{source_id}/files", {
          params: { path: { id, source_id }, query: { failed: true, limit } },
        }),
      )
    ).data,
};
