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
