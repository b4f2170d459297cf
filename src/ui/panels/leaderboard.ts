/** The methods by hypervolume, with intervals, and all that is known of the chosen one. */

import type { MethodSummary, RunSummary } from "../../bench/summary.js";
import { mean } from "../../metrics/index.js";
import { decimal, flops, interval, percent, signed } from "../../report/numbers.js";
import { wrap } from "../../report/text-width.js";
import { differenceSentence } from "../../report/verdicts.js";
import { drawWhisker } from "../draw/bar.js";
import { drawBox } from "../draw/box.js";
import type { Region } from "../draw/screen.js";
import { bold, dim, inverse, PLAIN } from "../draw/style.js";
import type { RunState } from "../state/run-state.js";
import { matches, within } from "../state/view.js";
import { type HypervolumeRow, hypervolumesOf } from "./hypervolume-bars.js";
import { drawEmpty, type PanelInput, plainSpaces, stretch } from "./panel.js";

interface Column {
  readonly title: string;
  readonly width: number;
  /** Columns are left out from the highest number on, where there is no room. */
  readonly need: number;
  readonly text: (row: HypervolumeRow, method: MethodSummary | undefined) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "HV", width: 6, need: 0, text: ({ estimate }) => decimal(estimate?.value) },
  { title: "95 %", width: 16, need: 1, text: ({ estimate }) => (estimate === null ? "–" : interval(estimate)) },
  {
    title: "chosen",
    width: 7,
    need: 4,
    text: ({ candidates }, method) =>
      method === undefined ? `${candidates}` : `${round(method.selected)}/${round(method.offered)}`,
  },
  { title: "KL", width: 6, need: 3, text: (_, method) => decimal(method?.kl?.mean, 1) },
  { title: "broken", width: 7, need: 5, text: (_, method) => (method === undefined ? "–" : percent(method.broken)) },
  {
    title: "spent",
    width: 12,
    need: 6,
    text: (_, method) => (method === undefined || method.spent === 0 ? "–" : flops(method.spent)),
  },
];

const round = (value: number): string => String(Number(value.toFixed(1)));

export function drawLeaderboard(region: Region, input: PanelInput): void {
  const { state, view, glyphs } = input;
  const { source, rows: all } = hypervolumesOf(input);
  const rows = all.filter(({ mark }) => matches(view.filter, mark.id, mark.title));
  // The table as high as it needs to be; what is left is the chosen method's.
  const least = Math.min(Math.max(6, 4 + state.values.length), Math.floor(region.height / 2));
  const detail = Math.max(least, region.height - Math.max(rows.length, 1) - 3);
  const box = drawBox(region.part(0, 0, region.width, region.height - detail), glyphs, {
    title: "Leaderboard",
    note: rows.length === 0 ? "" : `hypervolume, ${source}${view.filter === "" ? "" : `, /${view.filter}`}`,
  });
  const lower = region.part(0, region.height - detail);
  if (rows.length === 0) {
    drawEmpty(box, all.length === 0 ? "no hypervolume yet: nothing is scored" : "no method fits the filter");
    drawBox(lower, glyphs, { title: "Method" });
    return;
  }
  const place = within(view.place.leaderboard, rows.length);
  drawTable(box, input, rows, place);
  const chosen = rows[place];
  if (chosen === undefined) return;
  const { mark } = chosen;
  drawMethod(drawBox(lower, glyphs, { title: `${mark.marker} ${mark.title}`, titleStyle: mark.style }), input, chosen);
}

function drawTable(
  region: Region,
  { state, glyphs }: PanelInput,
  rows: readonly HypervolumeRow[],
  place: number,
): void {
  const names = Math.min(Math.max(8, ...rows.map(({ mark }) => mark.id.length)), Math.floor(region.width / 4));
  const columns = [...COLUMNS].sort((a, b) => a.need - b.need);
  let room = region.width - 6 - names;
  const kept = new Set<Column>();
  // A whisker of 16 columns is worth more than the figures after the interval.
  for (const column of columns) {
    if (room - column.width - 2 < (column.need > 1 ? 16 : 0)) break;
    room -= column.width + 2;
    kept.add(column);
  }
  const shown = COLUMNS.filter((column) => kept.has(column));
  const whisker = Math.min(60, room - 2);
  const first = 5 + names + 1 + (whisker >= 8 ? whisker + 2 : 0);
  const ends = shown.map((_, at) => first + shown.slice(0, at + 1).reduce((sum, { width }) => sum + width + 2, -2));
  region.put(5, 0, "method", dim());
  shown.forEach(({ title }, at) => {
    region.putRight(ends[at] ?? 0, 0, title, dim());
  });
  const known = rows.flatMap(({ estimate }) => (estimate === null ? [] : [estimate]));
  const to = Math.max(1e-9, ...known.map(({ high }) => high));
  const [from, end] = stretch(rows.length, place, region.height - 1);
  let rank = rows.slice(0, from).filter((row) => isPlaced(row, methodOf(state, row))).length;
  for (let i = from; i < end; i++) {
    const row = rows[i];
    if (row === undefined) continue;
    const { mark, estimate } = row;
    const y = 1 + i - from;
    const method = methodOf(state, row);
    const style = mark.ranked ? PLAIN : dim();
    if (isPlaced(row, method)) region.putRight(2, y, String(++rank), bold());
    region.put(3, y, mark.marker, mark.style);
    region.part(5, y, names, 1).put(0, 0, mark.id, i === place ? bold(style) : style);
    if (estimate !== null && whisker >= 8) {
      const place = region.part(5 + names + 1, y, whisker, 1);
      drawWhisker(place, glyphs, { ...estimate, from: 0, to, marker: mark.marker, style: mark.style });
    }
    shown.forEach(({ text, width }, at) => {
      const cell = region.part((ends[at] ?? 0) - width, y, width, 1);
      cell.putRight(width, 0, plainSpaces(text(row, method)), style);
    });
    if (i === place) for (let x = 5; x < 5 + names; x++) region.restyle(x, y, inverse);
  }
}

function methodOf(state: RunState, { mark }: HypervolumeRow): MethodSummary | undefined {
  return state.summary?.methods.find(({ id }) => id === mark.id);
}

/** Who is undertrained has no place in the ranking. */
function isPlaced({ mark, estimate }: HypervolumeRow, method: MethodSummary | undefined): boolean {
  return mark.ranked && estimate !== null && (method === undefined || method.undertrained.length === 0);
}

function drawMethod(region: Region, { state, glyphs }: PanelInput, { mark, candidates }: HypervolumeRow): void {
  const { summary } = state;
  const method = summary?.methods.find(({ id }) => id === mark.id);
  const left = Math.min(Math.floor(region.width * 0.48), 64);
  const words = region.part(left + 2, 0);
  if (summary === undefined || method === undefined) {
    drawValues(region.part(0, 0, left, region.height), liveValues(state, mark.id));
    const note = `Of ${candidates} candidates scored so far. Differences, and whether they are real, come when the run has finished.`;
    wrap(note, words.width).forEach((line, y) => {
      words.put(0, y, line, dim());
    });
    return;
  }
  const sentences = [
    ...summary.differences.filter(({ a, b }) => a === mark.id || b === mark.id),
    ...summary.questions.filter(({ a, b }) => a === mark.id || b === mark.id),
  ].map((difference) => differenceSentence(summary, difference));
  drawValues(region.part(0, 0, left, region.height), finalValues(summary, method));
  const notes = [...standing(method), ...new Set(sentences)];
  let y = 0;
  for (const note of notes) {
    for (const line of wrap(note, words.width).map(plainSpaces)) {
      if (y >= words.height) {
        words.put(words.width - 1, words.height - 1, glyphs.ellipsis, dim());
        return;
      }
      words.put(0, y++, line);
    }
  }
}

function standing(method: MethodSummary): string[] {
  if (!method.ranked) return ["For orientation, not ranked."];
  return method.undertrained.length === 0
    ? []
    : [`Undertrained: not shown to beat the base on ${method.undertrained.join(", ")}.`];
}

interface ValueRow {
  readonly name: string;
  readonly best: number;
  readonly mean: number;
  readonly base: number;
}

interface ValueTable {
  readonly title: string;
  readonly rows: readonly ValueRow[];
}

function finalValues({ values, methods }: RunSummary, method: MethodSummary): ValueTable {
  const base = methods[0];
  const rows = values.map(({ name, ruler }, k) => ({
    name: `${name}${ruler ? "" : " (no ruler)"}`,
    best: method.best[k] ?? Number.NaN,
    mean: method.mean[k] ?? Number.NaN,
    base: base?.best[k] ?? Number.NaN,
  }));
  return { title: "test means", rows };
}

/** Of all candidates scored so far on validation, chosen or not. */
function liveValues(state: RunState, id: string): ValueTable {
  const scored = state.candidates.filter(({ split }) => split === "validation");
  const own = scored.filter(({ method }) => method === id);
  const base = scored.find(({ method }) => method === "base");
  const rows = state.values.map((name, k) => {
    const numbers = own.map(({ means }) => means[k] ?? Number.NaN);
    return {
      name,
      best: Math.max(...numbers),
      mean: numbers.length === 0 ? Number.NaN : mean(numbers),
      base: base?.means[k] ?? Number.NaN,
    };
  });
  return { title: "validation", rows };
}

function drawValues(region: Region, { title, rows }: ValueTable): void {
  const columns = [region.width - 20, region.width - 10, region.width] as const;
  region.put(0, 0, title, dim());
  ["best", "mean", "vs base"].forEach((word, at) => {
    region.putRight(columns[at] ?? 0, 0, word, dim());
  });
  rows.forEach(({ name, best, mean, base }, k) => {
    region.part(0, k + 1, Math.max(0, region.width - 28), 1).put(0, 0, name);
    region.putRight(columns[0], k + 1, decimal(best));
    region.putRight(columns[1], k + 1, decimal(mean));
    region.putRight(columns[2], k + 1, signed(best - base), best < base ? dim() : PLAIN);
  });
}
