import styles from "./Sparkline.module.css";

interface Props {
  /** Rising in time; null where nothing is known. */
  values: (number | null)[];
  /** What the line shows, in words. */
  label: string;
}

const width = 84;
const height = 26;

/** A small curve about its zero line. */
export function Sparkline({ values, label }: Props) {
  const known = values.filter((v) => v !== null);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const x = (i: number) => (i / Math.max(1, values.length - 1)) * width;
  const y = (v: number) => height - 2 - ((v - low) / (high - low || 1)) * (height - 4);
  return (
    <svg
      className={styles.spark}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <line className={styles.zero} x1="0" x2={width} y1={y(0)} y2={y(0)} />
      <path d={line(values, x, y)} />
    </svg>
  );
}

/** A path that is interrupted where values are missing. */
function line(values: (number | null)[], x: (i: number) => number, y: (v: number) => number): string {
  let path = "";
  values.forEach((value, i) => {
    if (value === null) return;
    const begins = values[i - 1] == null;
    path += `${begins ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    if (begins && values[i + 1] == null) path += "h1"; // a value alone is a dot
  });
  return path;
}
