import { useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { download } from "../../components/download";

export type Meter = components["schemas"]["Meter"];
export type Overview = components["schemas"]["Overview"];
export type MonthTotal = components["schemas"]["MonthTotal"];
export type StatementLine = components["schemas"]["StatementLine"];

export function useOverview() {
  return useQuery({
    queryKey: ["billing", "overview"],
    queryFn: () => body(api.GET("/api/v1/billing")),
  });
}

export function usePlans() {
  return useQuery({
    queryKey: ["plans"],
    staleTime: 300_000,
    queryFn: async () => (await body(api.GET("/api/v1/plans"))).data,
  });
}

export function useStatements() {
  return useQuery({
    queryKey: ["billing", "statements"],
    queryFn: async () => (await body(api.GET("/api/v1/billing/statements"))).data,
  });
}

export function useStatement(month: string) {
  return useQuery({
    queryKey: ["billing", "statement", month],
    queryFn: () => body(api.GET("/api/v1/billing/statements/{month}", { params: { path: { month } } })),
  });
}

/** A statement as a file, by the name under which the server has it. */
export function downloadStatement(month: string, format: "pdf" | "csv"): Promise<void> {
  return download(`/api/v1/billing/statements/${month}.${format}`, `statement-${month}.${format}`);
}
