import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "./client";
import { polled } from "./queries";

export type FleetItem = Schemas["FleetItem"];

/** All stations with what they do now and their days so far, anew every ten seconds. */
export function useFleet() {
  return useQuery({
    queryKey: ["fleet"],
    queryFn: async ({ signal }) => {
      const items: FleetItem[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: "1000", ...(cursor && { cursor }) };
        const page = await body(api.GET("/api/v1/fleet", { params: { query }, signal }));
        items.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      return items;
    },
    ...polled(10_000),
  });
}
