/** Estimates on their intervals, one a row, over one axis. */
import type { IntervalChart } from "../../report/charts/chart.js";
import { decimal, interval, signed } from "../../report/numbers.js";
import { drawWhisker } from "../draw/bar.js";
import { Screen, shownWidth } from "../draw/screen.js";
import { dim, PLAIN } from "../draw/style.js";
import { axisOver, tickText } from "../draw/ticks.js";
import { type Look, markOf } from "./look.js";

const LEAST_PLOT = 12;

/** Undefined where there is no room: the table beside it has the numbers. */
export function drawIntervals({ rows, zero }: IntervalChart, { width, glyphs }: Look): Screen | undefined {
  const figures = rows.map((row) => `${zero ? signed(row.value) : decimal(row.value)} ${interval(row)}`);
  const names = Math.min(Math.max(...rows.map(({ label }) => shownWidth(label))), Math.floor(width * 0.34));
  const right = Math.max(...figures.map(shownWidth));
  const columns = width - names - right - 6;
  if (columns < LEAST_PLOT) return undefined;
  const all = rows.flatMap(({ low, high, value, parts }) => [low, high, value, ...parts]);
  const [low, high] = [Math.min(...all, ...(zero ? [0] : [])), Math.max(...all, ...(zero ? [0] : []))];
  const room = (high - low) * 0.03;
  const axis = axisOver(low - room, high + room, Math.max(3, Math.floor(columns / 10)), true);
  const screen = new Screen(width, rows.length + 2, glyphs.charset === "ascii");
  const { region } = screen;
  const column = (value: number): number => Math.round(((value - axis.low) / (axis.high - axis.low)) * (columns - 1));
  const left = names + 4;
  rows.forEach((row, y) => {
    const { marker, style } = markOf(row.style, glyphs);
    const shade = row.pale ? dim(style) : style;
    region.put(0, y, marker, shade);
    region.putClipped(2, y, row.label, names, row.pale ? dim() : PLAIN);
    const plot = region.part(left, y, columns, 1);
    if (zero) plot.put(column(0), 0, glyphs.guide, dim());
    drawWhisker(plot, glyphs, {
      ...row,
      from: axis.low,
      to: axis.high,
      marker: row.pale ? glyphs.hollow : marker,
      style: shade,
    });
    for (const part of row.parts) plot.put(column(part), 0, glyphs.dot, shade);
    region.putRight(width, y, figures[y] ?? "", row.pale ? dim() : PLAIN);
  });
  const [, horizontal, , , tick] = glyphs.axis;
  region.put(left, rows.length, horizontal.repeat(columns), dim());
  let used = 0;
  for (const at of axis.ticks) {
    const x = left + column(at);
    const label = tickText(at, axis.digits);
    const start = Math.min(x - Math.floor((label.length - 1) / 2), width - label.length);
    region.put(x, rows.length, tick, dim());
    if (start < used) continue;
    region.put(start, rows.length + 1, label, dim());
    used = start + label.length + 1;
  }
  return screen;
}
