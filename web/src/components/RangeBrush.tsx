import { useMemo } from "react";
import { Slider, SliderThumb, SliderTrack } from "react-aria-components/Slider";
import { useT } from "../i18n";
import styles from "./RangeBrush.module.css";

interface Props {
  label: string;
  /** All that there is, in milliseconds. */
  from: number;
  to: number;
  /** The least part that can be chosen. */
  step: number;
  /** What is drawn to find one's way by. */
  times: readonly number[];
  values: readonly (number | null)[];
  range: { from: number; to: number };
  text: (instant: number) => string;
  onChange: (range: { from: number; to: number }) => void;
}

const width = 600;
const height = 40;

/** A small picture of the whole with two handles about the part that is looked at. */
export function RangeBrush({ label, from, to, step, times, values, range, text, onChange }: Props) {
  const t = useT();
  const path = useMemo(() => outline(from, to, times, values), [from, to, times, values]);
  const share = (instant: number) => ((instant - from) / (to - from)) * width;
  return (
    <Slider
      className={styles.brush}
      aria-label={label}
      minValue={from}
      maxValue={to}
      step={step}
      value={[range.from, range.to]}
      onChange={([a = from, b = to]) => b - a >= step && onChange({ from: a, to: b })}
    >
      <SliderTrack className={styles.track}>
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          <path className={styles.outline} d={path} />
          <rect className={styles.outside} x="0" width={Math.max(0, share(range.from))} height={height} />
          <rect
            className={styles.outside}
            x={share(range.to)}
            width={Math.max(0, width - share(range.to))}
            height={height}
          />
        </svg>
        <SliderThumb index={0} className={styles.thumb} aria-label={t("chart.from", { time: text(range.from) })} />
        <SliderThumb index={1} className={styles.thumb} aria-label={t("chart.to", { time: text(range.to) })} />
      </SliderTrack>
    </Slider>
  );
}

/** An area of the highest value of each column of pixels. */
function outline(from: number, to: number, times: readonly number[], values: readonly (number | null)[]): string {
  const columns = new Float64Array(width);
  let most = 0;
  times.forEach((time, i) => {
    const next = times[i + 1] ?? to;
    const value = Math.abs(values[i] ?? 0);
    most = Math.max(most, value);
    const last = Math.min(width - 1, Math.ceil(((next - from) / (to - from)) * width) - 1);
    for (let x = Math.floor(((time - from) / (to - from)) * width); x <= last; x++) {
      if (x >= 0) columns[x] = Math.max(columns[x] ?? 0, value);
    }
  });
  let path = `M0 ${height}`;
  columns.forEach((value, x) => (path += `L${x} ${(height - (value / (most || 1)) * (height - 2)).toFixed(1)}`));
  return `${path}L${width} ${height}z`;
}
