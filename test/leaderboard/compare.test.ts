import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type CompareOptions, compareRuns } from "../../src/leaderboard/compare.js";
import type { ScoredRun } from "../../src/leaderboard/scored-run.js";
import { type Change, type Decided, exitCodeFor } from "../../src/leaderboard/verdict.js";
import { bounds, changeText, headline, scopeText } from "../../src/leaderboard/words.js";
import { type PlantedRun, POINTS, planted } from "./planted-pair.js";

function decided(a: ScoredRun, b: ScoredRun, options: CompareOptions = {}): Decided {
  const verdict = compareRuns(a, b, options);
  if (verdict.kind !== "decided") throw new Error(verdict.reasons.join("; "));
  return verdict;
}

function measured(change: Change | undefined) {
  if (change?.kind !== "measured") throw new Error("nothing was measured");
  return change;
}

const noise = fc.double({ min: 0.01, max: 0.6, noNaN: true });
const seeds = fc.constantFrom<readonly number[]>([1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5]);
const runs = fc.record({ noise, seeds, random: fc.nat(1e6), training: fc.constantFrom(0, 0.05) });
const few = { numRuns: 10 };

describe("laws", () => {
  property.prop([runs, fc.constantFrom(0, 0.02, 0.3)], few)(
    "A against A is ok at any tolerance",
    (options, tolerance) => {
      const run = planted(options);
      const verdict = decided(run, run, { tolerance });
      expect(verdict.verdict).toBe("ok");
      for (const change of verdict.details) expect(change.verdict).toBe("ok");
    },
  );

  property.prop([runs, fc.nat(1e6), fc.double({ min: 0.7, max: 1, noNaN: true })], few)(
    "swapping A and B exchanges regressed and improved, and mirrors the bounds",
    (options, other, factor) => {
      const a = planted(options);
      const b = planted({ ...options, random: other, drop: { value: 0, factor } });
      const there = decided(a, b);
      const back = decided(b, a);
      there.hypervolumes.forEach((change, m) => {
        const [x, y] = [measured(change), measured(back.hypervolumes[m])];
        expect(y.change).toBeCloseTo(-x.change, 10);
        expect(y.lower).toBeCloseTo(-x.upper, 8);
        expect(y.upper).toBeCloseTo(-x.lower, 8);
        expect(x.verdict === "regressed").toBe(y.verdict === "improved");
        expect(x.verdict === "improved").toBe(y.verdict === "regressed");
      });
    },
  );

  property.prop([runs, fc.double({ min: -3, max: 3, noNaN: true })], few)(
    "a constant added to one value on both sides, and to its center and reference, changes nothing",
    (options, shift) => {
      const scales = [
        { center: 0.1, scale: 0.7, reference: 0.05 },
        { center: 0, scale: 1.9, reference: 0 },
      ];
      const moved = scales.map((scale, v) =>
        v === 0 ? { ...scale, center: scale.center + shift, reference: scale.reference + shift } : scale,
      );
      const shifted = (run: ScoredRun): ScoredRun => ({
        ...run,
        values: run.values.map((value, v) => ({ ...value, ...moved[v] })),
        methods: run.methods.map((method) => ({
          ...method,
          seeds: method.seeds.map((at) => ({
            ...at,
            selected: at.selected.map(({ name, scores }) => ({
              name,
              scores: scores.map((x, i) => (i < run.prompts.length ? x + shift : x)),
            })),
          })),
        })),
      });
      const [a, b] = [planted({ ...options, scales }), planted({ ...options, scales, random: 11 })];
      const plain = decided(a, b);
      const other = decided(shifted(a), shifted(b));
      expect(other.verdict).toBe(plain.verdict);
      plain.hypervolumes.forEach((change, m) => {
        expect(measured(other.hypervolumes[m]).lower).toBeCloseTo(measured(change).lower, 6);
        expect(measured(other.hypervolumes[m]).upper).toBeCloseTo(measured(change).upper, 6);
      });
    },
  );

  property.prop([runs, fc.nat(1e6)], few)("a verdict and its bounds never contradict each other", (options, other) => {
    const one = { soup: POINTS.soup };
    const a = planted({ ...options, methods: one });
    const b = planted({ ...options, methods: one, random: other, drop: { value: 1, factor: 0.97 } });
    const change = measured(decided(a, b).hypervolumes[0]);
    const expected =
      change.upper < -change.margin
        ? "regressed"
        : change.lower > change.margin
          ? "improved"
          : change.lower >= -change.margin
            ? "ok"
            : "inconclusive";
    expect(change.verdict).toBe(expected);
  });

  property.prop([runs, fc.double({ min: 0.3, max: 0.97, noNaN: true }), fc.constantFrom<0 | 1>(0, 1)], few)(
    "a drop that is the same on every prompt is found whatever the noise: rounding does not turn it round",
    (options, factor, value) => {
      // Without training noise: else a drop of the scores is none of the log ratio.
      const plain = { ...options, training: 0 };
      const change = measured(decided(planted(plain), planted({ ...plain, drop: { value, factor } })).hypervolumes[0]);
      expect(change.verdict).toBe("regressed");
      expect(change.lower).toBeCloseTo(Math.log(factor), 6);
      expect(change.upper).toBeCloseTo(Math.log(factor), 6);
    },
  );

  test("more prompts never widen an interval systematically", () => {
    const width = (prompts: number, random: number, options: PlantedRun) => {
      const a = planted({ ...options, prompts, random, noise: 0.5 });
      const b = planted({ ...options, prompts, random: random + 100, noise: 0.5 });
      const { lower, upper } = measured(decided(a, b).hypervolumes[0]);
      return upper - lower;
    };
    for (const seedsOf of [[1], [1, 2, 3, 4, 5]]) {
      const average = (prompts: number) =>
        [1, 2, 3, 4, 5, 6].reduce((sum, random) => sum + width(prompts, random, { seeds: seedsOf }) / 6, 0);
      // Four times the prompts: half the width, but for the spread of a few seeds' own spread.
      const ratio = average(120) / average(30);
      expect(ratio).toBeGreaterThan(0.25);
      expect(ratio).toBeLessThan(0.8);
    }
  });
});

describe("planted", () => {
  const pair = (factor: number, options: PlantedRun = {}) =>
    [
      planted({ prompts: 300, noise: 0.1, ...options }),
      planted({ prompts: 300, noise: 0.1, random: 8, ...options, drop: { value: 0, factor, method: "mva" } }),
    ] as const;

  test("a drop of 15 % is found, in the method that has it and in no other", () => {
    const verdict = decided(...pair(0.85));
    expect(verdict.verdict).toBe("regressed");
    expect(exitCodeFor(verdict)).toBe(1);
    expect(verdict.hypervolumes.map(({ method, verdict: v }) => [method, v])).toEqual([
      ["soup", "ok"],
      ["mva", "regressed"],
    ]);
    // the true log ratio lies within
    const change = measured(verdict.hypervolumes[1]);
    expect(change.lower).toBeLessThan(Math.log(0.85));
    expect(change.upper).toBeGreaterThan(Math.log(0.85));
  });

  test("nothing is found where nothing was planted", () => {
    const verdict = decided(...pair(1));
    expect(verdict.verdict).toBe("ok");
    expect(exitCodeFor(verdict)).toBe(0);
  });

  test("too few prompts are inconclusive, with the number that would settle it; that number does", () => {
    const options = { noise: 0.5, methods: { mva: POINTS.mva } };
    const at = (prompts: number) =>
      decided(
        planted({ ...options, prompts }),
        planted({ ...options, prompts, random: 8, drop: { value: 0, factor: 0.94 } }),
      );
    const verdict = at(20);
    expect(verdict.verdict).toBe("inconclusive");
    expect(exitCodeFor(verdict)).toBe(3);
    expect(exitCodeFor(verdict, "inconclusive")).toBe(1);
    const { settled, change, margin, standardError } = measured(verdict.hypervolumes[0]);
    const prompts = settled?.prompts ?? 0;
    expect(prompts).toBeGreaterThan(20);
    expect(settled?.seeds).toBeNull();
    // at that many the bound would just reach the margin
    expect(1.645 * standardError * Math.sqrt(20 / prompts)).toBeCloseTo(Math.abs(change + margin), 2);
  });

  test("what Holm holds back is not said to lie near the tolerance: the number settles it under Holm", () => {
    const methods = Object.fromEntries(["a", "b", "c", "d", "e"].map((id) => [id, POINTS.mva]));
    const verdict = decided(
      planted({ methods, prompts: 80, noise: 0.5 }),
      planted({ methods, prompts: 80, noise: 0.5, random: 8, drop: { value: 0, factor: 0.8, method: "c" } }),
    );
    const change = measured(verdict.hypervolumes[2]);
    // by its own bound it has fallen, among five it is not shown to have
    expect(change.upper).toBeLessThan(-change.margin);
    expect(change.verdict).toBe("inconclusive");
    const prompts = change.settled?.prompts ?? 0;
    expect(prompts).toBeGreaterThan(80);
    expect(2.326 * change.standardError * Math.sqrt(80 / prompts)).toBeCloseTo(-change.change - change.margin, 2);
    expect(scopeText(verdict)).toContain("adjusted over the 5 that decide (Holm)");
  });

  test.each([0.001, 0.01])("a total loss is found at alpha %f among guards", (alpha) => {
    const guards = Array.from({ length: 6 }, (_, i) => ({ value: "helpful", of: "mean", limit: i / 100 }) as const);
    const few = { prompts: 40, noise: 0.02 };
    for (const factor of [0.1, -1]) {
      const b = planted({ ...few, random: 8, drop: { value: 0, factor, method: "mva" } });
      const verdict = decided(planted(few), b, { alpha, guards });
      expect(verdict.hypervolumes.map(({ method, verdict: v }) => [method, v])).toContainEqual(["mva", "regressed"]);
      expect(verdict.guards.filter(({ method }) => method === "mva").every(({ failed }) => failed)).toBe(true);
    }
  });

  test("from three seeds on statements are about methods, and training noise widens them", () => {
    const of = (training: number, count: readonly number[]) =>
      decided(...pair(1, { seeds: count, training, random: 20 }), {});
    expect(of(0.05, [1, 2]).scope).toBe("these trained models");
    const noisy = decided(
      planted({ prompts: 300, seeds: [1, 2, 3], training: 0.1, random: 1 }),
      planted({ prompts: 300, seeds: [1, 2, 3], training: 0.1, random: 2 }),
    );
    const calm = decided(
      planted({ prompts: 300, seeds: [1, 2, 3], training: 0, random: 1 }),
      planted({ prompts: 300, seeds: [1, 2, 3], training: 0, random: 2 }),
    );
    expect(noisy.scope).toBe("methods");
    const width = (verdict: Decided) => {
      const change = measured(verdict.hypervolumes[0]);
      return change.upper - change.lower;
    };
    expect(width(noisy)).toBeGreaterThan(3 * width(calm));
    expect(noisy.verdict).toBe("inconclusive");
    expect(measured(noisy.hypervolumes[0]).settled?.prompts).toBeNull();
  });

  test("a guard fails where its value fell by more than the limit, whatever the hypervolume did, and never by doubt", () => {
    const guard = { value: "helpful", of: "mean", limit: 0.05 } as const;
    const [a, b] = pair(0.8);
    const failed = decided(a, b, { tolerance: 0.5, guards: [guard] });
    expect(failed.hypervolumes.map(({ verdict }) => verdict)).toEqual(["ok", "ok"]);
    expect(failed.verdict).toBe("regressed");
    expect(failed.guards.map(({ method, failed: is }) => [method, is])).toEqual([
      ["soup", false],
      ["mva", true],
    ]);
    // A fall of 0.13 of which 20 noisy prompts cannot tell whether it passes 0.12.
    const small = pair(0.8, { prompts: 20, noise: 0.5 });
    const doubtful = decided(...small, { tolerance: 0.9, guards: [{ ...guard, limit: 0.12 }] });
    expect(doubtful.guards.some(({ failed: is }) => is)).toBe(false);
    expect(doubtful.verdict).toBe("ok");
  });

  test("values, utility and IGD+ are compared beside the hypervolume and never decide", () => {
    const verdict = decided(...pair(0.85), { tolerance: 0.5, valueTolerance: 0.02 });
    expect(verdict.verdict).toBe("ok");
    const mva = verdict.details.filter(({ method }) => method === "mva");
    expect(mva.map(({ measure, verdict: v }) => [measure, v])).toEqual([
      [{ kind: "best", value: 0 }, "regressed"],
      [{ kind: "best", value: 1 }, "ok"],
      [{ kind: "mean", value: 0 }, "regressed"],
      [{ kind: "mean", value: 1 }, "ok"],
      [{ kind: "utility" }, "regressed"],
      [{ kind: "igd+" }, "regressed"],
    ]);
  });

  test("a hypervolume of zero is said, not divided by", () => {
    const zero = { soup: [[-0.5, 0.5]] } as const;
    const some = { soup: [[0.5, 0.5]] } as const;
    const [nothing, much] = [planted({ methods: zero }), planted({ methods: some })];
    const verdict = (a: ScoredRun, b: ScoredRun) => decided(a, b).hypervolumes[0];
    expect(verdict(nothing, nothing)).toMatchObject({ kind: "zero", zero: "both", verdict: "ok" });
    expect(verdict(much, nothing)).toMatchObject({ kind: "zero", zero: "run", verdict: "regressed" });
    expect(verdict(nothing, much)).toMatchObject({ kind: "zero", zero: "baseline", verdict: "improved" });
  });

  test("what passes the range of numbers is refused, and a ratio to next to nothing is no number of 24 digits", () => {
    const at = (x: number) => planted({ methods: { soup: [[x, x]] }, noise: 0 });
    expect(() => compareRuns(at(0.5), at(1e200))).toThrow(/hypervolume of soup leaves the range of numbers/);
    const change = measured(decided(at(0.5), at(1e20)).hypervolumes[0]);
    expect(`${changeText(change)} ${bounds(change)}`).toBe("> 10,000\u00a0% [> 10,000, > 10,000]\u00a0%");
  });

  test("a method that failed in the run is a regression", () => {
    const b = planted();
    const verdict = decided(planted(), {
      ...b,
      methods: b.methods.map((method) => (method.id === "mva" ? { ...method, seeds: [] } : method)),
    });
    expect(verdict.verdict).toBe("regressed");
    expect(verdict.hypervolumes[1]).toEqual({
      kind: "missing",
      method: "mva",
      measure: { kind: "hypervolume" },
      seeds: [1],
      verdict: "regressed",
    });
  });
});

describe("a method that failed", () => {
  /** Without mva at these seeds. */
  const failed = (run: ScoredRun, at: readonly number[]): ScoredRun => ({
    ...run,
    methods: run.methods.map((method) =>
      method.id === "mva" ? { ...method, seeds: method.seeds.filter(({ seed }) => !at.includes(seed)) } : method,
    ),
  });
  const three = { seeds: [1, 2, 3], prompts: 300 };
  const mva = (verdict: Decided) => verdict.hypervolumes.find(({ method }) => method === "mva");

  test.each([[[2]], [[1, 2, 3]]])(
    "on both sides at seeds %j: A against A is not regressed, and it is said",
    (seeds) => {
      const run = failed(planted(three), seeds);
      const verdict = decided(run, run);
      expect(verdict.verdict).toBe("ok");
      expect(mva(verdict)?.verdict).toBe("ok");
      const said = seeds.length < 3 ? verdict.notices.join() : headline(verdict);
      expect(said).toMatch(
        seeds.length < 3 ? /mva has no selected candidate at seed 2 of/ : /nothing to lose: mva had/,
      );
    },
  );

  test("in the run is regressed, in the baseline improved", () => {
    const [whole, part] = [planted(three), failed(planted(three), [1, 2, 3])];
    expect(mva(decided(whole, part))).toMatchObject({ kind: "missing", verdict: "regressed" });
    expect(mva(decided(part, whole))).toMatchObject({ kind: "missing", verdict: "improved" });
  });

  test("at one seed of the baseline is compared at the others", () => {
    const run = planted({ ...three, drop: { value: 0, factor: 0.8, method: "mva" } });
    expect(mva(decided(failed(planted(three), [2]), run))).toMatchObject({ kind: "measured", verdict: "regressed" });
  });
});

describe("what is not comparable is refused, and what differs is said", () => {
  const reasons = (a: ScoredRun, b: ScoredRun) => {
    const verdict = compareRuns(a, b);
    expect(exitCodeFor(verdict)).toBe(verdict.kind === "not-comparable" ? 2 : 0);
    return verdict.kind === "not-comparable" ? verdict.reasons.join("; ") : "";
  };
  const suite = { suite: "planted", version: 1, title: "Planted" };

  test.each<[string, PlantedRun, RegExp]>([
    [
      "suite",
      { identity: { suite: { ...suite, suite: "other" } } },
      /suite: planted in the baseline, other in the run/,
    ],
    ["version", { identity: { suite: { ...suite, version: 2 } } }, /suite version: 1 in the baseline, 2 in the run/],
    [
      "content",
      { identity: { suiteHash: "1".repeat(32), suite: { ...suite, budget: { flops: 3 } } } },
      /suite hash: .*\(budget\)/,
    ],
    ["data", { identity: { dataHash: "1".repeat(32) } }, /another data hash/],
    ["lock", { identity: { lockHash: "1".repeat(32) } }, /suite\.lock\.yaml/],
    [
      "reference",
      {
        scales: [
          { center: 0, scale: 1, reference: 0.1 },
          { center: 0, scale: 1, reference: 0 },
        ],
      },
      /reference of helpful: 0 in the baseline, 0\.1 in the run/,
    ],
    ["prompts", { prompts: 59 }, /1 of the baseline's 60 are not in the run, and 0 of/],
    ["seeds", { seeds: [2] }, /seeds: 1 in the baseline, 2 in the run, none in common/],
    [
      "candidates",
      { methods: { ...POINTS, mva: [[0.9, 0.3]] } },
      /candidates of mva \(seed 1\): 2 in the baseline, 1 in the run/,
    ],
  ])("%s", (_, other, expected) => {
    expect(reasons(planted(), planted(other))).toMatch(expected);
  });

  test("other bits of one recipe, another engine and further seeds are said, not refused", () => {
    const identity = { baseHash: "a".repeat(32), engine: "tfjs-cpu" };
    const verdict = decided(planted({ seeds: [1, 2] }), planted({ seeds: [2, 3], identity }));
    expect(verdict.seeds).toEqual([2]);
    expect(verdict.notices.join("\n")).toMatch(
      /seed 1 of the baseline.*\nseed 3 of the run.*\n.*base.*\nengine: cpu in the baseline, tfjs-cpu in the run/,
    );
  });
});
