/** Which candidates, and which policies in training, the reader's view of the frontier holds. Pure. */
import { byMixture } from "./methods.js";
import type { ProbeEvent, RunState, Scored } from "./run-state.js";
import { chosenSeeds, seenSeeds } from "./seeds.js";
import { FLOOR_STEPS, matches, type View, within } from "./view.js";

/** The row of what was explored of a method: `<method>@grid`. */
const EXPLORED = "@grid";

export function isExplored(method: string): boolean {
  return method.endsWith(EXPLORED);
}

/** The values on the two axes, by their place among the suite's values. */
export function axes(view: View, values: number): readonly [number, number] {
  const x = within(view.x, values);
  const y = within(view.y, values);
  return x === y ? [x, within(y + 1, values)] : [x, y];
}

/** The value that is on no axis, its range, and the least of it that is shown. */
export interface ThirdValue {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly least: number;
}

/** A training that is looked at on its way: its policy as it moves, by step. */
export type Trail = readonly [ProbeEvent, ...ProbeEvent[]];

export interface FrontierView {
  readonly candidates: readonly Scored[];
  readonly split: "validation" | "test";
  readonly third: ThirdValue | undefined;
  /** Of methods that have no candidate yet. */
  readonly trails: readonly Trail[];
}

/** Test means once all are there, validation's before; of the chosen seeds. */
export function frontierView(state: RunState, view: View): FrontierView {
  const seeds = chosenSeeds(view.seed, seenSeeds(state));
  const own = state.candidates.filter(({ seed, method }) => seeds.includes(seed) && matches(view.filter, method));
  const test = own.filter(({ split }) => split === "test");
  const validation = own.filter(({ split }) => split === "validation");
  const lattice = (list: readonly Scored[]): number => list.filter(({ method }) => !isExplored(method)).length;
  const split = test.length > 0 && lattice(test) >= lattice(validation) ? "test" : "validation";
  const order = state.start?.methods.map(({ id }) => id) ?? [];
  const placeOf = (id: string): number => order.indexOf(id.replace(EXPLORED, "")) + (isExplored(id) ? 1000 : 0);
  const chosen = (split === "test" ? test : validation).sort(
    (a, b) => placeOf(a.method) - placeOf(b.method) || byMixture(a.candidate, b.candidate) || a.seed - b.seed,
  );
  const trails = trailsOf(state, view, seeds);
  const third = thirdValue(state, view, [...chosen, ...trails.flat()]);
  return { candidates: chosen.filter(({ means }) => fits(means, third)), split, third, trails };
}

function fits(means: readonly number[], third: ThirdValue | undefined): boolean {
  return third === undefined || !((means[third.value] ?? 0) < third.least);
}

function thirdValue(state: RunState, view: View, shown: readonly { readonly means: readonly number[] }[]) {
  const [x, y] = axes(view, state.values.length);
  const value = state.values.findIndex((_, k) => k !== x && k !== y);
  if (value < 0) return undefined;
  const numbers = shown.map(({ means }) => means[value] ?? Number.NaN).filter(Number.isFinite);
  const [low, high] = numbers.length === 0 ? [0, 1] : [Math.min(...numbers), Math.max(...numbers)];
  const least = view.floor === 0 ? Number.NEGATIVE_INFINITY : low + ((high - low) * view.floor) / FLOOR_STEPS;
  return { value, low, high, least };
}

function trailsOf(state: RunState, view: View, seeds: readonly number[]): Trail[] {
  const scored = new Set(state.candidates.map(({ seed, method }) => `${seed} ${method}`));
  const trails = new Map<string, [ProbeEvent, ...ProbeEvent[]]>();
  for (const probe of state.probes) {
    const { seed, method, task } = probe;
    if (!seeds.includes(seed) || !matches(view.filter, method) || scored.has(`${seed} ${method}`)) continue;
    const key = JSON.stringify([seed, method, task]);
    const trail = trails.get(key);
    if (trail === undefined) trails.set(key, [probe]);
    else trail.push(probe);
  }
  return [...trails.values()].map((trail) => trail.sort((a, b) => a.step - b.step));
}
