/** Lines over steps, each with the band between its least and its greatest where it stands for many numbers. */
import { Dots } from "./dots.js";
import type { Glyphs } from "./glyphs.js";
import { drawFrame, type Range } from "./plot-frame.js";
import type { Region } from "./screen.js";
import { dim, type Style } from "./style.js";

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** The band about it; absent: no band. */
  readonly low?: number;
  readonly high?: number;
}

export interface Line {
  /** In order of `x`. */
  readonly points: readonly LinePoint[];
  readonly style: Style;
}

export interface LinePlotOptions {
  readonly xTitle?: string;
  /** To this end, whatever the lines hold: a training's planned steps. */
  readonly x?: Range;
  /** At least this much of the vertical axis. */
  readonly y?: Partial<Range>;
}

/** @returns whether there was room */
export function drawLines(
  region: Region,
  glyphs: Glyphs,
  lines: readonly Line[],
  options: LinePlotOptions = {},
): boolean {
  const points = lines.flatMap((line) => line.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)));
  const frame = drawFrame(region, glyphs, {
    x: options.x ?? rangeOf(points.map(({ x }) => x)),
    y: rangeOf([
      ...robust(points),
      ...(options.y?.low === undefined ? [] : [options.y.low]),
      ...(options.y?.high === undefined ? [] : [options.y.high]),
    ]),
    snugX: true,
    ...(options.xTitle === undefined ? {} : { xTitle: options.xTitle }),
  });
  if (frame === undefined) return false;
  const { plot, across, down } = frame;
  const dots = new Dots(plot.width, plot.height, glyphs.charset);
  const px = (x: number): number => across(x) * (dots.width - 1);
  const py = (y: number): number => down(y) * (dots.height - 1);
  // Coarser dots would make one area of band and line.
  for (const { points: own, style } of glyphs.charset === "braille" ? lines : []) {
    for (const { x, low, high } of own) {
      if (low !== undefined && high !== undefined) dots.shade(Math.round(px(x)), py(low), py(high), dim(style));
    }
  }
  for (const { points: own, style } of lines) {
    own.forEach(({ x, y }, at) => {
      const before = own[Math.max(0, at - 1)];
      if (before !== undefined) dots.line(px(before.x), py(before.y), px(x), py(y), style);
    });
  }
  dots.draw(plot);
  return true;
}

/** The lines themselves, and of their bands what is not a rare spike: else one outlier flattens the picture. */
function robust(points: readonly LinePoint[]): number[] {
  const centre = points.map(({ y }) => y);
  const edges = points.flatMap(({ low, high }) => (low === undefined || high === undefined ? [] : [low, high]));
  edges.sort((a, b) => a - b);
  const at = (share: number): number[] => {
    const edge = edges[Math.round(share * (edges.length - 1))];
    return edge === undefined ? [] : [edge];
  };
  return [...centre, ...at(0.05), ...at(0.95)];
}

function rangeOf(numbers: readonly number[]): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  return { low, high };
}
