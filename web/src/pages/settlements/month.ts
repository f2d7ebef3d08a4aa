import { addDays } from "../../format/zone";

/** The weeks of a month, from Monday on; days of the months beside it are left out. */
export function weeks(month: string): (string | null)[][] {
  const first = `${month}-01`;
  const all: (string | null)[][] = [];
  let week: (string | null)[] = Array.from({ length: weekday(first) }, () => null);
  for (let date = first; date.startsWith(month); date = addDays(date, 1)) {
    week.push(date);
    if (week.length === 7) {
      all.push(week);
      week = [];
    }
  }
  if (week.length > 0) all.push([...week, ...Array.from({ length: 7 - week.length }, () => null)]);
  return all;
}

export function lastDay(month: string): string {
  return addDays(`${addMonths(month, 1)}-01`, -1);
}

export function addMonths(month: string, by: number): string {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + by;
  return `${String(Math.floor(months / 12)).padStart(4, "0")}-${String((months % 12) + 1).padStart(2, "0")}`;
}

/** 0 is Monday. */
function weekday(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}
