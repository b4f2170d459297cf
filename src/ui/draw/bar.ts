/** Bars of one row: how much of a whole, and where an estimate lies with its interval. */
import type { Glyphs } from "./glyphs.js";
import type { Region } from "./screen.js";
import { bold, dim, isDim, type Style } from "./style.js";

/** A bar over the region's first row. @param share 0 to 1; what is beyond is cut, what is no number is an empty bar */
export function drawBar(region: Region, glyphs: Glyphs, share: number, style: Style): void {
  const [full, half, rest] = glyphs.bar;
  const filled = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * region.width;
  const whole = Math.floor(filled);
  const withHalf = filled - whole >= 0.5 && whole < region.width && half !== full;
  region.put(0, 0, rest.repeat(region.width), dim());
  region.put(0, 0, full.repeat(whole) + (withHalf ? half : ""), style);
}

export interface WhiskerOptions {
  readonly low: number;
  readonly value: number;
  readonly high: number;
  /** What the region's width stands for. */
  readonly from: number;
  readonly to: number;
  readonly marker: string;
  readonly style: Style;
}

/** An estimate on its interval, over the region's first row. */
export function drawWhisker(region: Region, glyphs: Glyphs, options: WhiskerOptions): void {
  const { from, to, style } = options;
  const column = (value: number): number =>
    Math.round(Math.min(1, Math.max(0, (value - from) / (to - from || 1))) * (region.width - 1));
  if (region.width < 3 || ![options.low, options.value, options.high].every(Number.isFinite)) return;
  const [left, line, right] = glyphs.whisker;
  const [first, last] = [column(options.low), column(options.high)];
  for (let at = first; at <= last; at++) region.put(at, 0, line, style);
  if (last > first) {
    region.put(first, 0, left, style);
    region.put(last, 0, right, style);
  }
  // Terminals end bold and dim by one code: what is dim stays so to its end.
  region.put(column(options.value), 0, options.marker, isDim(style) ? style : bold(style));
}
