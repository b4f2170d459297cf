/** Points in two values, and the front that each group of them makes. */
import { Dots } from "./dots.js";
import type { Glyphs } from "./glyphs.js";
import { drawFrame } from "./plot-frame.js";
import type { Region } from "./screen.js";
import { bold, dim, inverse, type Style } from "./style.js";

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly marker: string;
  readonly style: Style;
  /** Drawn last, and so that it stands out. */
  readonly chosen?: boolean;
  /** Drawn first, pale. */
  readonly pale?: boolean;
}

export interface Front {
  /** Non-dominated, both to be maximised, from left to right. */
  readonly corners: readonly (readonly [number, number])[];
  readonly style: Style;
}

/** Where a point came from, in order; drawn dotted. */
export interface Trail {
  readonly points: readonly (readonly [number, number])[];
  readonly style: Style;
}

export interface ScatterOptions {
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly ScatterPoint[];
  readonly fronts: readonly Front[];
  readonly trails?: readonly Trail[];
  /** Where hypervolume is counted from; drawn as a cross of guides where it lies on the picture. */
  readonly reference: readonly [number, number] | undefined;
}

/** @returns whether there was room */
export function drawScatter(region: Region, glyphs: Glyphs, options: ScatterOptions): boolean {
  const points = options.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const trails = options.trails ?? [];
  const passed = trails.flatMap((trail) => trail.points.filter((point) => point.every(Number.isFinite)));
  const bounds = (numbers: readonly number[]) => {
    const [low, high] = numbers.length === 0 ? [0, 1] : [Math.min(...numbers), Math.max(...numbers)];
    const room = (high - low) * 0.04;
    return { low: low - room, high: high + room };
  };
  region.put(0, 0, options.yTitle, bold());
  const frame = drawFrame(region.part(0, 1), glyphs, {
    x: bounds([...points.map(({ x }) => x), ...passed.map(([x]) => x)]),
    y: bounds([...points.map(({ y }) => y), ...passed.map(([, y]) => y)]),
    xTitle: "",
    snugX: true,
    snugY: true,
  });
  if (frame === undefined) return false;
  const { plot, across, down } = frame;
  region.putRight(region.width, region.height - 2, ` ${options.xTitle}`, bold());
  const dots = new Dots(plot.width, plot.height, glyphs.charset);
  const px = (x: number): number => across(x) * (dots.width - 1);
  const py = (y: number): number => down(y) * (dots.height - 1);
  for (const { points: way, style } of trails) {
    way.forEach(([x, y], at) => {
      const [fromX, fromY] = way[Math.max(0, at - 1)] ?? [x, y];
      dots.line(px(fromX), py(fromY), px(x), py(y), style, 2);
    });
  }
  for (const { corners, style } of options.fronts) {
    // What the front dominates ends in stairs: down at each corner, then on to the next one's height.
    corners.forEach(([x, y], at) => {
      const next = corners[at + 1];
      if (next === undefined) return;
      dots.line(px(x), py(y), px(x), py(next[1]), style);
      dots.line(px(x), py(next[1]), px(next[0]), py(next[1]), style);
    });
  }
  drawReference(plot, glyphs, options.reference, across, down);
  dots.draw(plot);
  const column = (x: number): number => Math.min(plot.width - 1, Math.floor(across(x) * plot.width));
  const row = (y: number): number => Math.min(plot.height - 1, Math.floor(down(y) * plot.height));
  const order = (point: ScatterPoint): number => (point.chosen === true ? 2 : point.pale === true ? 0 : 1);
  for (const point of [...points].sort((a, b) => order(a) - order(b))) {
    const style =
      point.chosen === true ? inverse(bold(point.style)) : point.pale === true ? dim(point.style) : point.style;
    plot.put(column(point.x), row(point.y), point.marker, style);
  }
  return true;
}

function drawReference(
  plot: Region,
  glyphs: Glyphs,
  reference: readonly [number, number] | undefined,
  across: (x: number) => number,
  down: (y: number) => number,
): void {
  if (reference === undefined) return;
  const [x, y] = [across(reference[0]), down(reference[1])];
  if (x >= 0 && x <= 1) {
    const column = Math.min(plot.width - 1, Math.floor(x * plot.width));
    for (let row = 0; row < plot.height; row++) plot.put(column, row, glyphs.guide, dim());
  }
  if (y >= 0 && y <= 1) {
    const row = Math.min(plot.height - 1, Math.floor(y * plot.height));
    for (let column = 0; column < plot.width; column += 2) plot.put(column, row, glyphs.dot, dim());
  }
}
