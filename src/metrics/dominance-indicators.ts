/** Indicators by dominance alone: how far one set must move to cover another, and how much of it is covered. */
import { bothSets, type IndicatorResult, type ReferenceSetOptions } from "./distance-indicators.js";
import { MetricsError } from "./error.js";
import { type Points, senseSigns } from "./point-set.js";

/**
 * Additive epsilon, max_{r∈R} min_{a∈A} max_k (a_k − r_k) (minimised): the least amount by which every coordinate of A must
 * improve for A to weakly dominate R.
 * Sense: smaller is better. Range (−∞, ∞); ≤ 0 just when A weakly dominates R. Pareto-compliance: weak.
 * Source: Zitzler et al. 2003.
 */
export function epsilonAdditive(points: Points, options: ReferenceSetOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  const d = a.dimension;
  let worst = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < r.count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < a.count; j++) {
      let most = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < d; k++) most = Math.max(most, (a.data[j * d + k] as number) - (r.data[i * d + k] as number));
      if (most < least) least = most;
    }
    if (least > worst) worst = least;
  }
  return { value: worst, method: "additive" };
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
  for (const [set, what] of [
    [a, "points"],
    [r, "reference set"],
  ] as const) {
    for (let i = 0; i < set.data.length; i++) {
      const x = (set.data[i] as number) * (signs[i % d] as number);
      if (!(x > 0)) {
        throw new MetricsError(
          "undefined-value",
          `${what}: point ${Math.floor(i / d)}, objective ${i % d} is ${x}; the multiplicative epsilon needs numbers above 0`,
        );
      }
    }
  }
  let worst = 0;
  for (let i = 0; i < r.count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < a.count; j++) {
      let most = 0;
      for (let k = 0; k < d; k++) {
        const ratio = (a.data[j * d + k] as number) / (r.data[i * d + k] as number);
        most = Math.max(most, signs[k] === 1 ? ratio : 1 / ratio);
      }
      if (most < least) least = most;
    }
    if (least > worst) worst = least;
  }
  return { value: worst, method: "multiplicative" };
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
  for (let i = 0; i < r.count; i++) {
    for (let j = 0; j < a.count; j++) {
      let k = 0;
      while (k < d && (a.data[j * d + k] as number) <= (r.data[i * d + k] as number)) k++;
      if (k === d) {
        covered++;
        break;
      }
    }
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
