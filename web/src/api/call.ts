import { useQuery } from "@tanstack/react-query";
import type { components } from "../../types/schema";
import { api, body } from "./client";
import { Failure } from "./failure";

/** The usage rows of a call. They reach the database within a second of its end, so that is waited for. */
export function useCallDetail(requestId: string | null, enabled: boolean) {
  return useQuery({
    queryKey: ["request", requestId],
    enabled: enabled && requestId !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: (failures, error) => failures < 8 && Failure.of(error).status === 404,
    retryDelay: 400,
    queryFn: () =>
      body(
        api.GET("/api/v1/usage/requests/{request_id}", { params: { path: { request_id: requestId ?? "" } } }),
      ),
  });
}

/** One attempt at a provider. A call has several where it was tried again or elsewhere. */
export type AttemptRow = components["schemas"]["AttemptRow"];

/** A call with all its attempts. */
export type CallDetail = components["schemas"]["CallDetail"];
