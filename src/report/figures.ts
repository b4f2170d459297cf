/** The figures of a report: a front for every pair of values, and each method's hypervolume with its interval. */

import { sanitise } from "../bench/files/sanitise.js";
import type { MethodSummary, RunSummary } from "../bench/summary.js";
import { nondominated } from "../metrics/nondominated.js";
import type { Figure } from "./model.js";
import { decimal, interval, percent } from "./numbers.js";
import {
  element,
  escapeMarkup,
  marker,
  picture,
  place,
  type Scale,
  type Style,
  scaleOver,
  styleAt,
  text,
} from "./svg.js";
import { weightsText } from "./tables.js";
import { clip } from "./text-width.js";

export function figures(summary: RunSummary): Figure[] {
  const pairs = summary.values.flatMap((_, x) =>
    summary.values.slice(x + 1).map((__, offset) => [x, x + 1 + offset] as const),
  );
  const withIntervals = summary.methods.some(({ hypervolume }) => hypervolume !== null);
  return [...(withIntervals ? [hypervolumeFigure(summary)] : []), ...pairs.map(([x, y]) => frontFigure(summary, x, y))];
}

/** Names of values become parts of file names: letters, digits and dashes only. */
function fileWord(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "value"
  );
}

function frontFigure(summary: RunSummary, x: number, y: number): Figure {
  const [first, second] = [sanitise(summary.values[x]?.name ?? ""), sanitise(summary.values[y]?.name ?? "")];
  const [width, height, left, right, top, bottom] = [640, 420, 62, 190, 16, 48];
  const shown = summary.methods.filter(({ candidates }) => candidates.length > 0);
  const at = (k: number): number[] => [
    ...shown.flatMap(({ candidates }) => candidates.map(({ means }) => means[k] ?? Number.NaN)),
  ];
  const [horizontal, vertical] = [scaleOver(at(x)), scaleOver(at(y))];
  const px = (value: number): number => place(horizontal, value, left, width - right);
  const py = (value: number): number => place(vertical, value, height - bottom, top);
  const plotted = shown.map((method, index) => series(method, styleAt(index), x, y, px, py));
  const caption = `${first} against ${second}: test means of every candidate; filled = selected on validation, lines = what the selected ones dominate, seed by seed.${
    summary.values.length > 2 ? " A projection: other values are not shown." : ""
  }`;
  const svg = picture(
    width,
    height,
    `${first} against ${second}`,
    axes(horizontal, vertical, { left, right: width - right, top, bottom: height - bottom }, first, second),
    referenceLines(summary, x, y, horizontal, vertical, { left, right: width - right, top, bottom: height - bottom }),
    ...plotted,
    legend(shown, width - right + 18, top + 8),
  );
  const name = `front-${x + 1}-${fileWord(first)}-${y + 1}-${fileWord(second)}`;
  return { name, caption, svg };
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const GRID = { stroke: "currentColor", "stroke-opacity": "0.15", fill: "none" };

function axes(horizontal: Scale, vertical: Scale, frame: Frame, xTitle: string, yTitle: string): string {
  const { left, right, top, bottom } = frame;
  const xs = horizontal.ticks.map((tick) => {
    const at = place(horizontal, tick, left, right);
    return (
      element("path", { d: `M${at.toFixed(1)} ${top}V${bottom}`, ...GRID }) +
      text({ x: at, y: bottom + 16, "text-anchor": "middle" }, decimal(tick, horizontal.digits))
    );
  });
  const ys = vertical.ticks.map((tick) => {
    const at = place(vertical, tick, bottom, top);
    return (
      element("path", { d: `M${left} ${at.toFixed(1)}H${right}`, ...GRID }) +
      text({ x: left - 8, y: at + 4, "text-anchor": "end" }, decimal(tick, vertical.digits))
    );
  });
  const middle = (top + bottom) / 2;
  return [
    ...xs,
    ...ys,
    element("rect", { x: left, y: top, width: right - left, height: bottom - top, ...GRID, "stroke-opacity": "0.5" }),
    text({ x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle", "font-weight": "600" }, xTitle),
    text(
      { x: 14, y: middle, "text-anchor": "middle", "font-weight": "600", transform: `rotate(-90 14 ${middle})` },
      yTitle,
    ),
  ].join("");
}

function referenceLines(
  summary: RunSummary,
  x: number,
  y: number,
  horizontal: Scale,
  vertical: Scale,
  { left, right, top, bottom }: Frame,
): string {
  const line = { stroke: "currentColor", "stroke-dasharray": "4 4", "stroke-opacity": "0.6", fill: "none" };
  const [rx, ry] = [summary.values[x]?.reference ?? Number.NaN, summary.values[y]?.reference ?? Number.NaN];
  const parts: string[] = [];
  if (rx >= horizontal.low && rx <= horizontal.high) {
    parts.push(element("path", { d: `M${place(horizontal, rx, left, right).toFixed(1)} ${top}V${bottom}`, ...line }));
  }
  if (ry >= vertical.low && ry <= vertical.high) {
    parts.push(element("path", { d: `M${left} ${place(vertical, ry, bottom, top).toFixed(1)}H${right}`, ...line }));
  }
  return parts.join("");
}

function series(
  method: MethodSummary,
  style: Style,
  x: number,
  y: number,
  px: (value: number) => number,
  py: (value: number) => number,
): string {
  const seeds = [...new Set(method.candidates.map(({ seed }) => seed))];
  const stairs = seeds.map((seed) => {
    const own = method.candidates.filter((candidate) => candidate.seed === seed && candidate.selected);
    const corners = staircase(own.map(({ means }) => [means[x] ?? Number.NaN, means[y] ?? Number.NaN] as const));
    if (corners.length < 2) return "";
    const path = corners.map(([cx, cy], i) => {
      if (i === 0) return `M${px(cx).toFixed(1)} ${py(cy).toFixed(1)}`;
      return `V${py(cy).toFixed(1)}H${px(cx).toFixed(1)}`;
    });
    return element("path", { d: path.join(""), fill: "none", stroke: style.colour, "stroke-width": "1.5" });
  });
  const points = method.candidates.map((candidate) => {
    const [cx, cy] = [candidate.means[x] ?? Number.NaN, candidate.means[y] ?? Number.NaN];
    if (!Number.isFinite(cx) || !Number.isFinite(cy)) return "";
    const paint = {
      fill: candidate.selected ? style.colour : "none",
      stroke: style.colour,
      "stroke-width": "1.5",
      "stroke-opacity": candidate.selected ? "1" : "0.55",
    };
    const hover = `${sanitise(method.id)} ${sanitise(candidate.name)} (${weightsText(candidate.weights ?? candidate.coefficients)}): ${decimal(cx)}, ${decimal(cy)}`;
    return element(
      "g",
      {},
      element("title", {}, escapeMarkup(hover)),
      marker(style.marker, px(cx), py(cy), 4.5, paint),
    );
  });
  return [...stairs, ...points].join("");
}

/** The points that no other dominates, from left to right: both to be maximised. Points without a number are left out. */
export function staircase(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const known = points.filter((point) => point.every(Number.isFinite));
  const kept = nondominated(
    known.map(([x, y]) => [x, y]),
    { sense: "max", duplicates: "first" },
  );
  return known.filter((_, at) => kept.includes(at)).sort(([a], [b]) => a - b);
}

function legend(methods: readonly MethodSummary[], x: number, y: number): string {
  return methods
    .map((method, index) => {
      const style = styleAt(index);
      const at = y + index * 20;
      const paint = { fill: style.colour, stroke: style.colour, "stroke-width": "1.5" };
      return marker(style.marker, x, at, 4.5, paint) + text({ x: x + 12, y: at + 4 }, clip(sanitise(method.title), 26));
    })
    .join("");
}

function hypervolumeFigure(summary: RunSummary): Figure {
  const rows = summary.methods.filter(({ hypervolume }) => hypervolume !== null);
  const [width, left, right, top, row] = [640, 190, 20, 10, 26];
  const bottom = top + rows.length * row;
  const scale = scaleOver(
    rows.flatMap(({ hypervolume }) => (hypervolume === null ? [] : [hypervolume.low, hypervolume.high])),
  );
  const px = (value: number): number => place(scale, value, left, width - right);
  const ticks = scale.ticks.map(
    (tick) =>
      element("path", { d: `M${px(tick).toFixed(1)} ${top}V${bottom}`, ...GRID }) +
      text({ x: px(tick), y: bottom + 16, "text-anchor": "middle" }, decimal(tick, scale.digits)),
  );
  const bars = rows.map((method, index) => {
    const { hypervolume } = method;
    if (hypervolume === null) return "";
    const y = top + (index + 0.5) * row;
    const place = summary.methods.filter(({ candidates }) => candidates.length > 0).indexOf(method);
    const style = styleAt(Math.max(0, place));
    const ranked = method.ranked && method.undertrained.length === 0;
    return element(
      "g",
      {},
      element("title", {}, `${decimal(hypervolume.value)} ${interval(hypervolume)}`),
      text({ x: left - 12, y: y + 4, "text-anchor": "end" }, clip(sanitise(method.title), 26)),
      element("path", {
        d: `M${px(hypervolume.low).toFixed(1)} ${y}H${px(hypervolume.high).toFixed(1)}`,
        stroke: style.colour,
        "stroke-width": "3",
        "stroke-opacity": ranked ? "1" : "0.45",
      }),
      marker(style.marker, px(hypervolume.value), y, 5, {
        fill: ranked ? style.colour : "none",
        stroke: style.colour,
        "stroke-width": "1.5",
      }),
    );
  });
  return {
    name: "hypervolume",
    caption: `Hypervolume with ${percent(summary.statistics.confidence, 0)} intervals; hollow and pale = not ranked or undertrained.`,
    svg: picture(width, bottom + 30, "Hypervolume by method", ...ticks, ...bars),
  };
}
