/** The questions that a collection is evaluated by, and its evaluations. */
import type { components } from "../../types/schema";
import { api, body } from "./client";

type Schemas = components["schemas"];
export type Case = Schemas["Case"];
export type NewCase = Schemas["NewCase"];
export type Evaluation = Schemas["Run"];
export type CaseResult = Schemas["CaseResult"];
export type EvaluationSettings = Schemas["EvaluationSettings"];

const limit = 50;
const at = (id: string) => ({ params: { path: { id } } });

export const evaluation = {
  cases: async (id: string) =>
    (await body(api.GET("/api/v1/collections/{id}/evaluation/cases", at(id)))).data,
  addCase: (id: string, content: NewCase) =>
    body(api.POST("/api/v1/collections/{id}/evaluation/cases", { ...at(id), body: content })),
  saveCase: (id: string, case_id: string, content: NewCase) =>
    body(
      api.PUT("/api/v1/collections/{id}/evaluation/cases/{case_id}", {
        params: { path: { id, case_id } },
        body: content,
      }),
    ),
  removeCase: (id: string, case_id: string) =>
    body(
      api.DELETE("/api/v1/collections/{id}/evaluation/cases/{case_id}", {
        params: { path: { id, case_id } },
      }),
    ),
  runs: (id: string, cursor?: string) =>
    body(
      api.GET("/api/v1/collections/{id}/evaluation/runs", {
        params: { path: { id }, query: { limit, cursor } },
      }),
    ),
  begin: (id: string, content: Schemas["NewRun"]) =>
    body(api.POST("/api/v1/collections/{id}/evaluation/runs", { ...at(id), body: content })),
  run: (id: string, run_id: string) =>
    body(api.GET("/api/v1/collections/{id}/evaluation/runs/{run_id}", { params: { path: { id, run_id } } })),
  removeRun: (id: string, run_id: string) =>
    body(
      api.DELETE("/api/v1/collections/{id}/evaluation/runs/{run_id}", { params: { path: { id, run_id } } }),
    ),
};
