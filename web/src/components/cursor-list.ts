import { useInfiniteQuery } from "@tanstack/react-query";

/** A page of any list of `/api/v1`. */
interface CursorPage<Row> {
  data: Row[];
  next_cursor?: string | null;
}

/** A list of the API, page after page, in the form that the data table takes. */
export function useCursorList<Row>(
  key: unknown[],
  load: (cursor: string | undefined) => Promise<CursorPage<Row>>,
) {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => load(pageParam),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.data),
    error: query.error,
    onRetry: () => void query.refetch(),
    more: query.hasNextPage
      ? { load: () => void query.fetchNextPage(), isLoading: query.isFetchingNextPage }
      : undefined,
  };
}
