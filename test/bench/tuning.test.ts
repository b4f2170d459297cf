import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadSuite } from "../../src/bench/suite.js";
import type { TriedVertex } from "../../src/bench/trials.js";
import {
  chooseTrial,
  type Family,
  judgeTrial,
  planSchema,
  type TrialVerdict,
  type Tried,
  trialRows,
  trialsOf,
  triedOf,
} from "../../src/bench/tuning.js";

const family: Family = {
  id: "modpo",
  methods: ["modpo"],
  grid: { "preference.optimizer.learningRate": [1e-3, 2e-3], "preference.beta": [0.05, 0.1, 0.3] },
};

describe("trials", () => {
  test("are every combination, the last key turning fastest", () => {
    expect(trialsOf(family).map((trial) => Object.values(trial))).toEqual([
      [1e-3, 0.05],
      [1e-3, 0.1],
      [1e-3, 0.3],
      [2e-3, 0.05],
      [2e-3, 0.1],
      [2e-3, 0.3],
    ]);
  });
  test("change the settings of their key paths and no others", () => {
    const suite = loadSuite("quick");
    const [row] = trialRows(suite, family, 5, trialsOf(family)[5] ?? {});
    expect(row?.id).toBe("modpo.6.modpo");
    expect(row?.settings.preference).toEqual({
      ...suite.settings.preference,
      beta: 0.3,
      optimizer: { ...suite.settings.preference.optimizer, learningRate: 2e-3 },
    });
    expect(row?.settings.morlhf).toEqual(suite.settings.morlhf);
  });
  test("a key path that no method has is refused", () => {
    expect(() => trialRows(loadSuite("quick"), family, 0, { "preference.betta": 1 })).toThrow(/betta/);
  });
});

describe("plans that ship", () => {
  const folder = fileURLToPath(new URL("../../benchmarks/tuning", import.meta.url));
  const plans = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  test.each(plans)("%s: every family has the same number of trials, each a setting of its suite", (file) => {
    const plan = planSchema.parse(parse(readFileSync(join(folder, file), "utf8")));
    const suite = loadSuite(plan.suite);
    expect(new Set(plan.families.map((f) => trialsOf(f).length)).size).toBe(1);
    for (const f of plan.families) {
      for (const [t, settings] of trialsOf(f).entries()) expect(trialRows(suite, f, t, settings)).not.toEqual([]);
    }
    expect(plan.seeds.some((seed) => suite.seeds.includes(seed))).toBe(false);
  });
});

const scores = (mean: number) => [0, 1].map(() => Float64Array.of(mean - 0.01, mean, mean + 0.01));
const vertex = (value: string, mean: number, greedyUsable = 1): TriedVertex => ({
  value,
  scores: scores(mean),
  greedyUsable,
});
const tried = (vertices: readonly TriedVertex[], more: Partial<Tried> = {}): Tried => ({
  method: "modpo",
  seed: 9001,
  hypervolume: 0.1,
  base: scores(0.3),
  vertices,
  ...more,
});

describe("the verdict on a trial", () => {
  test("names values whose vertex policy does not beat the base, whichever method it is of", () => {
    const good = tried([vertex("a", 0.6), vertex("b", 0.6)]);
    const bad = tried([vertex("a", 0.6), vertex("b", 0.3)], { method: "other" });
    expect(judgeTrial(["a", "b"], [good]).undertrained).toEqual([]);
    expect(judgeTrial(["a", "b"], [good, bad]).undertrained).toEqual(["b"]);
  });
  test("takes the worst vertex policy of the worst method, seeds averaged", () => {
    const one = tried([vertex("a", 0.6, 1), vertex("b", 0.6, 0.8)]);
    const two = tried([vertex("a", 0.6, 0.96), vertex("b", 0.6, 1)], { seed: 9002, hypervolume: 0.3 });
    const verdict = judgeTrial(["a", "b"], [one, two]);
    expect(verdict.usable).toBeCloseTo(0.9, 12);
    expect(verdict.hypervolume).toBeCloseTo(0.2, 12);
  });
  test("of a training that failed: everything undertrained, nothing usable, no hypervolume", () => {
    const failed = triedOf("modpo", 9001, { kind: "failed", message: "a loss is not finite" }, []);
    expect(judgeTrial(["a", "b"], [failed])).toEqual({ hypervolume: 0, undertrained: ["a", "b"], usable: 0 });
  });
});

describe("the rule", () => {
  const verdict = (hypervolume: number, undertrained: readonly string[] = [], usable = 1): TrialVerdict => ({
    hypervolume,
    undertrained,
    usable,
  });
  const choose = (verdicts: readonly TrialVerdict[], allowed = verdicts.map(() => true)) =>
    chooseTrial(verdicts, allowed, 0.95);

  test("largest hypervolume of those that are trained and usable; of equal ones the first", () => {
    expect(choose([verdict(0.1), verdict(0.2), verdict(0.9, ["a"]), verdict(0.9, [], 0.94), verdict(0.2)])).toBe(1);
  });
  test("how far above the wanted share does not matter, how far below does", () => {
    expect(choose([verdict(0.1, [], 1), verdict(0.2, [], 0.951)])).toBe(1);
    expect(choose([verdict(0.3, [], 0.7), verdict(0.2, [], 0.9)])).toBe(1);
  });
  test("without an eligible trial the least undertrained one", () => {
    expect(choose([verdict(0.3, ["a", "b"]), verdict(0.1, ["b"], 0.2)])).toBe(1);
  });
  test("a trial that departs from what it inherits is not chosen", () => {
    expect(choose([verdict(0.9), verdict(0.1)], [false, true])).toBe(1);
    expect(() => choose([verdict(0.9)], [false])).toThrow(RangeError);
  });
  test("the chosen trial is beaten by none in all three respects (law)", () => {
    const any = fc.record({
      hypervolume: fc.double({ min: 0, max: 1, noNaN: true }),
      undertrained: fc.subarray(["a", "b", "c"]),
      usable: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), (verdicts) => {
        const best = verdicts[choose(verdicts)] as TrialVerdict;
        const lack = (v: TrialVerdict) => Math.max(0, 0.95 - v.usable);
        for (const v of verdicts) {
          expect(
            v.undertrained.length < best.undertrained.length ||
              (v.undertrained.length === best.undertrained.length && lack(v) < lack(best)) ||
              (v.undertrained.length === best.undertrained.length &&
                lack(v) === lack(best) &&
                v.hypervolume > best.hypervolume),
          ).toBe(false);
        }
      }),
    );
  });
});
