import { studentTwoSided } from "./distributions.js";
import { MetricsError, positiveInteger } from "./error.js";
import { fewClustersInterval, mean } from "./intervals.js";
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
  const n = differences.length;
  const resamples = options.resamples ?? 10_000;
  const alternative = options.alternative ?? "two-sided";
  positiveInteger(resamples, "resamples");
  let observed = 0;
  let magnitude = 0;
  for (let i = 0; i < n; i++) {
    const x = differences[i] as number;
    if (!Number.isFinite(x)) throw new MetricsError("not-finite", `difference ${i} is ${x}`);
    observed += x;
    magnitude += Math.abs(x);
  }
  if (n === 0) throw new MetricsError("empty-set", "no pairs to compare");
  // sums of the same numbers in another order differ by rounding; such a tie must count as one
  const slack = magnitude * n * 2.3e-16;
  const extreme = (sum: number): boolean =>
    alternative === "greater"
      ? sum >= observed - slack
      : alternative === "less"
        ? sum <= observed + slack
        : Math.abs(sum) >= Math.abs(observed) - slack;
  let hits = 0;
  if (n <= EXACT_PAIRS) {
    const patterns = 2 ** n;
    for (let pattern = 0; pattern < patterns; pattern++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (pattern >>> i) & 1 ? -(differences[i] as number) : (differences[i] as number);
      if (extreme(sum)) hits++;
    }
    return { p: hits / patterns, statistic: observed / n, method: "exact" };
  }
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < n; i++) {
      if ((i & 31) === 0) bits = options.generator.next();
      sum += bits & 1 ? -(differences[i] as number) : (differences[i] as number);
      bits >>>= 1;
    }
    if (extreme(sum)) hits++;
  }
  return { p: (1 + hits) / (1 + resamples), statistic: observed / n, method: "monte-carlo" };
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
  return { p: studentTwoSided(m / standardError, degrees), statistic: m / standardError, method: "t" };
}

/**
 * Two-sided p-value from bootstrap replicates of a difference: twice the smaller share on either side of 0, with one
 * added. Inverts the percentile interval, so that it holds 0 just when p exceeds 1 − level (up to 1/B).
 */
export function bootstrapPValue(replicates: ArrayLike<number>): number {
  const n = replicates.length;
  if (n === 0) throw new MetricsError("empty-set", "no replicates: run the bootstrap first");
  let below = 0;
  let above = 0;
  for (let i = 0; i < n; i++) {
    const x = replicates[i] as number;
    if (x <= 0) below++;
    if (x >= 0) above++;
  }
  return Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + n));
}

/**
 * Holm's adjusted p-values, in the order given: family-wise error control without assumptions on dependence.
 * Source: Holm 1979.
 *
 * @throws MetricsError `bad-option` for a p outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] as number) - (pValues[b] as number));
  const adjusted = new Array<number>(pValues.length).fill(0);
  let largest = 0;
  order.forEach((at, rank) => {
    const p = pValues[at] as number;
    if (!(p >= 0 && p <= 1)) throw new MetricsError("bad-option", `p-value ${at} is ${p}; it must lie in [0, 1]`);
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[at] = largest;
  });
  return adjusted;
}
