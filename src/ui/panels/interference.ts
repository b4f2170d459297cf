/** How much the value vectors of a method share: a heat map by layer, and the methods beside one another. */
import { drawBox } from "../draw/box.js";
import { drawHeatMap } from "../draw/heat-map.js";
import type { Region } from "../draw/screen.js";
import { dim } from "../draw/style.js";
import { wrapCells } from "../draw/wrap.js";
import { markOf } from "../state/methods.js";
import type { PairInterference, RunState } from "../state/run-state.js";
import { chosenSeeds } from "../state/seeds.js";
import { matches, type View, within } from "../state/view.js";
import { drawEmpty, type PanelInput } from "./panel.js";

const MEASURES = {
  cka: { title: "CKA", words: "debiased linear CKA of the weight changes: about 0 is independent, 1 is the same" },
  cosine: { title: "Cosine", words: "Frobenius cosine of the weight changes: −1 to 1" },
} as const;

export function drawInterference(region: Region, input: PanelInput): void {
  const { state, view, glyphs, marks } = input;
  const methods = mixingMethods(state, view);
  const method = methods[within(view.method, methods.length)];
  if (method === undefined) {
    const box = drawBox(region, glyphs, { title: "Interference" });
    drawEmpty(
      box,
      state.interference.size > 0 ? "no method fits the filter" : "measured when a method's value vectors are trained",
    );
    return;
  }
  const both = region.width >= 120;
  const measures: readonly View["measure"][] = both ? ["cka", "cosine"] : [view.measure];
  const width = Math.floor(region.width / measures.length);
  const seeds = [...new Set([...state.interference.values()].map(({ seed }) => seed))];
  const [shownSeed] = chosenSeeds(view.seed === "all" ? "newest" : view.seed, seeds);
  const all = [...state.interference.values()].filter(({ seed }) => seed === shownSeed);
  const note = (state.start?.seeds.length ?? 1) > 1 ? `, seed ${shownSeed}` : "";
  const pairs = pairsOf(all);
  const compare = Math.min(methods.length + 3, Math.max(0, region.height - 8));
  measures.forEach((measure, at) => {
    const column = region.part(
      at * width,
      0,
      at === measures.length - 1 ? region.width - at * width : width,
      region.height,
    );
    const { title, words } = MEASURES[measure];
    const most = Math.max(0.05, ...all.map((entry) => Math.abs(entry[measure])));
    const scale = measure === "cka" ? "sequential" : "diverging";
    const names = pairs.map(([a, b]) => `${a} ${glyphs.times} ${b}`);
    const mark = markOf(marks, method, glyphs);
    const upper = drawBox(column.part(0, 0, column.width, region.height - compare), glyphs, {
      title: `${title} by layer: ${method}${note}`,
      titleStyle: mark.style,
      note: methods.length > 1 ? "← → method" : "",
    });
    const layers = [...new Set(all.map(({ layer }) => layer))].sort((a, b) => (a ?? -1) - (b ?? -1));
    const value = (of: string, layer: number | null, [a, b]: readonly [string, string]): number | undefined =>
      all.find((entry) => entry.method === of && entry.layer === layer && entry.a === a && entry.b === b)?.[measure];
    const drawn = drawHeatMap(upper, glyphs, {
      rows: layers.map((layer) => (layer === null ? "all" : `layer ${layer}`)),
      columns: names,
      cells: layers.map((layer) => pairs.map((pair) => value(method, layer, pair))),
      ...{ scale, most, digits: 3 },
    });
    wrapCells(words, upper.width).forEach((line, row) => {
      upper.put(0, drawn + 2 + row, line, dim());
    });
    const lower = drawBox(column.part(0, region.height - compare), glyphs, {
      title: `${title}, all layers, by method`,
    });
    drawHeatMap(lower, glyphs, {
      rows: methods,
      columns: names,
      cells: methods.map((id) => pairs.map((pair) => value(id, null, pair))),
      ...{ scale, most, digits: 3 },
    });
  });
}

/** Methods whose vectors were compared, that fit the filter. */
export function mixingMethods(state: RunState, view: View): string[] {
  const all = [...new Set([...state.interference.values()].map(({ method }) => method))];
  return all.filter((method) => matches(view.filter, method));
}

function pairsOf(all: readonly PairInterference[]): (readonly [string, string])[] {
  const seen = new Map(all.map(({ a, b }) => [JSON.stringify([a, b]), [a, b] as const] as const));
  return [...seen.values()];
}
