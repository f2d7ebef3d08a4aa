import { useQuery } from "@tanstack/react-query";
import { allPages, api, body, type Schemas } from "./client";
import { polled } from "./queries";

export type FleetItem = Schemas["FleetItem"];

/** All stations with what they do now and their days so far, anew every ten seconds. */
export function useFleet() {
  return useQuery({
    queryKey: ["fleet"],
    queryFn: ({ signal }) => allPages((at) => body(api.GET("/api/v1/fleet", { params: { query: at }, signal }))),
    ...polled(10_000),
  });
}
