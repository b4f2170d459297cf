/** Which candidates and which policies in training the frontier shows. */
import { describe, expect, test } from "vitest";
import type { RunEvent, RunEventInput } from "../../../src/bench/files/events.js";
import { glyphsFor } from "../../../src/ui/draw/glyphs.js";
import { drawFrame } from "../../../src/ui/panels/frame.js";
import { frontierView } from "../../../src/ui/state/frontier-view.js";
import { press } from "../../../src/ui/state/keys.js";
import { RunState } from "../../../src/ui/state/run-state.js";
import { chosenSeeds, nextSeed, seedNote } from "../../../src/ui/state/seeds.js";
import { FIRST_VIEW, type View } from "../../../src/ui/state/view.js";

const values = ["helpful", "harmless", "humorous"];

function stateOf(inputs: readonly RunEventInput[], seeds = [1, 2]): RunState {
  const state = new RunState();
  const started: RunEventInput = {
    type: "run-started",
    ...{ run: "r", suite: "s", title: "t", suiteHash: "h", values, seeds, budget: { flops: 1, per: "method" } },
    methods: ["alpha", "beta"].map((id) => ({ id, title: id, ranked: true })),
    ...{ scales: null, engine: "cpu", threads: 1, pid: 1, host: "h", resumed: false },
  };
  [started, ...inputs].forEach((input, time) => {
    state.apply({ v: 1, time, ...input } as RunEvent);
  });
  return state;
}

const scored = (seed: number, method: string, means: number[]): RunEventInput => ({
  type: "candidate-scored",
  ...{ seed, method, candidate: `w=${means.join(",")}`, split: "validation", means },
  ...{ weights: means, coefficients: means, kl: 1, broken: 0 },
});
const probe = (seed: number, method: string, task: string, step: number, means: number[]): RunEventInput => ({
  type: "probe",
  ...{ seed, method, task, step, steps: 100, prompts: 48, means, flops: 1, seconds: 1 },
});
const view = (change: Partial<View> = {}): View => ({ ...FIRST_VIEW, panel: "frontier", ...change });

describe("seeds", () => {
  test("s goes from the newest over each to all together, and round again; with one seed it does nothing", () => {
    expect(nextSeed("newest", [1, 2])).toBe(1);
    expect(nextSeed(1, [1, 2])).toBe(2);
    expect(nextSeed(2, [1, 2])).toBe("all");
    expect(nextSeed("all", [1, 2])).toBe("newest");
    expect(nextSeed("newest", [7])).toBe("newest");
    const state = stateOf([scored(1, "alpha", [1, 0, 0]), scored(2, "alpha", [0, 1, 0])]);
    const outcome = press(view(), { kind: "text", text: "s" }, state, false);
    expect(outcome).toMatchObject({ kind: "view", view: { seed: 1 } });
  });

  test("a seed that has nothing to show yet is the newest that has", () => {
    expect(chosenSeeds(9, [1, 2])).toEqual([2]);
    expect(chosenSeeds("newest", [])).toEqual([]);
    expect(chosenSeeds("all", [1, 2])).toEqual([1, 2]);
    expect(seedNote("all", [1, 2], 2)).toBe("seeds 1, 2");
    expect(seedNote("newest", [1], 1)).toBe("");
  });

  test("candidates are those of the chosen seeds, and the screen says which", () => {
    const state = stateOf([scored(1, "alpha", [1, 0, 0]), scored(2, "alpha", [0, 1, 0]), scored(2, "beta", [0, 0, 1])]);
    const seeds = (seed: View["seed"]): number[] => frontierView(state, view({ seed })).candidates.map((c) => c.seed);
    expect(seeds("newest")).toEqual([2, 2]);
    expect(seeds(1)).toEqual([1]);
    expect([...seeds("all")].sort()).toEqual([1, 2, 2]);
    const page = (seed: View["seed"]): string =>
      drawFrame(100, 30, { state, view: view({ seed }), glyphs: glyphsFor("braille"), nowMs: 0, owned: false })
        .lines("plain")
        .join("\n");
    expect(page("newest")).toContain("Frontier, seed 2");
    expect(page("all")).toContain("Frontier, seeds 1, 2");
    expect(page("all")).toContain("s seed");
  });
});

describe("the third value", () => {
  test("its slider stands on its range, and takes away what lies below", () => {
    const state = stateOf([0, 0.25, 0.5, 0.75, 1].map((third) => scored(1, "alpha", [1 - third, third, third])));
    const shown = frontierView(state, view({ floor: 5 }));
    expect(shown.third).toMatchObject({ value: 2, low: 0, high: 1, least: 0.5 });
    expect(shown.candidates.map(({ means }) => means[2])).toEqual(expect.arrayContaining([0.5, 0.75, 1]));
    expect(shown.candidates).toHaveLength(3);
  });
});

describe("policies in training", () => {
  const moves = [
    probe(1, "alpha", "dpo helpful 1", 50, [0.4, 0.2, 0.1]),
    probe(1, "alpha", "dpo helpful 1", 25, [0.3, 0.2, 0.1]),
    probe(1, "beta", "dpo harmless 1", 25, [0.2, 0.5, 0.1]),
  ];

  test("have a trail each, in order of steps, until their method's candidates are scored", () => {
    const state = stateOf(moves);
    const { trails } = frontierView(state, view());
    expect(trails.map((trail) => trail.map(({ method, step }) => `${method} ${step}`))).toEqual([
      ["alpha 25", "alpha 50"],
      ["beta 25"],
    ]);
    const later = stateOf([...moves, scored(1, "alpha", [1, 0, 0])]);
    expect(frontierView(later, view()).trails.map(([first]) => first.method)).toEqual(["beta"]);
    expect(frontierView(state, view({ filter: "bet" })).trails).toHaveLength(1);
  });

  test("are points that move, and the one that is chosen says how far it is", async () => {
    const page = (state: RunState, mixture = 0): string =>
      drawFrame(80, 23, { state, view: view({ mixture }), glyphs: glyphsFor("braille"), nowMs: 0, owned: false })
        .lines("plain")
        .join("\n");
    const state = stateOf(moves, [1]);
    expect(page(state)).toContain("in training, 48 prompts");
    expect(page(state)).toContain("step 50 of 100");
    expect(page(state, 1)).toContain("step 25 of 100");
    expect(page(state)).not.toBe(
      page(stateOf([...moves, probe(1, "alpha", "dpo helpful 1", 75, [0.6, 0.1, 0.1])], [1])),
    );
    await expect(`${page(state)}\n`).toMatchFileSnapshot("../panels/golden/80x24-probes.txt");
  });
});
