/** The frontier of any two values: every candidate's test means, what the selected ones dominate, and how sure they are. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { MethodSummary, RunSummary } from "../../bench/summary.js";
import { normalQuantile } from "../../metrics/distributions.js";
import { nondominated } from "../../metrics/nondominated.js";
import type { Figure } from "../model.js";
import { DASH, decimal, percent } from "../numbers.js";
import { weightsText } from "../tables.js";
import { type FrontPoint, type FrontSeries, plottable } from "./chart.js";
import { isBase, rowStyles } from "./styles.js";

/** One for every pair of values, in suite order. */
export function frontFigures(summary: RunSummary): Figure[] {
  return summary.values.flatMap((_, x) =>
    summary.values.slice(x + 1).map((__, offset) => frontFigure(summary, x, x + 1 + offset)),
  );
}

function frontFigure(summary: RunSummary, x: number, y: number): Figure {
  const axis = (k: number) => ({
    title: sanitise(summary.values[k]?.name ?? ""),
    reference: summary.values[k]?.reference ?? Number.NaN,
  });
  const [first, second] = [axis(x), axis(y)];
  const styles = rowStyles(summary);
  const level = percent(summary.statistics.confidence, 0);
  const known = summary.methods.some(({ candidates }) => candidates.some(({ covariance }) => covariance !== null));
  const anyRanked = summary.methods.some(({ ranked }) => ranked);
  const caption = [
    "Test means of every candidate.",
    "Filled: selected on validation; hollow: not. Lines: what the selected ones dominate, seed by seed; dashes, where in view: the reference.",
    ...(known ? [`Ellipses: joint ${level} confidence regions over test prompts.`] : []),
    ...(summary.values.length > 2 ? ["A projection: the other values are not shown."] : []),
  ];
  return {
    name: `front-${x + 1}-${fileWord(first.title)}-${y + 1}-${fileWord(second.title)}`,
    title: `${first.title} against ${second.title}`,
    caption: caption.join(" "),
    chart: {
      kind: "front",
      x: first,
      y: second,
      confidence: summary.statistics.confidence,
      series: summary.methods.flatMap((method): FrontSeries[] => {
        const style = styles.get(method.id);
        const points = method.candidates.flatMap((candidate) => pointOf(summary, method, candidate, x, y));
        if (style === undefined || points.length === 0) return [];
        return [
          {
            title: sanitise(method.title),
            style,
            aside: anyRanked && !method.ranked && !isBase(method),
            points,
            fronts: frontsOf(method, x, y),
          },
        ];
      }),
    },
  };
}

function pointOf(
  summary: RunSummary,
  method: MethodSummary,
  candidate: MethodSummary["candidates"][number],
  x: number,
  y: number,
): FrontPoint[] {
  const [cx, cy] = [candidate.means[x] ?? Number.NaN, candidate.means[y] ?? Number.NaN];
  if (!plottable(cx, cy)) return [];
  const entry = (a: number, b: number): number => candidate.covariance?.[a]?.[b] ?? Number.NaN;
  const covariance = { xx: entry(x, x), xy: entry(x, y), yy: entry(y, y) };
  return [
    {
      x: cx,
      y: cy,
      selected: candidate.selected,
      covariance: plottable(...Object.values(covariance)) ? covariance : null,
      detail: detailOf(summary, method, candidate),
    },
  ];
}

function detailOf(summary: RunSummary, method: MethodSummary, candidate: MethodSummary["candidates"][number]): string {
  const seed = summary.run.seeds.length > 1 ? `, seed ${candidate.seed}` : "";
  const weights = candidate.weights ?? candidate.coefficients;
  const z = normalQuantile((1 + summary.statistics.confidence) / 2);
  return [
    `${sanitise(method.title)}: ${sanitise(candidate.name)}${seed}`,
    ...(weights === null ? [] : [`${candidate.weights === null ? "coefficients" : "weights"} ${weightsText(weights)}`]),
    ...summary.values.map(({ name }, k) => {
      const variance = candidate.covariance?.[k]?.[k];
      const half = variance === undefined ? "" : ` ± ${decimal(z * Math.sqrt(variance))}`;
      return `${sanitise(name)} ${decimal(candidate.means[k])}${half}`;
    }),
    `KL ${candidate.kl === null ? DASH : `${decimal(candidate.kl, 1)} nats`}, broken ${percent(candidate.broken)}, ${candidate.selected ? "selected" : "not selected"}`,
  ].join("\n");
}

function frontsOf(method: MethodSummary, x: number, y: number): (readonly [number, number])[][] {
  const seeds = [...new Set(method.candidates.map(({ seed }) => seed))];
  return seeds
    .map((seed) =>
      staircase(
        method.candidates
          .filter((candidate) => candidate.seed === seed && candidate.selected)
          .map(({ means }) => [means[x] ?? Number.NaN, means[y] ?? Number.NaN] as const),
      ),
    )
    .filter((corners) => corners.length > 0);
}

/** The points that no other dominates, from left to right: both to be maximised. Points without a number are left out. */
export function staircase(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const known = points.filter((point) => plottable(...point));
  const kept = nondominated(
    known.map(([x, y]) => [x, y]),
    { sense: "max", duplicates: "first" },
  );
  return known.filter((_, at) => kept.includes(at)).sort(([a], [b]) => a - b);
}

/** Names of values become parts of file names: letters, digits and dashes only. */
export function fileWord(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "value"
  );
}
