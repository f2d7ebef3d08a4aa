/** A row of values over the chart's times. */
export interface Series {
  key: string;
  label: string;
  unit: string;
  /** A colour of theme/tokens.css: "--pv". */
  color: `--${string}`;
  /** One for each time; null where nothing is known. Only for drawing: what is read is `text`. */
  values: (number | null)[];
  /** The exact values in words, for the readout and the table. */
  text: (index: number) => string;
  /**
   * steps: holds until the next time; line: a straight line to it; stack: steps upon each other, positive ones upwards
   * and negative ones downwards from 0.
   */
  draw: "steps" | "line" | "stack";
  /** The scale at the right, for another unit. */
  right?: boolean;
  dashed?: boolean;
}

/** A stretch of time behind the curves, such as a tariff period. */
export interface Band {
  from: number;
  to: number;
  label: string;
  color: `--${string}`;
}

/** A stretch marked below the curves, such as one that data are missing of. */
export interface Mark {
  from: number;
  to: number;
  label: string;
}

export interface TimeChartProps {
  /** What the chart shows, for its table and for screen readers. */
  label: string;
  zone: string;
  /** When each value's window begins, in milliseconds, rising. */
  times: number[];
  /** When the last window ends. */
  end: number;
  series: Series[];
  bands?: Band[];
  marks?: Mark[];
  height?: number;
  /** The part that is looked at, in milliseconds; without it all, or what the reader has zoomed to. */
  range?: { from: number; to: number } | undefined;
  /** The part that is looked at changed, by zoom or by panning. */
  onRange?: (from: number, to: number) => void;
  /** Name of the file that the picture is saved as, without its ending. */
  file?: string;
}
