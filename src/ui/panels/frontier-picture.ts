/** The plane of two values: candidates, each method's front, the reference point, policies as training moves them. */
import { nondominated } from "../../metrics/nondominated.js";
import { drawScatter, type Front, type ScatterPoint } from "../draw/scatter.js";
import type { Region } from "../draw/screen.js";
import { dim } from "../draw/style.js";
import { axes, frontierView, isExplored, type Trail } from "../state/frontier-view.js";
import { type MethodMark, markOf } from "../state/methods.js";
import type { Scored } from "../state/run-state.js";
import { within } from "../state/view.js";
import { drawEmpty, type PanelInput } from "./panel.js";

/** The picture alone, for other panels too. */
export function drawFrontierPicture(region: Region, input: PanelInput): void {
  const { state, view, glyphs, marks } = input;
  const { values } = state;
  const [x, y] = axes(view, values.length);
  const { candidates, trails } = frontierView(state, view);
  if (candidates.length + trails.length === 0 || values.length < 2) {
    drawEmpty(region, values.length === 1 ? "one value has no frontier" : "no candidate is scored yet");
    return;
  }
  const place = ({ means }: { readonly means: readonly number[] }): readonly [number, number] => [
    means[x] ?? Number.NaN,
    means[y] ?? Number.NaN,
  ];
  const mark = (method: string): MethodMark => markOf(marks, method, glyphs);
  const chosen = view.panel === "frontier" ? candidates[within(view.mixture, candidates.length)] : undefined;
  const chosenTrail = view.panel === "frontier" ? trails[within(view.mixture, trails.length)] : undefined;
  const points: ScatterPoint[] = [
    ...candidates.map((candidate): ScatterPoint => {
      const [px, py] = place(candidate);
      const { marker, style } = mark(candidate.method);
      return { x: px, y: py, marker, style, chosen: candidate === chosen, pale: isExplored(candidate.method) };
    }),
    ...trails.map((trail): ScatterPoint => {
      const last = latest(trail);
      const [px, py] = place(last);
      const { marker, style } = mark(last.method);
      return { x: px, y: py, marker, style, chosen: candidates.length === 0 && trail === chosenTrail };
    }),
  ];
  const { scales } = state;
  const reference =
    scales === undefined
      ? undefined
      : ([scales[x]?.reference ?? Number.NaN, scales[y]?.reference ?? Number.NaN] as const);
  drawScatter(region, glyphs, {
    xTitle: values[x] ?? "",
    yTitle: values[y] ?? "",
    points,
    fronts: frontsOf(candidates, chosen, place, mark),
    trails: trails.map((trail) => ({ points: trail.map(place), style: dim(mark(trail[0].method).style) })),
    reference,
  });
}

/** Where a training's policy is now. */
export function latest(trail: Trail): Trail[0] {
  return trail.at(-1) ?? trail[0];
}

/** One front a method and seed; the chosen candidate's last, so that it lies above the others, which are pale. */
function frontsOf(
  candidates: readonly Scored[],
  chosen: Scored | undefined,
  place: (candidate: Scored) => readonly [number, number],
  mark: (method: string) => MethodMark,
): Front[] {
  const groups = new Map<string, Scored[]>();
  for (const candidate of candidates) {
    if (isExplored(candidate.method)) continue;
    const key = JSON.stringify([candidate.seed, candidate.method]);
    groups.set(key, [...(groups.get(key) ?? []), candidate]);
  }
  const isChosen = (own: readonly Scored[]): boolean => chosen !== undefined && own.includes(chosen);
  // A policy alone has no front that could stand out.
  const many = [...groups.values()].some((own) => own.length > 1 && isChosen(own));
  return [...groups.values()]
    .sort((a, b) => Number(isChosen(a)) - Number(isChosen(b)))
    .map((own) => {
      const { style } = mark(own[0]?.method ?? "");
      return { corners: staircase(own.map(place)), style: many && !isChosen(own) ? dim(style) : style };
    });
}

/** Non-dominated in the two values, both to be maximised, from left to right. */
function staircase(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const known = points.filter((point) => point.every(Number.isFinite));
  const kept = nondominated(
    known.map(([x, y]) => [x, y]),
    { sense: "max", duplicates: "first" },
  );
  return known.filter((_, at) => kept.includes(at)).sort(([a], [b]) => a - b);
}
