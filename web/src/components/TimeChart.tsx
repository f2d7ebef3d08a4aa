import { lazy, Suspense } from "react";
import type { TimeChartProps } from "./chart/types";
import { chunk } from "./chunk";
import { Loading } from "./states";

export type { Band, Mark, Series, TimeChartProps } from "./chart/types";

const Plot = lazy(chunk(() => import("./chart/Plot")));

/** Values over a station's time, readable by pointer, by keys and as a table. */
export function TimeChart(props: TimeChartProps) {
  return (
    <Suspense fallback={<Loading lines={6} />}>
      <Plot {...props} />
    </Suspense>
  );
}
