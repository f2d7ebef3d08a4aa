import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, Loading, Stale } from "./states";

interface Props<T> {
  query: UseQueryResult<T>;
  /** Whether what came is nothing, and what to show then. */
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Shows what a query gives, or the state that it is in instead. What was there before stays, marked as stale. */
export function Resource<T>({ query, isEmpty, empty, loading, children }: Props<T>) {
  const { data, error } = query;
  if (data === undefined) {
    if (error) return <ErrorState error={error} again onRetry={() => void query.refetch()} />;
    return loading ?? <Loading />;
  }
  return (
    <>
      {error && <Stale />}
      {isEmpty?.(data) ? empty : children(data)}
    </>
  );
}
