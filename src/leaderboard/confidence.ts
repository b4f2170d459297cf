/**
 * How sure a change is, as a confidence distribution: for each x, the confidence that the true change lies below x. Bounds
 * are its quantiles and one-sided p-values its values, so that they cannot contradict each other.
 *
 * Below three seeds: bias-corrected and accelerated bootstrap over prompts, seeds held fixed (statements "for these trained
 * models"). From three on: Student's t over seeds around the bias-corrected change, with the variance that the shared
 * prompts put into all seeds at once added to the variance between seeds.
 */
import { normalCdf, normalQuantile, studentQuantile, studentTwoSided } from "../metrics/distributions.js";
import { accelerationOf, mean, quantileOfSorted, variance } from "../metrics/index.js";
import type { PairedMeasure } from "./paired-bootstrap.js";

/** Statements about methods need this many training seeds (PROTOCOL §6). */
export const FEWEST_SEEDS = 3;

export interface ConfidenceDistribution {
  readonly change: number;
  readonly standardError: number;
  readonly spread: Spread;
  /** Never quite 0 or 1. */
  below(x: number): number;
  /** @param confidence in (0, 1) */
  quantile(confidence: number): number;
}

/** Where the variance of the change comes from. */
export type Spread =
  | { readonly kind: "prompts"; readonly prompts: number; readonly variance: number }
  | {
      readonly kind: "seeds";
      readonly seeds: number;
      readonly prompts: number;
      /** Of one seed's change by its training alone, and by the prompts alone; what the prompts do to all seeds alike. */
      readonly training: number;
      readonly own: number;
      readonly shared: number;
    };

export type ChangeUnit = "log-ratio" | "difference";

/** @throws RangeError for a log-ratio of zero */
export function changeOf(measure: PairedMeasure, unit: ChangeUnit): ConfidenceDistribution {
  const seeds = measure.a.length;
  const a = mean(measure.a);
  const b = mean(measure.b);
  if (unit === "log-ratio" && !(a > 0 && b > 0)) throw new RangeError("no ratio to or of a hypervolume of 0");
  const estimate = between(a, b, unit);
  const resampled = changes(measure.resampledA, measure.resampledB, seeds, unit);
  const prompts = measure.withoutA.length / seeds;
  return seeds < FEWEST_SEEDS
    ? overPrompts(estimate, resampled, changes(measure.withoutA, measure.withoutB, seeds, unit), prompts)
    : overSeeds(measure, estimate, resampled, prompts, unit);
}

/** A resample in which one side's hypervolume vanishes is beyond every other. */
const VANISHED = 50;

function between(a: number, b: number, unit: ChangeUnit): number {
  if (unit === "difference") return b - a;
  if (a > 0 && b > 0) return Math.log(b / a);
  return a > 0 ? -VANISHED : b > 0 ? VANISHED : 0;
}

/** Change of the averages over seeds, for each column of `[seed, column]`. */
function changes(a: Float64Array, b: Float64Array, seeds: number, unit: ChangeUnit): Float64Array {
  const columns = a.length / seeds;
  return Float64Array.from({ length: columns }, (_, r) => {
    let sumA = 0;
    let sumB = 0;
    for (let s = 0; s < seeds; s++) {
      sumA += a[s * columns + r] ?? 0;
      sumB += b[s * columns + r] ?? 0;
    }
    return between(sumA / seeds, sumB / seeds, unit);
  });
}

/** In standard errors: a larger bias is no longer one that a bootstrap can correct. */
const MOST_BIAS = 1;

/** BCa (Efron 1987) as a whole distribution, not one interval of it. */
function overPrompts(
  estimate: number,
  resampled: Float64Array,
  withoutPrompt: Float64Array,
  prompts: number,
): ConfidenceDistribution {
  const sorted = resampled.toSorted();
  const n = sorted.length;
  const acceleration = accelerationOf(withoutPrompt);
  // Where every resample says the same, rounding must not pass for a bias.
  const same = 1e-12 * Math.max(1, Math.abs(estimate));
  let under = 0;
  for (const x of sorted) under += x < estimate - same ? 1 : x <= estimate + same ? 0.5 : 0;
  const z0 = Math.min(Math.max(normalQuantile(inside(under / n, n)), -MOST_BIAS), MOST_BIAS);
  const spread = { kind: "prompts", prompts, variance: variance(resampled) } as const;
  return {
    change: estimate,
    standardError: Math.sqrt(spread.variance),
    spread,
    below(x) {
      const w = normalQuantile(inside(shareBelow(sorted, x), n)) - z0;
      const denominator = 1 + acceleration * w;
      // Past the pole of the correction nothing is left to be said against it.
      if (denominator <= 0) return w < 0 ? 0.5 / n : 1 - 0.5 / n;
      return inside(normalCdf(w / denominator - z0), n);
    },
    quantile(confidence) {
      const z = z0 + normalQuantile(confidence);
      const denominator = 1 - acceleration * z;
      if (denominator <= 0) return quantileOfSorted(sorted, z < 0 ? 0 : 1);
      return quantileOfSorted(sorted, normalCdf(z0 + z / denominator));
    },
  };
}

/** Inverse of `quantileOfSorted`; the middle of a run of equal replicates. */
function shareBelow(sorted: Float64Array, x: number): number {
  const last = sorted.length - 1;
  const first = countWhile(sorted, (y) => y < x);
  const upTo = countWhile(sorted, (y) => y <= x);
  if (first === 0 && upTo === 0) return 0;
  if (first > last) return 1;
  if (upTo > first) return (first + upTo - 1) / 2 / last;
  const low = sorted[first - 1] ?? x;
  const high = sorted[first] ?? x;
  return (first - 1 + (x - low) / (high - low)) / last;
}

/** Length of the leading part of which `is` holds, by bisection. */
function countWhile(sorted: Float64Array, is: (x: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(sorted[middle] ?? Number.NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Resamples cannot tell a share smaller than half of one from none. */
function inside(share: number, resamples: number): number {
  return Math.min(Math.max(share, 0.5 / resamples), 1 - 0.5 / resamples);
}

function overSeeds(
  measure: PairedMeasure,
  estimate: number,
  resampled: Float64Array,
  prompts: number,
  unit: ChangeUnit,
): ConfidenceDistribution {
  const seeds = measure.a.length;
  // A log-ratio of averages is, to first order, the average of these.
  const toA = unit === "log-ratio" ? 1 / mean(measure.a) : 1;
  const toB = unit === "log-ratio" ? 1 / mean(measure.b) : 1;
  const perSeed = measure.a.map((a, s) => (measure.b[s] ?? 0) * toB - a * toA);
  const columns = resampled.length;
  const average = new Float64Array(columns);
  let own = 0;
  for (let s = 0; s < seeds; s++) {
    const column = Float64Array.from(
      { length: columns },
      (_, r) => (measure.resampledB[s * columns + r] ?? 0) * toB - (measure.resampledA[s * columns + r] ?? 0) * toA,
    );
    own += variance(column) / seeds;
    column.forEach((x, r) => {
      average[r] = (average[r] ?? 0) + x / seeds;
    });
  }
  // Var(average) = own/S + (1 − 1/S)·shared, where `shared` is the mean covariance of two seeds under the same prompts.
  const shared = Math.max(0, (seeds * variance(average) - own) / (seeds - 1));
  const spreadOfSeeds = variance(perSeed) / seeds;
  const total = spreadOfSeeds + shared;
  const standardError = Math.sqrt(total);
  const degrees =
    total > 0 ? total ** 2 / (spreadOfSeeds ** 2 / (seeds - 1) + shared ** 2 / Math.max(1, prompts - 1)) : seeds - 1;
  const vanished = resampled.some((x) => Math.abs(x) === VANISHED);
  const center = vanished ? estimate : 2 * estimate - mean(resampled);
  const smallest = Number.EPSILON;
  return {
    change: estimate,
    standardError,
    spread: {
      kind: "seeds",
      seeds,
      prompts,
      training: Math.max(0, variance(perSeed) - own + shared),
      own,
      shared,
    },
    below(x) {
      if (standardError === 0) return x > center ? 1 - smallest : x < center ? smallest : 0.5;
      const t = (x - center) / standardError;
      const tail = studentTwoSided(t, degrees) / 2;
      return t < 0 ? tail : 1 - tail;
    },
    quantile(confidence) {
      const half = studentQuantile(Math.abs(2 * confidence - 1), degrees) * standardError;
      return confidence < 0.5 ? center - half : center + half;
    },
  };
}
