/** Indicators by dominance alone: how far one set must move to cover another, and how much of it is covered. */
import { bothSets, type IndicatorResult, type ReferenceSetOptions } from "./distance-indicators.js";
import { fail } from "./error.js";
import { type PackedPoints, type Points, senseSigns } from "./point-set.js";

/**
 * Additive epsilon, max_{r∈R} min_{a∈A} max_k (a_k − r_k) (minimised): the least amount by which every coordinate of A must
 * improve for A to weakly dominate R.
 * Sense: smaller is better. Range (−∞, ∞); ≤ 0 just when A weakly dominates R. Pareto-compliance: weak.
 * Source: Zitzler et al. 2003.
 */
export function epsilonAdditive(points: Points, options: ReferenceSetOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  return { value: leastShortfall(a, r, (x, y) => x - y), method: "additive" };
}

/** max_{r∈R} min_{a∈A} max_k of the shortfall of a against r. */
function leastShortfall(
  a: PackedPoints,
  r: PackedPoints,
  shortfall: (x: number, y: number, objective: number) => number,
): number {
  const d = a.dimension;
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < r.data.length; i += d) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < a.data.length; j += d) {
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < d; k++) most = Math.max(most, shortfall(a.data[j + k] as number, r.data[i + k] as number, k));
      least = Math.min(least, most);
    }
    worst = Math.max(worst, least);
  }
  return worst;
}

/**
 * Multiplicative epsilon, max_{r∈R} min_{a∈A} max_k a_k/r_k for minimised objectives (r_k/a_k for maximised ones): the least
 * factor by which A must improve to weakly dominate R.
 * Sense: smaller is better. Range (0, ∞); ≤ 1 just when A weakly dominates R. Pareto-compliance: weak. All coordinates
 * must be above 0. Source: Zitzler et al. 2003.
 *
 * @throws MetricsError `undefined-value` for a coordinate ≤ 0
 */
export function epsilonMultiplicative(points: Points, options: ReferenceSetOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  const d = a.dimension;
  const signs = senseSigns(options.sense, d);
  for (const { data } of [a, r]) {
    data.forEach((x, i) => {
      // objectives that are maximised were negated, so their ratio is positive again
      if (!((signs[i % d] as number) * x > 0)) {
        const what = `${data === a.data ? "points" : "reference set"}: point ${Math.floor(i / d)}, objective ${i % d}`;
        fail("undefined-value", `${what} is not above 0: the multiplicative epsilon has no value`);
      }
    });
  }
  const value = leastShortfall(a, r, (x, y, k) => (signs[k] === 1 ? x / y : y / x));
  return { value, method: "multiplicative" };
}

/**
 * Coverage C(A, R) = |{r ∈ R: some a ∈ A weakly dominates r}|/|R|.
 * Sense: larger is better for A. Range [0, 1]. Not symmetric and C(A,R) ≠ 1 − C(R,A): report both ({@link coverageBothWays}).
 * Pareto-compliance: weak. Source: Zitzler and Thiele 1998.
 */
export function coverage(points: Points, options: ReferenceSetOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  const d = a.dimension;
  let covered = 0;
  for (let i = 0; i < r.data.length; i += d) {
    let k = 0;
    for (let j = 0; j < a.data.length && k < d; j += d) {
      k = 0;
      while (k < d && (a.data[j + k] as number) <= (r.data[i + k] as number)) k++;
    }
    if (k === d) covered++;
  }
  return { value: covered / r.count, method: "weak-dominance" };
}

/** C(A, R) and C(R, A). */
export function coverageBothWays(
  points: Points,
  options: ReferenceSetOptions,
): { of: number; by: number; method: string } {
  return {
    of: coverage(points, options).value,
    by: coverage(options.referenceSet, { sense: options.sense, referenceSet: points }).value,
    method: "weak-dominance",
  };
}
