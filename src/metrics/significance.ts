import { studentTwoSided } from "./distributions.js";
import { fail, mustBeFinite, mustBeOneOf, mustExist, positiveInteger } from "./error.js";
import { fewClustersInterval, mean, total } from "./intervals.js";
import type { RandomGenerator } from "./random.js";

export type Alternative = "two-sided" | "greater" | "less";

export interface TestResult {
  /** Probability, under no difference, of a statistic at least as extreme: in (0, 1]. */
  readonly p: number;
  readonly statistic: number;
  readonly method: "exact" | "monte-carlo" | "t";
}

export interface PermutationOptions {
  readonly generator: RandomGenerator;
  /** Random sign patterns where 2ⁿ are too many; default 10,000. */
  readonly resamples?: number;
  readonly alternative?: Alternative;
}

/** Up to this many pairs every sign pattern is tried. */
const EXACT_PAIRS = 14;

/**
 * Paired permutation (sign-flip) test of mean difference 0: labels are exchangeable within each pair under no
 * difference. Statistic: the mean. Exact up to 14 pairs, beyond p = (1 + #{flipped ≥ observed}) / (1 + resamples).
 * Source: Fisher 1935; Phipson and Smyth 2010 for the added one.
 *
 * @param differences one per pair (per prompt), A − B
 * @throws MetricsError `empty-set`, `not-finite`, `bad-option`
 */
export function pairedPermutationTest(differences: ArrayLike<number>, options: PermutationOptions): TestResult {
  const { generator, resamples = 10_000, alternative = "two-sided" } = options;
  const n = differences.length;
  positiveInteger(resamples, "resamples");
  mustBeOneOf(alternative, ["two-sided", "greater", "less"], "alternative");
  mustExist(n, "pairs to compare");
  const side = alternative === "less" ? -1 : 1;
  const pairs = Float64Array.from(differences, (x, i) => {
    mustBeFinite(x, `difference ${i}`);
    return side * x;
  });
  const size = (sum: number): number => (alternative === "two-sided" ? Math.abs(sum) : sum);
  const observed = total(pairs);
  // sums of the same numbers in another order differ by rounding; such a tie must count as one
  const least = size(observed) - total(pairs.map(Math.abs)) * n * 2.3e-16;
  const exact = n <= EXACT_PAIRS;
  const patterns = exact ? 2 ** n : resamples;
  let hits = exact ? 0 : 1;
  for (let b = 0; b < patterns; b++) {
    let sum = 0;
    let bits = b;
    for (let i = 0; i < n; i++) {
      if (!exact && (i & 31) === 0) bits = generator.next();
      sum += bits & 1 ? -(pairs[i] as number) : (pairs[i] as number);
      bits >>>= 1;
    }
    if (size(sum) >= least) hits++;
  }
  return {
    p: hits / (exact ? patterns : 1 + patterns),
    statistic: (side * observed) / n,
    method: exact ? "exact" : "monte-carlo",
  };
}

/**
 * Two-sided t-test of mean 0 over clusters (per-seed differences), with the variance and degrees of freedom of
 * {@link fewClustersInterval}, which it inverts. p = 1 where nothing differs.
 */
export function pairedTTest(
  differences: ArrayLike<number>,
  shared = 0,
  sharedDegrees = Number.POSITIVE_INFINITY,
): TestResult {
  const { standardError, degrees } = fewClustersInterval(differences, 0.95, shared, sharedDegrees);
  const m = mean(differences);
  // every cluster says exactly the same: no p-value is small enough, and 0 is not one
  if (standardError === 0) return { p: m === 0 ? 1 : Number.MIN_VALUE, statistic: m, method: "t" };
  const statistic = m / standardError;
  return { p: studentTwoSided(statistic, degrees), statistic, method: "t" };
}

/**
 * Two-sided p-value from bootstrap replicates of a difference: twice the smaller share on either side of 0, with one
 * added. Inverts the percentile interval, so that it holds 0 just when p exceeds 1 − level (up to 1/B).
 */
export function bootstrapPValue(replicates: ArrayLike<number>): number {
  const n = replicates.length;
  mustExist(n, "replicates");
  mustBeFinite(total(replicates), "sum of the replicates");
  const count = (side: number): number => total(Array.from(replicates, (x) => (side * x >= 0 ? 1 : 0)));
  return Math.min(1, (2 * (1 + Math.min(count(-1), count(1)))) / (1 + n));
}

/**
 * Holm's adjusted p-values, in the order given: family-wise error control without assumptions on dependence.
 * Source: Holm 1979.
 *
 * @throws MetricsError `bad-option` for a p outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = [...pValues];
  let largest = 0;
  pValues
    .map((p, at) => ({ p, at }))
    .sort((a, b) => a.p - b.p)
    .forEach(({ p, at }, rank) => {
      if (!(p >= 0 && p <= 1)) fail("bad-option", `p-value ${at} is ${p}; it must lie in [0, 1]`);
      largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
      adjusted[at] = largest;
    });
  return adjusted;
}
