import styles from "./Icon.module.css";

// Drawn on a grid of 24, by strokes of 1.75.
const paths = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM14 7h6V4h-6zM4 20h6v-3H4z",
  fleet: "M4 6h16M4 12h16M4 18h16M8 4v4M15 10v4M10 16v4",
  statistics: "M4 20h16M7 20v-6M12 20V6M17 20v-9",
  settlements: "M5 5h14v15H5zM5 10h14M9 3v4M15 3v4M9 15h6",
  calendar: "M5 5h14v15H5zM5 10h14M9 3v4M15 3v4",
  setup: "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  station: "M3 20h18M5 20V8l8-4v16M13 20v-9l6 2.5V20M8 10.5h2M8 14h2M8 17h2",
  tariff: "M4 12.5 12.5 4H20v7.5L11.5 20zM15.5 8v.5",
  document: "M6 3h8.5L19 7.5V21H6zM14 3v5h5M9 12.5h7M9 16.5h7",
  quarantine: "M3 13 6 5h12l3 8v6H3zM3 13h5l1.5 2.5h5L16 13h5",
  operations: "M3 12h4l3-7 4 14 3-7h4",
  pv: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M8 12a4 4 0 1 0 8 0 4 4 0 1 0-8 0",
  battery: "M5 7h14v13H5zM9 7V4h6v3M12 10.5v6M9 13.5h6",
  grid: "M12 3 7 21M12 3l5 18M5 8h14M6 12h12M9.2 13 16 18M14.8 13 8 18",
  load: "M4 20V10l8-6 8 6v10zM10 20v-6h4v6",
  evse: "M5 20V5h8v15M4 20h10M13 11h3v5a1.75 1.75 0 0 0 3.5 0V9L17 6.5M8 8h2",
  genset: "M4 8h12v9H4zM16 11h2l2-2v8l-2-2h-2M7 8V5h5v3M7 12.5h6",
  sensor:
    "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M6 18A8.5 8.5 0 0 1 6 6M18 6a8.5 8.5 0 0 1 0 12",
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M7.5 12a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  language: "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  user: "M8.5 8a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0M5 20c0-4 3-6 7-6s7 2 7 6",
  check: "M5 12.5 10 17l9-10",
  warning: "M12 4 3 19.5h18zM12 10v4.5M12 17v.5",
  error: "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0M9 9l6 6M15 9l-6 6",
  info: "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0M12 11v5.5M12 7.5V8",
  offline:
    "M4 4l16 16M8.5 15.5a5 5 0 0 1 5-1.2M5 12a10 10 0 0 1 4.5-2.6M2 8.5A15 15 0 0 1 6.5 6M12 5.2A15 15 0 0 1 22 8.5M15 10a10 10 0 0 1 4 2M12 19v.5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  clock: "M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0M12 7v5.5l3.5 2",
  chevron: "M7 10l5 5 5-5",
  previous: "M14.5 6 9 12l5.5 6",
  next: "M9.5 6 15 12l-5.5 6",
  close: "M6 6l12 12M18 6 6 18",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  upload: "M12 15V4M7 8.5 12 3.5l5 5M5 20h14",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M14.5 9.5h.5",
  compare: "M4 8h13l-3.5-3.5M20 16H7l3.5 3.5",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
  refresh: "M20 5v5h-5M4 19v-5h5M19 10a7.5 7.5 0 0 0-13.3-2M5 14a7.5 7.5 0 0 0 13.3 2",
  plus: "M12 5v14M5 12h14",
  sort: "M8 10l4-4 4 4M8 14l4 4 4-4",
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words; it says nothing by itself. */
export function Icon({
  name,
  size = 20,
  className,
}: {
  name: IconName;
  size?: number;
  className?: string | undefined;
}) {
  return (
    <svg
      className={[styles.icon, className].filter(Boolean).join(" ")}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
