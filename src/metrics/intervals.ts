import { normalCdf, normalQuantile, studentQuantile } from "./distributions.js";
import { fail, mustBeFinite, mustExist, mustLieWithin, mustReach } from "./error.js";

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Coverage aimed at, e.g. 0.95. */
  readonly level: number;
  readonly method: "percentile" | "bca" | "few-clusters-t" | "wilson";
}

/** Level of an interval, the share left out on either side, and where it ends: `end` of the two shares. */
function interval<Method extends Interval["method"]>(
  level: number,
  method: Method,
  end: (share: number) => number,
): Interval & { readonly method: Method } {
  mustLieWithin(level, 0, 1, "level");
  return { low: end((1 - level) / 2), high: end((1 + level) / 2), level, method };
}

/** Quantile by linear interpolation between order statistics (type 7: numpy's default). */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  mustBeFinite(p, "share");
  mustExist(n, "values to take a quantile of");
  const at = Math.min(Math.max(p, 0), 1) * (n - 1);
  const below = Math.floor(at);
  const x = sorted[below] as number;
  return below + 1 < n ? x + (at - below) * ((sorted[below + 1] as number) - x) : x;
}

/** Plain sum. */
export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/** Sample mean. */
export function mean(values: ArrayLike<number>): number {
  mustExist(values.length, "values to average");
  return total(values) / values.length;
}

/** Sample variance with divisor n − 1 (two passes); 0 for fewer than two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const m = mean(values);
  return total(Array.from(values, (x) => (x - m) ** 2)) / (values.length - 1);
}

/** Ascending, all finite: what is not stands at an end. */
function sortedReplicates(replicates: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(replicates).sort();
  mustExist(sorted.length, "replicates");
  mustBeFinite(sorted[0] as number, "a replicate");
  mustBeFinite(sorted[sorted.length - 1] as number, "a replicate");
  return sorted;
}

/**
 * Percentile interval: the (1 ± level)/2 quantiles of the bootstrap replicates. First-order accurate; transformation
 * respecting. Source: Efron and Tibshirani 1993, ch. 13.
 */
export function percentileInterval(replicates: ArrayLike<number>, level = 0.95): Interval {
  const sorted = sortedReplicates(replicates);
  return interval(level, "percentile", (share) => quantileOfSorted(sorted, share));
}

/**
 * Bias-corrected and accelerated interval (Efron 1987): quantiles at Φ(z₀ + (z₀ + z_α)/(1 − a(z₀ + z_α))), with z₀ from the
 * share of replicates below the estimate (ties count half). Second-order accurate. Where every replicate lies on
 * one side of the estimate, z₀ is held at that of half a replicate.
 *
 * @param acceleration a; see {@link accelerationOf}
 */
export function bcaInterval(
  estimate: number,
  replicates: ArrayLike<number>,
  acceleration: number,
  level = 0.95,
): Interval {
  const sorted = sortedReplicates(replicates);
  const n = sorted.length;
  mustBeFinite(estimate, "estimate");
  mustBeFinite(acceleration, "acceleration");
  const below = total(sorted.map((x) => (x < estimate ? 1 : x === estimate ? 0.5 : 0)));
  const z0 = normalQuantile(Math.min(Math.max(below, 0.5), n - 0.5) / n);
  return interval(level, "bca", (share) => {
    const z = z0 + normalQuantile(share);
    const denominator = 1 - acceleration * z;
    // past its pole the correction has left the replicates behind: their own end is all that can be said
    const at = denominator > 0 ? normalCdf(z0 + z / denominator) : share < 0.5 ? 0 : 1;
    return quantileOfSorted(sorted, at);
  });
}

/**
 * Acceleration for BCa from leave-one-out values of one or several independent samples (seeds, prompts):
 * a = Σ U³ / (6 (Σ U²)^{3/2}) with U = (n−1)(mean − leave-one-out)/n within each sample.
 * Source: Davison and Hinkley 1997, eq. 5.23 and its multi-sample form. 0 where nothing varies.
 */
export function accelerationOf(...samples: readonly ArrayLike<number>[]): number {
  const parts = samples.flatMap((left) => {
    const n = left.length;
    const m = n && mean(left);
    return Array.from(left, (x) => ((n - 1) * (m - x)) / n);
  });
  // scaled, so that neither squares nor cubes leave the range of numbers
  const largest = parts.reduce((most, u) => Math.max(most, Math.abs(u)), 0);
  const power = (p: number): number => total(parts.map((u) => (u / largest) ** p));
  return largest && power(3) / (6 * power(2) ** 1.5);
}

/** 2·estimate − mean of the replicates: the bootstrap's correction of an estimator's bias. May leave the range. */
export function biasCorrected(estimate: number, replicates: ArrayLike<number>): number {
  return 2 * estimate - mean(replicates);
}

/**
 * Interval for few clusters: t-based, with between-cluster variance s²/S on S − 1 degrees of freedom, to which the
 * variance that all clusters share (they are scored on the same prompts) is added, on its own degrees of freedom
 * (Welch–Satterthwaite). The bootstrap over 3 to 10 seeds is far too narrow; this is not.
 *
 * @param perCluster one estimate per cluster (per training seed); at least 2, of which 3 are what PROTOCOL §6 asks for
 * @param shared variance that the prompts put into all clusters alike (a covariance of two clusters); 0 if not shared
 * @param sharedDegrees degrees of freedom of `shared` (prompts − 1)
 * @throws MetricsError `too-few`, `bad-option`
 */
export function fewClustersInterval(
  perCluster: ArrayLike<number>,
  level = 0.95,
  shared = 0,
  sharedDegrees = Number.POSITIVE_INFINITY,
): Interval & { readonly standardError: number; readonly degrees: number } {
  const clusters = perCluster.length;
  mustReach(clusters, 2, "clusters");
  const between = variance(perCluster) / clusters;
  const both = between + shared;
  mustBeFinite(both, "variance of the clusters");
  const standardError = Math.sqrt(both);
  // squares of variances may leave the range of numbers; in units of a power of two no digit changes
  const unit = 2 ** Math.floor(Math.log2(both));
  const square = (x: number): number => (x / unit) ** 2;
  const degrees =
    both > 0 ? square(both) / (square(between) / (clusters - 1) + square(shared) / sharedDegrees) : clusters - 1;
  const m = mean(perCluster);
  const ends = interval(level, "few-clusters-t", (share) => {
    const half = studentQuantile(level, degrees) * standardError;
    return share < 0.5 ? m - half : m + half;
  });
  return { ...ends, standardError, degrees };
}

/**
 * Wilson's interval for a proportion. Range [0, 1]; sound for small n and for shares near 0 and 1. Source: Wilson 1927.
 *
 * @throws MetricsError `bad-option` unless 0 ≤ successes ≤ trials and trials > 0
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  mustLieWithin(trials, 0, Number.POSITIVE_INFINITY, "trials");
  if (!(successes >= 0 && successes <= trials)) fail("bad-option", `${successes} successes of ${trials} trials`);
  const p = successes / trials;
  return interval(level, "wilson", (share) => {
    const z = normalQuantile(share);
    const square = (z * z) / trials;
    // a share of 0 or 1 is an end itself, free of rounding
    if (p === (share < 0.5 ? 0 : 1)) return p;
    const root = z * Math.sqrt((p * (1 - p) + square / 4) / trials);
    return Math.min(1, Math.max(0, (p + square / 2 + root) / (1 + square)));
  });
}
