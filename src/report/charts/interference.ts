/** What value vectors share, layer by layer: heat maps of CKA and of the cosine, one panel a method. */
import { sanitise } from "../../bench/files/sanitise.js";
import type { RunSummary, SharedDirection } from "../../bench/summary.js";
import type { Figure } from "../model.js";
import { type HeatChart, plottable } from "./chart.js";

type Measure = "cka" | "cosine";

export function interferenceFigures(summary: RunSummary): Figure[] {
  if (!summary.interference.some(({ pairs }) => pairs.length > 0)) return [];
  return [
    heat(
      summary,
      "cka",
      "CKA between value vectors",
      "Debiased linear CKA of two value vectors' weight changes, by layer and over all layers, mean over seeds: about 0 = independent, 1 = the same up to rotation and scale.",
    ),
    heat(
      summary,
      "cosine",
      "Cosine between value vectors",
      "Cosine of two value vectors' weight changes, by layer and over all layers, mean over seeds: −1 = opposite, 0 = orthogonal, 1 = the same direction.",
    ),
  ];
}

function heat(summary: RunSummary, measure: Measure, title: string, caption: string): Figure {
  const layers = [...new Set(summary.interference.flatMap((entry) => entry.layers.map(({ layer }) => layer)))].sort(
    (a, b) => a - b,
  );
  const panels: HeatChart["panels"] = summary.interference.map((entry) => ({
    title: sanitise(summary.methods.find(({ id }) => id === entry.method)?.title ?? entry.method),
    rows: entry.pairs.map((pair) => ({
      label: `${sanitise(pair.a)}, ${sanitise(pair.b)}`,
      cells: [
        ...layers.map((layer) =>
          amount(
            entry.layers.find((found) => found.layer === layer)?.pairs.find(({ a, b }) => a === pair.a && b === pair.b),
            measure,
          ),
        ),
        amount(pair, measure),
      ],
    })),
  }));
  const sizes = panels.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.map((cell) => Math.abs(cell ?? 0))));
  return {
    name: `interference-${measure}`,
    title,
    caption,
    chart: {
      kind: "heat",
      measure: measure === "cka" ? "CKA" : "cosine",
      diverging: measure === "cosine",
      // Full colour at a round amount that all fit under, so that a map of nothing but noise stays pale.
      full: [0.1, 0.2, 0.5, 1].find((step) => sizes.every((size) => size <= step)) ?? 1,
      columns: [...layers.map((layer) => `layer ${layer}`), "all"],
      panels,
    },
  };
}

function amount(pair: SharedDirection | undefined, measure: Measure): number | null {
  const found = pair?.[measure];
  return found !== undefined && plottable(found) ? found : null;
}
