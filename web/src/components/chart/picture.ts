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
  const head = 64 * scale;
  const canvas = document.createElement("canvas");
  canvas.width = source.width + 2 * margin;
  canvas.height = source.height + head + margin;
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  const style = getComputedStyle(element);
  const color = themeColors(element);
  ctx.fillStyle = color("--surface");
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = style.color;
  ctx.font = `600 ${16 * scale}px ${style.fontFamily}`;
  ctx.fillText(title, margin, 26 * scale, canvas.width - 2 * margin);
  ctx.font = `${12 * scale}px ${style.fontFamily}`;
  let x = margin;
  for (const s of series) {
    ctx.fillStyle = color(s.color);
    ctx.fillRect(x, 42 * scale, 12 * scale, 8 * scale);
    ctx.fillStyle = style.color;
    ctx.fillText(s.label, x + 17 * scale, 50 * scale);
    x += 33 * scale + ctx.measureText(s.label).width;
  }
  ctx.drawImage(source, margin, head);
  canvas.toBlob((blob) => blob && saveFile(blob, `${file}.png`));
}
