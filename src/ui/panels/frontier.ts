/** The candidates scored so far in any two values, each method's front, and what one candidate is. */
import { nondominated } from "../../metrics/nondominated.js";
import { DASH, decimal, interval, percent } from "../../report/numbers.js";
import { drawBox } from "../draw/box.js";
import { drawScatter, type Front, type ScatterPoint } from "../draw/scatter.js";
import type { Region } from "../draw/screen.js";
import { bold, dim, inverse, PLAIN } from "../draw/style.js";
import { byMixture, markOf } from "../state/methods.js";
import type { RunState, Scored } from "../state/run-state.js";
import { FLOOR_STEPS, matches, type View, within } from "../state/view.js";
import { hypervolumesOf } from "./hypervolume-bars.js";
import { drawEmpty, type PanelInput, plainSpaces } from "./panel.js";

const EXPLORED = "@grid";

export function drawFrontier(region: Region, input: PanelInput): void {
  const { state, view, glyphs } = input;
  const { candidates, split, third } = shownCandidates(state, view);
  const side = Math.min(44, Math.max(30, Math.floor(region.width * 0.3)));
  const box = drawBox(region.part(0, 0, region.width - side, region.height), glyphs, {
    title: "Frontier",
    note: candidates.length === 0 ? "" : `${candidates.length} candidates, ${split} means`,
  });
  drawFrontierPicture(box, input);
  const legend = hypervolumesOf(input);
  const rows = Math.min(Math.max(3, legend.rows.length + 2), Math.max(3, Math.floor(region.height * 0.55)));
  const upper = drawBox(region.part(region.width - side, 0, side, rows), glyphs, {
    title: "Hypervolume",
    note: legend.rows.length === 0 ? "" : legend.source,
  });
  if (legend.rows.length === 0) drawEmpty(upper, "nothing scored yet");
  legend.rows.slice(0, upper.height).forEach(({ mark, estimate }, y) => {
    upper.put(0, y, mark.marker, mark.style);
    const text = estimate === null ? DASH : `${decimal(estimate.value)} ${interval(estimate)}`;
    const short = text.length + 14 > upper.width ? decimal(estimate?.value) : text;
    upper.part(2, y, upper.width - short.length - 3, 1).put(0, 0, mark.id, mark.ranked ? PLAIN : dim());
    upper.putRight(upper.width, y, short, mark.ranked ? PLAIN : dim());
  });
  const lower = drawBox(region.part(region.width - side, rows, side), glyphs, { title: "Candidate", note: "[ ] step" });
  const chosen = chosenCandidate(candidates, view);
  if (chosen !== undefined) drawCandidate(lower, input, chosen, third);
}

/** The picture alone, for other panels too. */
export function drawFrontierPicture(region: Region, input: PanelInput): void {
  const { state, view, glyphs, marks } = input;
  const { values } = state;
  const [x, y] = axes(view, values.length);
  const { candidates } = shownCandidates(state, view);
  if (candidates.length === 0 || values.length < 2) {
    drawEmpty(region, values.length === 1 ? "one value has no frontier" : "no candidate is scored yet");
    return;
  }
  const chosen = view.panel === "frontier" ? chosenCandidate(candidates, view) : undefined;
  const points = candidates.map((candidate): ScatterPoint => {
    const mark = markOf(marks, candidate.method, glyphs);
    return {
      x: candidate.means[x] ?? Number.NaN,
      y: candidate.means[y] ?? Number.NaN,
      marker: mark.marker,
      style: mark.style,
      chosen: candidate === chosen,
      pale: candidate.method.endsWith(EXPLORED),
    };
  });
  const groups = new Map<string, Scored[]>();
  for (const candidate of candidates) {
    if (candidate.method.endsWith(EXPLORED)) continue;
    groups.set(candidate.method, [...(groups.get(candidate.method) ?? []), candidate]);
  }
  const fronts = [...groups].map(([method, own]): Front => {
    const found = own.map(({ means }) => [means[x] ?? Number.NaN, means[y] ?? Number.NaN] as const);
    return { corners: frontOf(found), style: markOf(marks, method, glyphs).style };
  });
  const scales = state.start?.scales;
  const reference =
    scales == null ? undefined : ([scales[x]?.reference ?? Number.NaN, scales[y]?.reference ?? Number.NaN] as const);
  drawScatter(region, glyphs, { xTitle: values[x] ?? "", yTitle: values[y] ?? "", points, fronts, reference });
}

/** Non-dominated in the two values, both to be maximised, from left to right. */
function frontOf(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const known = points.filter((point) => point.every(Number.isFinite));
  const kept = nondominated(
    known.map(([x, y]) => [x, y]),
    { sense: "max", duplicates: "first" },
  );
  return known.filter((_, at) => kept.includes(at)).sort(([a], [b]) => a - b);
}

export function axes(view: View, values: number): readonly [number, number] {
  const x = within(view.x, values);
  const y = within(view.y, values);
  return x === y ? [x, within(y + 1, values)] : [x, y];
}

interface Shown {
  readonly candidates: readonly Scored[];
  readonly split: "validation" | "test";
  /** The value that is on no axis, and the least of it that is shown. */
  readonly third: { readonly value: number; readonly least: number } | undefined;
}

/** Test means once all of a seed are there, validation's before; of the newest seed. */
export function shownCandidates(state: RunState, view: View): Shown {
  const all = state.candidates;
  const seed = all.at(-1)?.seed;
  const own = all.filter((candidate) => candidate.seed === seed && matches(view.filter, candidate.method));
  const test = own.filter(({ split }) => split === "test");
  const validation = own.filter(({ split }) => split === "validation");
  const lattice = (list: readonly Scored[]): number => list.filter(({ method }) => !method.endsWith(EXPLORED)).length;
  const split = test.length > 0 && lattice(test) >= lattice(validation) ? "test" : "validation";
  const order = state.start?.methods.map(({ id }) => id) ?? [];
  const placeOf = (id: string): number => order.indexOf(id.replace(EXPLORED, "")) + (id.endsWith(EXPLORED) ? 1000 : 0);
  const chosen = (split === "test" ? test : validation).sort(
    (a, b) => placeOf(a.method) - placeOf(b.method) || byMixture(a.candidate, b.candidate),
  );
  const [x, y] = axes(view, state.values.length);
  const value = state.values.findIndex((_, k) => k !== x && k !== y);
  if (value < 0) return { candidates: chosen, split, third: undefined };
  const numbers = chosen.map(({ means }) => means[value] ?? Number.NaN).filter(Number.isFinite);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const least = view.floor === 0 ? Number.NEGATIVE_INFINITY : low + ((high - low) * view.floor) / FLOOR_STEPS;
  return { candidates: chosen.filter(({ means }) => !((means[value] ?? 0) < least)), split, third: { value, least } };
}

function chosenCandidate(candidates: readonly Scored[], view: View): Scored | undefined {
  return candidates[within(view.mixture, candidates.length)];
}

function drawCandidate(region: Region, input: PanelInput, candidate: Scored, third: Shown["third"]): void {
  const { state, glyphs, marks, view } = input;
  const mark = markOf(marks, candidate.method, glyphs);
  const [x, y] = axes(view, state.values.length);
  region.put(0, 0, mark.marker, mark.style);
  region.put(2, 0, `${candidate.method} ${candidate.candidate}`, bold());
  let row = 1;
  state.values.forEach((name, k) => {
    const axis = k === x ? "x" : k === y ? "y" : " ";
    region.put(0, row, axis, inverse());
    region.part(2, row, region.width - 10, 1).put(0, 0, name);
    region.putRight(region.width, row, decimal(candidate.means[k]));
    row++;
  });
  const coefficients = candidate.coefficients ?? candidate.weights;
  const facts = [
    ...(coefficients === null ? [] : [`mixture ${coefficients.map((c) => decimal(c, 2)).join(", ")}`]),
    ...(candidate.kl === null ? [] : [`KL ${decimal(candidate.kl, 2)} nats a reply`]),
    ...(candidate.broken === null ? [] : [`broken ${percent(candidate.broken)}`]),
  ];
  for (const fact of facts) region.put(2, row++, plainSpaces(fact), dim());
  if (third !== undefined && row < region.height) {
    const name = state.values[third.value] ?? "";
    region.put(
      2,
      row,
      third.least > Number.NEGATIVE_INFINITY ? `only ${name} ≥ ${decimal(third.least)}` : `any ${name} (< > narrow)`,
      dim(),
    );
  }
}
