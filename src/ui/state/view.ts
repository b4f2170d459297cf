/** What the reader is looking at: which panel, what is chosen on it, what is typed. Plain data, changed by `keys.ts`. */

export const PANELS = ["overview", "training", "frontier", "interference", "leaderboard", "samples"] as const;
export type PanelId = (typeof PANELS)[number];

/** `newest`: the seed that the run is at, or was last at. A number: that seed. */
export type SeedChoice = "newest" | "all" | number;

export interface View {
  readonly panel: PanelId;
  /** Place in each panel's list; brought within it when drawn. */
  readonly place: Readonly<Record<PanelId, number>>;
  /** Which mixture, of those of the chosen method or group. */
  readonly mixture: number;
  /** Which method, where a panel shows one at a time. */
  readonly method: number;
  /** The two values of the frontier, by their place among the suite's values. */
  readonly x: number;
  readonly y: number;
  /** Least third value shown, in tenths of its range. */
  readonly floor: number;
  /** Whose candidates and vectors are shown. */
  readonly seed: SeedChoice;
  readonly measure: "cka" | "cosine";
  readonly filter: string;
  /** Typing goes to the filter. */
  readonly typing: boolean;
  readonly help: boolean;
  /** Asks whether a run of one's own is to be stopped. */
  readonly asking: boolean;
}

export const FIRST_VIEW: View = {
  panel: "overview",
  place: { overview: 0, training: 0, frontier: 0, interference: 0, leaderboard: 0, samples: 0 },
  mixture: 0,
  method: 0,
  x: 0,
  y: 1,
  floor: 0,
  seed: "newest",
  measure: "cka",
  filter: "",
  typing: false,
  help: false,
  asking: false,
};

export const FLOOR_STEPS = 10;

/** `place` brought into a list of `length`, from either end. */
export function within(place: number, length: number): number {
  return length <= 0 ? 0 : ((place % length) + length) % length;
}

export function matches(filter: string, ...texts: readonly string[]): boolean {
  return filter === "" || texts.some((text) => text.toLowerCase().includes(filter.toLowerCase()));
}
