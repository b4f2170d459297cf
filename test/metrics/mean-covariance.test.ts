import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { MetricsError } from "../../src/metrics/index.js";
import { confidenceEllipse, covarianceOfMeans } from "../../src/metrics/mean-covariance.js";

/** As the laws beside this file. */
const RUNS = { numRuns: 1000 };
const score = fc.double({ min: -10, max: 10, noNaN: true });
const table = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 12 }))
  .chain(([values, units]) =>
    fc.tuple(fc.constant(values), fc.array(score, { minLength: values * units, maxLength: values * units })),
  );

describe("covariance of means", () => {
  property.prop([table], RUNS)(
    "is half the mean product of all differences between units, over n",
    ([values, scores]) => {
      const units = scores.length / values;
      const at = (v: number, u: number): number => scores[v * units + u] ?? Number.NaN;
      const found = covarianceOfMeans(scores, values);
      for (let a = 0; a < values; a++) {
        for (let b = 0; b < values; b++) {
          let sum = 0;
          for (let u = 0; u < units; u++) {
            for (let w = 0; w < units; w++) sum += (at(a, u) - at(a, w)) * (at(b, u) - at(b, w));
          }
          // The twin: no mean is taken at all.
          expect(found[a]?.[b]).toBeCloseTo(sum / (2 * units * (units - 1)) / units, 9);
        }
      }
    },
  );

  property.prop([table, score], RUNS)(
    "does not change when every score moves by the same amount",
    ([values, scores], by) => {
      const moved = covarianceOfMeans(
        scores.map((x) => x + by),
        values,
      );
      covarianceOfMeans(scores, values).forEach((row, a) => {
        row.forEach((x, b) => {
          expect(moved[a]?.[b]).toBeCloseTo(x, 9);
        });
      });
    },
  );

  test("one unit tells nothing; rows of different lengths are refused", () => {
    expect(covarianceOfMeans([3, 4], 2)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(() => covarianceOfMeans([1, 2, 3], 2)).toThrow(MetricsError);
    expect(() => covarianceOfMeans([], 2)).toThrow(MetricsError);
  });
});

/** Evenly over the circle: random doubles are mostly tiny. */
const TURNS = fc.integer({ min: 0, max: 62 }).map((tenths) => tenths / 10);

describe("confidence ellipse", () => {
  test("of independent means with variances 4 and 1 at 95 %: half-axes √5.991 times 2 and 1", () => {
    const { major, minor, angle } = confidenceEllipse(4, 0, 1, 0.95);
    expect(major).toBeCloseTo(2 * 2.4477, 3);
    expect(minor).toBeCloseTo(2.4477, 3);
    expect(angle).toBe(0);
    expect(confidenceEllipse(1, 0, 4, 0.95).angle).toBeCloseTo(Math.PI / 2, 12);
    expect(confidenceEllipse(1, -0.5, 1, 0.95).angle).toBeCloseTo(-Math.PI / 4, 12);
  });

  property.prop([score, score, score, fc.double({ min: 0.5, max: 0.99, noNaN: true }), TURNS], RUNS)(
    "every point on it is as far from the centre as the level says, in the metric of the covariance",
    (a, b, c, level, turn) => {
      // A covariance that is well conditioned: L Lᵀ + I.
      const [xx, xy, yy] = [a * a + 1, a * b, b * b + c * c + 1];
      const { major, minor, angle } = confidenceEllipse(xx, xy, yy, level);
      const [u, v] = [major * Math.cos(turn), minor * Math.sin(turn)];
      const [x, y] = [u * Math.cos(angle) - v * Math.sin(angle), u * Math.sin(angle) + v * Math.cos(angle)];
      const distance = (yy * x * x - 2 * xy * x * y + xx * y * y) / (xx * yy - xy * xy);
      expect(distance / (-2 * Math.log(1 - level))).toBeCloseTo(1, 6);
    },
  );
});
