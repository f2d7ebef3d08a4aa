import type uPlot from "uplot";
import { themeColors } from "../../theme/colors";
import { saveFile } from "../saveFile";
import type { Series } from "./types";

/** Saves what a chart shows as a PNG, with its title and legend on the theme's ground. */
export function savePicture(
  u: uPlot | null,
  element: HTMLElement | null,
  title: string,
  series: Series[],
  file: string,
): void {
  if (!u || !element) return;
  const source = u.ctx.canvas;
  const scale = devicePixelRatio;
  const margin = 16 * scale;
  const canvas = document.createElement("canvas");
  canvas.width = source.width + 2 * margin;
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  const style = getComputedStyle(element);
  const color = themeColors(element);
  const legendFont = `${12 * scale}px ${style.fontFamily}`;
  ctx.font = legendFont;
  const widths = series.map((s) => 33 * scale + ctx.measureText(s.label).width);
  const { places, lines } = inLines(widths, source.width);
  const head = (44 + 20 * lines) * scale;
  canvas.height = source.height + head + margin;
  ctx.fillStyle = color("--surface");
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = style.color;
  ctx.font = `600 ${16 * scale}px ${style.fontFamily}`;
  ctx.fillText(`${title} · ${file}`, margin, 26 * scale, source.width); // of which station and days
  ctx.font = legendFont;
  series.forEach((s, i) => {
    const { x = 0, line = 0 } = places[i] ?? {};
    const y = (50 + 20 * line) * scale;
    ctx.fillStyle = color(s.color);
    ctx.fillRect(margin + x, y - 8 * scale, 12 * scale, 8 * scale);
    ctx.fillStyle = style.color;
    ctx.fillText(s.label, margin + x + 17 * scale, y);
  });
  ctx.drawImage(source, margin, head);
  canvas.toBlob((blob) => blob && saveFile(blob, `${file}.png`));
}

/** Where things of these widths stand one after the other, in as many lines as they need. */
export function inLines(widths: number[], room: number): { places: { x: number; line: number }[]; lines: number } {
  let [x, line] = [0, 0];
  const places = widths.map((width) => {
    if (x > 0 && x + width > room) [x, line] = [0, line + 1];
    const place = { x, line };
    x += width;
    return place;
  });
  return { places, lines: line + 1 };
}
