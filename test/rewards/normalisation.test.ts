import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { measureScale, scalarise, unitScale } from "../../src/rewards/normalisation.js";

const finite = fc.double({ min: -5, max: 5, noNaN: true });
const rows = fc.array(fc.tuple(finite, finite), { minLength: 3, maxLength: 20 });

describe("reward normalisation", () => {
  test.prop([rows])("scaled rewards have mean 0 and standard deviation 1 (or stay put when constant)", (scores) => {
    const scale = measureScale(scores, 2);
    for (const weights of [
      [1, 0],
      [0, 1],
    ]) {
      const scaled = scores.map((row) => scalarise(row, weights, scale));
      const mean = scaled.reduce((a, b) => a + b, 0) / scaled.length;
      const sd = Math.sqrt(scaled.reduce((a, b) => a + (b - mean) ** 2, 0) / scaled.length);
      expect(mean).toBeCloseTo(0, 6);
      if (sd > 1e-5) expect(sd).toBeCloseTo(1, 6);
    }
  });

  test.prop([rows, fc.double({ min: 0.1, max: 10, noNaN: true }), finite])(
    "the scalarisation does not change when a reward model changes its unit",
    (scores, unit, shift) => {
      const other = scores.map(([a, b]): [number, number] => [a * unit + shift, b]);
      const before = measureScale(scores, 2);
      const after = measureScale(other, 2);
      if ((before.sd[0] ?? 1) === 1 || Math.min(before.sd[0] ?? 0, after.sd[0] ?? 0) < 1e-3) return;
      scores.forEach((row, i) => {
        expect(scalarise(other[i] ?? [], [0.3, 0.7], after)).toBeCloseTo(scalarise(row, [0.3, 0.7], before), 5);
      });
    },
  );

  test("switched off, the rewards are exact", () => {
    expect(scalarise([2, 10], [0.25, 0.75], unitScale(2))).toBe(8);
  });

  test("a value with weight 0 is not read, not even when it is NaN", () => {
    expect(scalarise([2, Number.NaN], [1, 0], unitScale(2))).toBe(2);
    expect(scalarise([2, Number.NaN], [0.5, 0.5], unitScale(2))).toBeNaN();
  });

  test("no replies is an error", () => {
    expect(() => measureScale([], 2)).toThrow(RangeError);
  });
});
