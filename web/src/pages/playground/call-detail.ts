import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { Failure } from "../../api/failure";

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
