/** Training curves: one figure for each kind of training of a method, one panel a measure, one line a training. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { RunSummary } from "../../bench/summary.js";
import type { Figure } from "../model.js";
import { MEASURES, type TrainingCurve, type TrainingMeasure } from "../training.js";
import { type CurveChart, plottable } from "./chart.js";
import { fileWord } from "./front.js";
import { styleAt } from "./styles.js";

/** Methods that share a training are told of it once, under the one that ran it. */
export function trainingFigures(summary: RunSummary, curves: readonly TrainingCurve[]): Figure[] {
  const groups = new Map<string, TrainingCurve[]>();
  for (const curve of curves) {
    const key = JSON.stringify([curve.method, kindOf(curve.task)]);
    groups.set(key, [...(groups.get(key) ?? []), curve]);
  }
  const names = new Set<string>();
  return [...groups.values()].flatMap((own) => {
    const [first] = own;
    const chart = curveChart(own);
    if (first === undefined || chart.panels.length === 0) return [];
    const kind = kindOf(first.task);
    const method = sanitise(summary.methods.find(({ id }) => id === first.method)?.title ?? first.method);
    let name = `training-${fileWord(first.method)}-${fileWord(kind)}`;
    while (names.has(name)) name += "-again";
    names.add(name);
    const seeds = new Set(own.map(({ seed }) => seed)).size;
    return [
      {
        name,
        title: `${method}: ${sanitise(kind)}`,
        caption: `Trainings "${sanitise(kind)}" of ${method}; each point is the mean of about a fortieth of the steps${seeds > 1 ? `; ${seeds} seeds, one line each` : ""}. A training that methods share is shown once, where it ran.`,
        chart,
      },
    ];
  });
}

/** `dpo helpful 1` is of the kind `dpo`. */
function kindOf(task: string): string {
  return task.split(" ", 1)[0] ?? task;
}

function curveChart(curves: readonly TrainingCurve[]): CurveChart {
  const tasks = [...new Set(curves.map(({ task }) => task))];
  const measures = (Object.keys(MEASURES) as TrainingMeasure[]).filter((measure) =>
    curves.some((curve) => curve.measures[measure] !== undefined),
  );
  return {
    kind: "curves",
    axis: "step",
    legend: tasks.map((task, index) => ({ label: labelOf(task), style: styleAt(index) })),
    panels: measures.map((measure) => ({
      title: MEASURES[measure],
      lines: curves.flatMap((curve) => {
        const points = curve.measures[measure];
        if (points === undefined) return [];
        return [{ series: tasks.indexOf(curve.task), points: points.filter((point) => plottable(...point)) }];
      }),
    })),
  };
}

function labelOf(task: string): string {
  const rest = sanitise(task.split(" ").slice(1).join(" "));
  return rest === "" ? sanitise(task) : rest;
}
