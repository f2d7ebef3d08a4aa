import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";

export type StationSummary = Schemas["StationSummary"];

/** All stations that the caller may see. */
export function useStations() {
  return useQuery({
    queryKey: ["stations"],
    queryFn: async ({ signal }) => {
      const items: StationSummary[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: "1000", ...(cursor && { cursor }) };
        const page = await body(api.GET("/api/v1/stations", { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      return items;
    },
    staleTime: 60_000,
  });
}
