import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { argMax, drawToken, logProbOf, sampleNoise } from "../../src/lm/sampling.js";

const SIZE = 7;
const distribution = fc
  .array(fc.integer({ min: 0, max: 50 }), { minLength: SIZE, maxLength: SIZE })
  .filter((counts) => counts.some((count) => count > 0))
  .map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return Float32Array.from(counts, (count) => count / total);
  });
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** The slow twin: the tokens that may be drawn, most probable first, until they reach the mass. */
function nucleus(probabilities: Float32Array, topP: number): Set<number> {
  const order = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
  const kept = new Set<number>();
  let mass = 0;
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  for (const token of order) {
    if (mass >= topP * total) break;
    kept.add(token);
    mass += probabilities[token] ?? 0;
  }
  return kept;
}

describe("drawing a token", () => {
  test.prop([distribution, uniform])("never draws an impossible token", (probabilities, u) => {
    expect(probabilities[drawToken(probabilities, 0, SIZE, 1, u)]).toBeGreaterThan(0);
  });

  test.prop([distribution, uniform, fc.double({ min: 0.05, max: 0.99, noNaN: true })])(
    "top-p draws from the smallest set of most probable tokens that reaches it",
    (probabilities, u, topP) => {
      expect(nucleus(probabilities, topP)).toContain(drawToken(probabilities, 0, SIZE, topP, u));
    },
  );

  test.prop([distribution])("follows the probabilities", (probabilities) => {
    const draws = 2000;
    const counts = new Float64Array(SIZE);
    for (let i = 0; i < draws; i++) {
      const token = drawToken(probabilities, 0, SIZE, 1, (i + 0.5) / draws);
      counts[token] = (counts[token] ?? 0) + 1 / draws;
    }
    for (const [token, p] of probabilities.entries())
      expect(Math.abs((counts[token] ?? 0) - p)).toBeLessThan(2 / draws);
  });

  test("reads its own row, and says when a value is NaN", () => {
    const rows = Float32Array.of(1, 0, 0, 0, 1, 0, Number.NaN, 0, 1);
    expect([0, 3, 6].map((start) => drawToken(rows, start, 3, 1, 0.5))).toEqual([0, 1, -1]);
    expect([0, 3, 6].map((start) => argMax(rows, start, 3))).toEqual([0, 1, -1]);
    expect(argMax(Float32Array.of(1, 2, Number.NaN), 0, 3)).toBe(-1);
    expect(argMax(Float32Array.of(1, 3, 3), 0, 3)).toBe(1);
  });

  test("log-probability is that of the softmax, also for large logits", () => {
    const logits = Float32Array.of(9, 900, 901, 899.5);
    const z = 1 + Math.exp(-1) + Math.exp(-1.5);
    expect(logProbOf(logits, 1, 3, 0)).toBeCloseTo(-1 - Math.log(z), 6);
  });
});

describe("noise", () => {
  const first = (seed: number, key: string, sample: number): number => sampleNoise(seed, key, sample)();
  test("is a function of seed, prompt and sample, and differs with each", () => {
    expect(first(1, "a", 2)).toBe(first(1, "a", 2));
    const values = [first(1, "a", 2), first(2, "a", 2), first(1, "b", 2), first(1, "a", 3), first(1, "2\na", 2)];
    expect(new Set(values).size).toBe(values.length);
  });

  test("is uniform over samples", () => {
    const draws = Array.from({ length: 4000 }, (_, i) => first(1, "prompt", i));
    const mean = draws.reduce((sum, u) => sum + u, 0) / draws.length;
    const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.005);
  });
});
