/** Each method's hypervolume on its interval: the summary's where there is one, else of what is scored so far. */
import { decimal, interval } from "../../report/numbers.js";
import { drawWhisker } from "../draw/bar.js";
import type { Region } from "../draw/screen.js";
import { dim } from "../draw/style.js";
import { type MethodMark, markOf } from "../state/methods.js";
import type { RunState } from "../state/run-state.js";
import type { PanelInput } from "./panel.js";

export interface HypervolumeRow {
  readonly mark: MethodMark;
  /** Null: not computable. */
  readonly estimate: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** Candidates that it is of. */
  readonly candidates: number;
}

export interface Hypervolumes {
  /** Of what the figures are. */
  readonly source: string;
  readonly rows: readonly HypervolumeRow[];
}

/**
 * Best first; what is not ranked comes after what is.
 * @param seeds whose, as long as there is no summary; where they are several, or none is named, the newest's
 */
export function hypervolumesOf(
  { state, marks, glyphs }: Pick<PanelInput, "state" | "marks" | "glyphs">,
  seeds: readonly number[] = [],
): Hypervolumes {
  const { summary } = state;
  const found = summary === undefined ? live(state, seeds) : [];
  const rows: HypervolumeRow[] =
    summary !== undefined
      ? summary.methods.map(({ id, title, ranked, hypervolume, selected }) => ({
          mark: { ...markOf(marks, id, glyphs), title, ranked },
          estimate: hypervolume,
          candidates: selected,
        }))
      : found.map(({ method, value, low, high, candidates }) => ({
          mark: markOf(marks, method, glyphs),
          estimate: { value, low, high },
          candidates,
        }));
  const order = ({ mark, estimate }: HypervolumeRow): number => (mark.ranked ? 1e6 : 0) + (estimate?.value ?? -1);
  const source =
    summary !== undefined
      ? "test"
      : found.some(({ split }) => split === "test")
        ? "test, so far"
        : "validation, so far";
  return { source, rows: rows.sort((a, b) => order(b) - order(a)) };
}

/** Of one seed, the newest unless another is named; test where there is any. */
function live(state: RunState, seeds: readonly number[]) {
  const all = [...state.hypervolumes.values()];
  const seed = seeds.length === 1 ? seeds[0] : all.at(-1)?.seed;
  const own = all.filter((entry) => entry.seed === seed);
  const test = own.filter(({ split }) => split === "test");
  return test.length > 0 ? test : own.filter(({ split }) => split === "validation");
}

/** One row a method: marker, name, whisker, figures. @returns rows drawn */
export function drawHypervolumes(region: Region, input: PanelInput, rows: readonly HypervolumeRow[]): number {
  const known = rows.flatMap(({ estimate }) => (estimate === null ? [] : [estimate]));
  const to = Math.max(...known.map(({ high }) => high), 1e-9);
  // Whiskers need no zero: what is read off them is where they lie to one another.
  const least = Math.min(...known.map(({ low }) => low), to);
  const from = Math.max(0, least - 0.08 * (to - least));
  const names = Math.min(Math.max(4, ...rows.map(({ mark }) => mark.id.length)), Math.floor(region.width / 3));
  const full = rows.map(({ estimate }) =>
    estimate === null ? "–" : `${decimal(estimate.value)} ${interval(estimate)}`,
  );
  const room = (texts: readonly string[]): number =>
    region.width - names - 4 - Math.max(...texts.map((text) => text.length));
  // Where whisker and interval do not both fit, the whisker is the interval.
  const texts = room(full) >= 10 ? full : rows.map(({ estimate }) => decimal(estimate?.value));
  const width = Math.max(0, room(texts));
  const shown = rows.slice(0, region.height);
  shown.forEach(({ mark, estimate }, y) => {
    region.put(0, y, mark.marker, mark.style);
    region.part(2, y, names, 1).put(0, 0, mark.id, mark.ranked ? 0 : dim());
    if (estimate !== null && width >= 3) {
      drawWhisker(region.part(names + 3, y, width, 1), input.glyphs, {
        ...estimate,
        from,
        to,
        marker: mark.marker,
        style: mark.style,
      });
    }
    region.putRight(region.width, y, texts[y] ?? "", mark.ranked ? 0 : dim());
  });
  return shown.length;
}
