import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { dot, fitBradleyTerry } from "../../src/rewards/ridge-bradley-terry.js";

const finite = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
const pairs = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, n]) =>
    fc.array(fc.array(finite(3), { minLength: width, maxLength: width }), { minLength: n, maxLength: n }),
  );

/** The loss as its docstring writes it, of w = u / s. */
function loss(differences: readonly number[][], w: ArrayLike<number>, ridge: number): number {
  const n = differences.length;
  let sum = 0;
  for (const d of differences) sum += Math.log1p(Math.exp(-dot(w, d))) / n;
  for (let k = 0; k < w.length; k++) {
    const square = differences.reduce((total, d) => total + (d[k] ?? 0) ** 2 / n, 0);
    sum += (ridge / 2) * (w[k] ?? 0) ** 2 * square;
  }
  return sum;
}

describe("ridge Bradley–Terry", () => {
  test.prop([
    pairs,
    fc.double({ min: 0.05, max: 3, noNaN: true }),
    fc.array(finite(1), { minLength: 4, maxLength: 4 }),
  ])("no nearby weights have a smaller loss", (differences, ridge, nudge) => {
    const w = fitBradleyTerry(differences, ridge);
    const best = loss(differences, w, ridge);
    for (const size of [1e-3, 0.1, 1]) {
      const other = w.map((x, k) => x + size * (nudge[k] ?? 0));
      expect(loss(differences, other, ridge)).toBeGreaterThanOrEqual(best - 1e-9);
    }
  });

  test.prop([pairs, fc.double({ min: 0.01, max: 100, noNaN: true })])(
    "margins do not change when a feature is written in other units",
    (differences, unit) => {
      // Below a spread of 1e-12 a feature is taken to say nothing, in any unit.
      const largest = Math.max(...differences.map((d) => Math.abs(d[0] ?? 0)));
      fc.pre(largest === 0 || largest * Math.min(1, unit) > 1e-9);
      const scaled = differences.map((d) => d.map((x, k) => (k === 0 ? x * unit : x)));
      const [a, b] = [fitBradleyTerry(differences, 0.5), fitBradleyTerry(scaled, 0.5)];
      differences.forEach((d, i) => {
        expect(dot(b, scaled[i] ?? [])).toBeCloseTo(dot(a, d), 6);
      });
    },
  );

  test.prop([pairs])("swapping chosen and rejected turns the head around", (differences) => {
    const w = fitBradleyTerry(differences, 0.3);
    const turned = fitBradleyTerry(
      differences.map((d) => d.map((x) => -x)),
      0.3,
    );
    w.forEach((x, k) => {
      expect(turned[k]).toBeCloseTo(-x, 8);
    });
  });

  test("a feature that never differs gets no weight", () => {
    expect(
      [
        ...fitBradleyTerry(
          [
            [1, 0],
            [2, 0],
          ],
          0.1,
        ),
      ][1],
    ).toBe(0);
  });

  test("finds the direction that labels were drawn from", () => {
    // u·d > 0 for all pairs; a grid of directions that the true one separates.
    const truth = [1, -2, 0.5];
    const differences: number[][] = [];
    for (let a = -2; a <= 2; a++) {
      for (let b = -2; b <= 2; b++) {
        for (let c = -2; c <= 2; c++) {
          const d = [a, b, c];
          const margin = dot(truth, d);
          if (margin !== 0) differences.push(margin > 0 ? d : d.map((x) => -x));
        }
      }
    }
    const w = fitBradleyTerry(differences, 1e-3);
    const cosine = dot(w, truth) / Math.sqrt(dot(w, w) * dot(truth, truth));
    expect(cosine).toBeGreaterThan(0.99);
  });

  test("says what it cannot fit", () => {
    expect(() => fitBradleyTerry([], 1)).toThrow("at least one pair");
    expect(() => fitBradleyTerry([[1]], 0)).toThrow("ridge must be above 0");
    expect(() => fitBradleyTerry([[Number.NaN]], 1)).toThrow("not a finite number");
  });
});
