/** The axes of a plot: labels at the left and below, and where a number lies between them. */
import type { Glyphs } from "./glyphs.js";
import { type Region, shownWidth } from "./screen.js";
import { dim } from "./style.js";
import { type Axis, axisOver, tickText } from "./ticks.js";

export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface FrameOptions {
  readonly x: Range;
  readonly y: Range;
  /** Below, at the right end. */
  readonly xTitle?: string;
  /** Whether an axis ends at the data instead of at ticks. */
  readonly snugX?: boolean;
  readonly snugY?: boolean;
}

export interface PlotFrame {
  /** The cells between the axes. */
  readonly plot: Region;
  readonly x: Axis;
  readonly y: Axis;
  /** 0 at the left edge of the plot, 1 at its right. */
  across(value: number): number;
  /** 0 at its upper edge, 1 at its lower. */
  down(value: number): number;
}

/** Undefined where there is no room for a picture. */
export function drawFrame(region: Region, glyphs: Glyphs, options: FrameOptions): PlotFrame | undefined {
  const rows = region.height - 2;
  if (rows < 2 || region.width < 12) return undefined;
  const most = Math.max(2, Math.min(8, Math.floor(rows / 2) + 1));
  const y = axisOver(options.y.low, options.y.high, most, options.snugY);
  const labels = y.ticks.map((tick) => tickText(tick, y.digits));
  const left = Math.max(...labels.map(shownWidth)) + 1;
  const columns = region.width - left - 1;
  if (columns < 4) return undefined;
  const x = axisOver(options.x.low, options.x.high, Math.max(3, Math.min(9, Math.floor(columns / 9))), options.snugX);
  const across = (value: number): number => (value - x.low) / (x.high - x.low);
  const down = (value: number): number => (y.high - value) / (y.high - y.low);
  const [corner, horizontal, vertical, tickY, tickX] = glyphs.axis;
  const style = dim();
  for (let row = 0; row < rows; row++) region.put(left, row, vertical, style);
  region.put(left, rows, corner + horizontal.repeat(columns), style);
  let free = rows + 1;
  for (const [at, tick] of [...y.ticks.entries()].reverse()) {
    // Ticks lie in the middle of the row that holds their number; two never share a row.
    const row = Math.min(rows - 1, Math.max(0, Math.round(down(tick) * rows - 0.5)));
    if (at < y.ticks.length - 1 && row === free) continue;
    free = row;
    region.put(left, row, tickY, style);
    region.putRight(left, row, labels[at] ?? "", style);
  }
  const title = options.xTitle ?? "";
  const end = region.width - (title === "" ? 0 : shownWidth(title) + 1);
  region.putRight(region.width, rows + 1, title, style);
  let used = 0;
  for (const tick of x.ticks) {
    const column = left + 1 + Math.min(columns - 1, Math.round(across(tick) * (columns - 1)));
    const label = tickText(tick, x.digits);
    const start = Math.max(
      0,
      Math.min(column - Math.floor((shownWidth(label) - 1) / 2), region.width - shownWidth(label)),
    );
    if (start < used || start + shownWidth(label) > end) continue;
    region.put(column, rows, tickX, style);
    region.put(start, rows + 1, label, style);
    used = start + shownWidth(label) + 1;
  }
  return { plot: region.part(left + 1, 0, columns, rows), x, y, across, down };
}
