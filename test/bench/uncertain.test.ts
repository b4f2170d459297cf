import fc from "fast-check";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { bcaPValue, estimateOf, pValueOf, seedAxis } from "../../src/bench/uncertain.js";
import {
  bcaInterval,
  bootstrapHypervolume,
  bootstrapPValue,
  pairedDifference,
  percentileInterval,
} from "../../src/metrics/index.js";

const replicates = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 50, maxLength: 400 });

/** Two methods of one candidate and one value, at so many seeds; b lies `gap` below a, with skewed noise. */
function difference(seeds: number, gap: number, noise: number) {
  const random = xoroshiro128plus(5);
  const jitter = () => (random.next() / 2 ** 32) ** 2;
  const scores = (level: number) => [Float64Array.from({ length: 40 }, () => level + noise * jitter())];
  const method = (name: string, level: number) => ({ name, seeds: Array.from({ length: seeds }, () => scores(level)) });
  const [a, b] = bootstrapHypervolume(
    { methods: [method("a", 1 + gap), method("b", 1)], prompts: 40, reference: [0], sense: "max" },
    { generator: xoroshiro128plus(9), resamples: 400, seeds: seedAxis(seeds) },
  );
  if (a === undefined || b === undefined) throw new Error("two methods went in");
  return pairedDifference(a, b);
}

describe("a p-value and an interval of one figure", () => {
  test("say the same: p is below 1 − level just where the BCa interval of that level excludes zero", () => {
    fc.assert(
      fc.property(
        replicates,
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -0.3, max: 0.3, noNaN: true }),
        fc.double({ min: 0.5, max: 0.97 }),
        (own, estimate, acceleration, level) => {
          const p = bcaPValue(estimate, own, acceleration);
          // At the very level of p, and below what so many replicates can tell, rounding decides.
          fc.pre(Math.abs(p - (1 - level)) > 1e-9 && 1 - level > 2 / (1 + own.length));
          const { low, high } = bcaInterval(estimate, own, acceleration, level);
          expect(p < 1 - level).toBe(low > 0 || high < 0);
          expect(p).toBeGreaterThanOrEqual(2 / (1 + own.length));
          expect(p).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("as the p-value of the percentile interval did not: a skewed set on which they disagree", () => {
    const own = Array.from({ length: 1000 }, (_, i) => (i < 28 ? -0.1 : 0.1 + i / 1000));
    // Most replicates lie below the estimate, so that BCa moves up, away from zero.
    const estimate = 0.9;
    expect(percentileInterval(own).low).toBeLessThan(0);
    expect(bootstrapPValue(own)).toBeGreaterThan(0.05);
    expect(bcaInterval(estimate, own, 0).low).toBeGreaterThan(0);
    expect(bcaPValue(estimate, own, 0)).toBeLessThan(0.05);
  });

  test("at every number of seeds: of differences large and small, shown just where zero is excluded", () => {
    for (const seeds of [1, 2, 3, 5]) {
      for (const gap of [-0.3, -0.05, -0.02, -0.01, 0, 0.01, 0.02, 0.05, 0.3]) {
        const found = difference(seeds, gap, 0.3);
        const { low, high } = estimateOf(found, 0.95);
        expect(pValueOf(found) < 0.05, `${seeds} seeds, ${gap}`).toBe(low > 0 || high < 0);
      }
    }
  });
});

test("two seeds are held fixed, as the words under the table say: the interval is over prompts alone", () => {
  expect([1, 2, 3, 10].map(seedAxis)).toEqual(["fixed", "fixed", "resample", "resample"]);
  const found = difference(2, 0.1, 0.3);
  const { low, high } = estimateOf(found, 0.95);
  const own = bcaInterval(found.estimate, found.replicates, 0, 0.95);
  // No acceleration from the seeds: what little there is comes from the prompts.
  expect(Math.abs(high - low - (own.high - own.low)) / (own.high - own.low)).toBeLessThan(0.2);
});
