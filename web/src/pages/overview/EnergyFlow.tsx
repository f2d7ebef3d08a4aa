import { Icon, type IconName } from "../../components/Icon";
import { compare, isZero, negate } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import styles from "./EnergyFlow.module.css";
import { kinds, type Kind, type Power } from "../../api/power";

interface Props {
  parts: Partial<Record<Kind, Power>>;
  soc: string[];
  zone: string;
  now: number;
  /** Nothing moves in the drawing while newer values don't come. */
  live: boolean;
}

// Where a part stands on a grid of three by three; the bus that joins them is in the middle.
const places: Record<Kind, { column: number; row: number }> = {
  pv: { column: 2, row: 1 },
  grid: { column: 1, row: 2 },
  load: { column: 3, row: 2 },
  battery: { column: 2, row: 3 },
  evse: { column: 3, row: 3 },
  genset: { column: 1, row: 3 },
};
const busRow = 2;

// A value that is older than this is shown with its age, and its line rests.
const oldAfter = 15 * 60_000;

/** Where energy comes from and goes to at this moment: a drawing of which each part is also a sentence. */
export function EnergyFlow({ parts, soc, zone, now, live }: Props) {
  const t = useT();
  const present = kinds.filter((kind) => parts[kind]);
  const most = Math.max(0.001, ...present.map((kind) => Math.abs(Number(parts[kind]?.kw ?? 0))));
  const rows = Math.max(busRow, ...present.map((kind) => places[kind].row));
  return (
    <div className={styles.flow}>
      <svg className={styles.lines} viewBox={`0 0 6 ${rows * 2}`} preserveAspectRatio="none" aria-hidden="true">
        {present.map((kind) => (
          <Line key={kind} kind={kind} power={parts[kind]} most={most} moves={live && !isOld(parts[kind], now)} />
        ))}
      </svg>
      <div className={styles.bus} style={{ top: `${300 / rows / 2}%` }} />
      <ul aria-label={t("overview.flow.title")}>
        {present.map((kind) => (
          <Part key={kind} kind={kind} power={parts[kind]} soc={soc} zone={zone} now={now} />
        ))}
      </ul>
    </div>
  );
}

function Line({ kind, power, most, moves }: { kind: Kind; power: Power | undefined; most: number; moves: boolean }) {
  const { column, row } = places[kind];
  const kw = flowIn(kind, power);
  const share = Math.abs(Number(kw ?? 0)) / most;
  const moving = moves && kw !== null && !isZero(kw);
  const inwards = kw !== null && compare(kw, "0") > 0;
  // The centres of the grid's cells, in sixths.
  const path = `M${column * 2 - 1} ${row * 2 - 1} L3 3`;
  return (
    <g className={styles[kind]}>
      <path className={styles.rest} d={path} />
      {moving && (
        <path
          className={`${styles.moving} ${inwards ? styles.inwards : ""}`}
          d={path}
          style={{ strokeWidth: 2 + 3 * share, animationDuration: `${(3.6 - 2.6 * share).toFixed(1)}s` }}
        />
      )}
    </g>
  );
}

function Part({
  kind,
  power,
  soc,
  zone,
  now,
}: {
  kind: Kind;
  power: Power | undefined;
  soc: string[];
  zone: string;
  now: number;
}) {
  const t = useT();
  const format = useFormat(zone);
  const { column, row } = places[kind];
  const old = isOld(power, now);
  const kw = power?.kw ?? null;
  const what = kw === null ? undefined : doing(kind, kw);
  // Where words say the direction the number has no sign; where none do, one below 0 says that something is amiss.
  const shown = kw !== null && what && compare(kw, "0") < 0 ? negate(kw) : kw;
  const notes = [
    what && t(`overview.flow.${what}`),
    power?.derived && t("overview.flow.derived"),
    old && power?.ts && format.ago(power.ts, now),
  ].filter(Boolean);
  return (
    <li
      className={`${styles.part} ${styles[kind]} ${old ? styles.old : ""}`}
      style={{ gridColumn: column, gridRow: row }}
    >
      <span className={styles.mark}>
        <Icon name={icons[kind]} size={22} />
      </span>
      <span className={styles.words}>
        <span className={styles.name}>{t(`kinds.${kind}`)}</span>
        <b className={styles.value}>{format.quantity(shown, "kW", 2)}</b>
        {kind === "battery" && soc.length > 0 && <span className={styles.soc}>{socText(soc, format)}</span>}
        {notes.length > 0 && <span className={styles.note}>{notes.join(" · ")}</span>}
      </span>
    </li>
  );
}

const icons: Record<Kind, IconName> = {
  pv: "pv",
  grid: "grid",
  battery: "battery",
  load: "load",
  evse: "evse",
  genset: "genset",
};

/** Power towards the bus. */
function flowIn(kind: Kind, power: Power | undefined): string | null {
  const kw = power?.kw ?? null;
  return kw !== null && (kind === "load" || kind === "evse") ? negate(kw) : kw;
}

function doing(kind: Kind, kw: string): "importing" | "exporting" | "charging" | "discharging" | undefined {
  const sign = compare(kw, "0");
  if (sign === 0) return undefined;
  if (kind === "grid") return sign > 0 ? "importing" : "exporting";
  if (kind === "battery") return sign > 0 ? "discharging" : "charging";
  return undefined;
}

function isOld(power: Power | undefined, now: number): boolean {
  return power?.ts != null && now - Date.parse(power.ts) > oldAfter;
}

function socText(soc: string[], format: ReturnType<typeof useFormat>): string {
  const [least, greatest] = [soc[0], soc.at(-1)];
  const text = format.quantity(greatest, "%", 0);
  return soc.length > 1 ? `${format.quantity(least, "", 0)}–${text}` : text;
}
