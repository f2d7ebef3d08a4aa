import { useQuery } from "@tanstack/react-query";
import { allPages, api, body, type Schemas } from "./client";

export type StationSummary = Schemas["StationSummary"];

/** All stations that the caller may see. */
export function useStations() {
  return useQuery({
    queryKey: ["stations"],
    queryFn: ({ signal }) => allPages((at) => body(api.GET("/api/v1/stations", { params: { query: at }, signal }))),
    staleTime: 60_000,
  });
}
