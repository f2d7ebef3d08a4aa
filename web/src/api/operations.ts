import { useMutation, useQuery } from "@tanstack/react-query";
import { api, body, most, type Schemas } from "./client";
import { polled, refresh } from "./queries";

export type Projection = Schemas["ProjectionStatus"];
export type DeadLetter = Schemas["DeadLetter"];

/** How far each read model and policy is, anew every few seconds. */
export function useProjections() {
  return useQuery({
    queryKey: ["projections"],
    queryFn: async ({ signal }) => (await body(api.GET("/api/v1/projections", { signal }))).items,
    ...polled(5_000),
  });
}

/** Events that a projection couldn't take, and those that follow them in their streams. */
export function useDeadLetters() {
  return useQuery({
    queryKey: ["dead letters"],
    queryFn: async ({ signal }) => {
      const params = { query: { limit: String(most) } };
      return (await body(api.GET("/api/v1/dead-letters", { params, signal }))).items;
    },
    ...polled(15_000),
  });
}

/** Projects the parked events of a stream again. */
export function useReplayDeadLetters() {
  return useMutation({
    mutationFn: (of: { projection: string; stream: string }) =>
      body(api.POST("/api/v1/dead-letters/replay", { body: of })),
    onSettled: refresh,
  });
}
