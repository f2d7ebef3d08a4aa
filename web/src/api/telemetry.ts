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
      const known = byKey(queryClient.getQueryData<LatestValue[]>(latestKey(stationId)) ?? []);
      return [...byKey(items)].flatMap(([key, values]) => newer(known.get(key), values));
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
  const all = byKey(values);
  for (const { deviceId, ts, receivedAt, values: sent, points } of messages) {
    for (const [key, value] of Object.entries(sent as Record<string, unknown>)) {
      const raw = { deviceId, key, ts, heardAt: receivedAt, value };
      const mapped = points
        .filter((p) => p.key === key)
        .map((p) => ({
          ...raw,
          semantic: p.semantic,
          unit: p.unit,
          mapped: p.value,
          ...(p.reason && { reason: p.reason }),
        }));
      const next = mapped.length > 0 ? mapped : [{ ...raw, semantic: null, unit: null, mapped: null }];
      all.set(id(raw), newer(all.get(id(raw)), next));
    }
  }
  return [...all.values()].flat();
}

/** What each key says: one value, or one for each of the points that it is mapped to. */
function byKey(values: LatestValue[]): Map<string, LatestValue[]> {
  const all = new Map<string, LatestValue[]>();
  for (const v of values) all.set(id(v), [...(all.get(id(v)) ?? []), v]);
  return all;
}

function newer(a: LatestValue[] | undefined, b: LatestValue[]): LatestValue[] {
  return a?.[0] && b[0] && Date.parse(a[0].ts) > Date.parse(b[0].ts) ? a : b;
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
