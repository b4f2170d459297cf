/** How methods are told apart on every panel: a place, a colour and a marker each, the same everywhere. */
import type { Glyphs } from "../draw/glyphs.js";
import { markerAt } from "../draw/glyphs.js";
import { dim, PLAIN, type Style, seriesStyle } from "../draw/style.js";
import type { RunState } from "./run-state.js";

export interface MethodMark {
  readonly id: string;
  readonly title: string;
  readonly ranked: boolean;
  readonly marker: string;
  readonly style: Style;
}

const GRID = "@grid";

/** The rows of the run's result table that train, then whatever else events name. */
export function methodMarks(state: RunState, glyphs: Glyphs): MethodMark[] {
  return (state.start?.methods ?? []).map(({ id, title, ranked }, at) => ({
    id,
    title,
    ranked,
    marker: markerAt(glyphs, at),
    style: seriesStyle(at),
  }));
}

/** As the run lists its methods; what it does not list (the base) comes last. */
export function byMark(marks: readonly MethodMark[]): (a: string, b: string) => number {
  const place = new Map(marks.map(({ id }, at) => [id, at] as const));
  const of = (id: string): number => place.get(id.replace(GRID, "")) ?? marks.length;
  return (a, b) => of(a) - of(b);
}

/** Names of mixtures in the order in which one walks from the first value to the last: `w=1,0,0` before `w=0,1,0`. */
export function byMixture(a: string, b: string): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

/** The mark of any id that events name: a method, its explored row, the base. */
export function markOf(marks: readonly MethodMark[], id: string, glyphs: Glyphs): MethodMark {
  const known = marks.find((mark) => mark.id === id);
  if (known !== undefined) return known;
  const trained = id.endsWith(GRID) ? marks.find((mark) => `${mark.id}${GRID}` === id) : undefined;
  if (trained !== undefined) {
    return { ...trained, id, title: `${trained.title}, explored`, ranked: false, style: dim(trained.style) };
  }
  return { id, title: id, ranked: false, marker: glyphs.charset === "ascii" ? "." : "○", style: PLAIN };
}
