import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSession } from "../session/session";
import { api, apiUrl, body, type Schemas } from "./client";
import { streamInterrupted } from "./connection";
import { queryClient } from "./queries";
import { readStream, type StreamState } from "./stream";

/** The latest value of one key of a device: as it was sent, and what it means as it is mapped. */
export type LatestValue = Schemas["LatestValue"];
type LiveMessage = Schemas["LiveMessage"];

// Ten updates a second are more than anybody reads; the page is drawn this often.
const drawEvery = 250;

/** The latest values of a station's devices, kept so by the stream. */
export function useLatest(stationId: string): { query: UseQueryResult<LatestValue[]>; stream: StreamState } {
  const { session } = useSession();
  const [stream, setStream] = useState<StreamState>("connecting");

  const query = useQuery({
    queryKey: latestKey(stationId),
    queryFn: async ({ signal }) => {
      const params = { query: { station_id: stationId } };
      const { items } = await body(api.GET("/api/v1/telemetry/latest", { params, signal }));
      // What the stream brought while the answer was on its way is newer.
      const known = new Map(queryClient.getQueryData<LatestValue[]>(latestKey(stationId))?.map((v) => [id(v), v]));
      return items.map((v) => newer(known.get(id(v)), v));
    },
  });

  useEffect(() => {
    const abort = new AbortController();
    let waiting: LiveMessage[] = [];
    const draw = setInterval(() => {
      if (waiting.length === 0) return;
      const messages = waiting;
      waiting = [];
      queryClient.setQueryData<LatestValue[]>(latestKey(stationId), (values) => values && apply(values, messages));
    }, drawEvery);
    void readStream({
      url: apiUrl(`/api/v1/telemetry/stream?station_id=${encodeURIComponent(stationId)}`),
      signal: abort.signal,
      onEvent: ({ event, data }) => {
        if (event === "telemetry") waiting.push(JSON.parse(data) as LiveMessage);
      },
      onState: (state) => {
        setStream(state);
        streamInterrupted(state === "waiting");
        // What came before the stream began.
        if (state === "live") void refresh(stationId);
      },
    });
    return () => {
      abort.abort();
      clearInterval(draw);
      streamInterrupted(false);
    };
  }, [stationId, session?.token]);

  return { query, stream };
}

/** The values with those of newer messages in their places. */
export function apply(values: LatestValue[], messages: LiveMessage[]): LatestValue[] {
  const all = new Map(values.map((v) => [id(v), v]));
  for (const message of messages) {
    const sent = message.values as Record<string, unknown>;
    const points = new Map(message.points.map((p) => [p.key, p]));
    for (const [key, value] of Object.entries(sent)) {
      const point = points.get(key);
      const next: LatestValue = {
        deviceId: message.deviceId,
        key,
        ts: message.ts,
        heardAt: message.receivedAt,
        value,
        semantic: point?.semantic ?? null,
        unit: point?.unit ?? null,
        mapped: point?.value ?? null,
        ...(point?.reason && { reason: point.reason }),
      };
      all.set(id(next), newer(all.get(id(next)), next));
    }
  }
  return [...all.values()];
}

function newer(a: LatestValue | undefined, b: LatestValue): LatestValue {
  return a && Date.parse(a.ts) > Date.parse(b.ts) ? a : b;
}

async function refresh(stationId: string): Promise<void> {
  await queryClient.cancelQueries({ queryKey: latestKey(stationId) });
  await queryClient.invalidateQueries({ queryKey: latestKey(stationId) });
}

function latestKey(stationId: string) {
  return ["latest", stationId];
}

function id(v: { deviceId: string; key: string }): string {
  return `${v.deviceId}\n${v.key}`;
}
