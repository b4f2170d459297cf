/** Estimates with their intervals: each method's hypervolume, every difference between two, every variant's. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { Difference, Estimate, RunSummary } from "../../bench/summary.js";
import type { Figure } from "../model.js";
import { decimal, interval, percent, probability, signed } from "../numbers.js";
import { type IntervalChart, plottable, type SeriesStyle } from "./chart.js";
import { isRanked, rowStyles, styleAt } from "./styles.js";

export function hypervolumeFigure(summary: RunSummary): Figure | null {
  const styles = rowStyles(summary);
  const rows = summary.methods.flatMap((method): IntervalChart["rows"] => {
    const { hypervolume } = method;
    if (hypervolume === null || !drawn(hypervolume)) return [];
    return [
      {
        label: sanitise(method.title),
        style: styles.get(method.id) ?? styleAt(0),
        ...hypervolume,
        parts: method.hypervolumeBySeed.length > 1 ? method.hypervolumeBySeed.filter((part) => plottable(part)) : [],
        pale: !isRanked(method),
        detail: `${sanitise(method.title)}\nhypervolume ${decimal(hypervolume.value)} ${interval(hypervolume)}\n${standing(method)}`,
      },
    ];
  });
  if (rows.length === 0) return null;
  const level = percent(summary.statistics.confidence, 0);
  const seeds = rows.some(({ parts }) => parts.length > 0) ? " Small dots: single seeds." : "";
  return {
    name: "hypervolume",
    title: "Hypervolume by method",
    caption: `Test hypervolume above the suite's reference, with ${level} intervals. Hollow and pale: not ranked, or undertrained.${seeds}`,
    chart: { kind: "intervals", axis: "hypervolume", zero: false, rows },
  };
}

function drawn({ value, low, high }: Estimate): boolean {
  return plottable(value, low, high);
}

function standing(method: RunSummary["methods"][number]): string {
  if (!method.ranked) return "for orientation, not ranked";
  return method.undertrained.length > 0 ? "undertrained at this budget" : "ranked";
}

/** The leader against every rival, and what the suite asks beside that. */
export function differencesFigure(summary: RunSummary): Figure | null {
  // What the leader's row has said already is not drawn again where the suite asks for it.
  const asked = summary.questions.filter(
    ({ a, b }) => !summary.differences.some((difference) => difference.a === a && difference.b === b),
  );
  const rows = differenceRows(summary, [...summary.differences, ...asked]);
  if (rows.length === 0) return null;
  return {
    name: "differences",
    title: "Differences of hypervolume",
    caption: `${pairedCaption(summary)} Hollow and pale: no difference shown after Holm's correction.`,
    chart: { kind: "intervals", axis: "difference of hypervolume", zero: true, rows },
  };
}

/** What each variant adds to, or takes from, the method that it varies. */
export function ladderFigure(summary: RunSummary): Figure | null {
  const rows = differenceRows(summary, summary.variants);
  if (rows.length === 0) return null;
  return {
    name: "ablation",
    title: "Ablation ladder",
    caption: `Each variant against the method that it varies. ${pairedCaption(summary)} Hollow and pale: no difference shown after Holm's correction among the variants.`,
    chart: { kind: "intervals", axis: "variant − method, hypervolume", zero: true, rows },
  };
}

function pairedCaption({ statistics }: RunSummary): string {
  return `Paired over ${statistics.seedsAssessed ? "seeds and prompts" : "prompts"}, with ${percent(statistics.confidence, 0)} intervals; right of zero: the first is larger.`;
}

function differenceRows(summary: RunSummary, differences: readonly Difference[]): IntervalChart["rows"] {
  const styles = rowStyles(summary);
  return differences
    .filter(({ difference }) => drawn(difference))
    .map(({ a, b, difference, relative, pHolm, shown }) => {
      const label = `${sanitise(a)} − ${sanitise(b)}`;
      const share = relative === null ? "" : ` (${signed(relative.value * 100, 1)} %)`;
      const style: SeriesStyle = styles.get(a) ?? styleAt(0);
      return {
        label,
        style,
        ...difference,
        parts: [],
        pale: !shown,
        detail: `${label}\n${signed(difference.value)} ${interval(difference)}${share}\np (Holm) ${probability(pHolm)}: ${shown ? "shown" : "no difference shown"}`,
      };
    });
}
