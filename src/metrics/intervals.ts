import { normalCdf, normalQuantile, studentQuantile } from "./distributions.js";
import { MetricsError } from "./error.js";

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Coverage aimed at, e.g. 0.95. */
  readonly level: number;
  readonly method: "percentile" | "bca" | "few-clusters-t" | "wilson";
}

export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new MetricsError("bad-option", `level is ${level}; it must lie between 0 and 1`);
}

/** Quantile by linear interpolation between order statistics (type 7: numpy's default). */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0) throw new MetricsError("empty-set", "no values to take a quantile of");
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
  if (values.length === 0) throw new MetricsError("empty-set", "no values to average");
  return total(values) / values.length;
}

/** Sample variance with divisor n − 1 (two passes); 0 for fewer than two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const m = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - m) ** 2;
  return sum / (values.length - 1);
}

/**
 * Percentile interval: the (1 ± level)/2 quantiles of the bootstrap replicates. First-order accurate; transformation
 * respecting. Source: Efron and Tibshirani 1993, ch. 13.
 */
export function percentileInterval(replicates: ArrayLike<number>, level = 0.95): Interval {
  checkLevel(level);
  const sorted = Float64Array.from(replicates).sort();
  return {
    low: quantileOfSorted(sorted, (1 - level) / 2),
    high: quantileOfSorted(sorted, (1 + level) / 2),
    level,
    method: "percentile",
  };
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
  checkLevel(level);
  const sorted = Float64Array.from(replicates).sort();
  const n = sorted.length;
  if (n === 0) throw new MetricsError("empty-set", "no replicates: run the bootstrap first");
  let below = 0;
  for (const x of sorted) below += x < estimate ? 1 : x === estimate ? 0.5 : 0;
  const z0 = normalQuantile(Math.min(Math.max(below, 0.5), n - 0.5) / n);
  const end = (p: number): number => {
    const z = z0 + normalQuantile(p);
    const denominator = 1 - acceleration * z;
    // past its pole the correction has left the replicates behind: their own end is all that can be said
    if (denominator <= 0) return quantileOfSorted(sorted, p < 0.5 ? 0 : 1);
    return quantileOfSorted(sorted, normalCdf(z0 + z / denominator));
  };
  return { low: end((1 - level) / 2), high: end((1 + level) / 2), level, method: "bca" };
}

/**
 * Acceleration for BCa from leave-one-out values of one or several independent samples (seeds, prompts):
 * a = Σ U³ / (6 (Σ U²)^{3/2}) with U = (n−1)(mean − leave-one-out)/n within each sample.
 * Source: Davison and Hinkley 1997, eq. 5.23 and its multi-sample form. 0 where nothing varies.
 */
export function accelerationOf(...samples: readonly ArrayLike<number>[]): number {
  const parts = samples.flatMap((left) => {
    const m = left.length < 2 ? 0 : mean(left);
    return Array.from(left, (x) => (left.length < 2 ? 0 : ((left.length - 1) * (m - x)) / left.length));
  });
  // scaled, so that neither squares nor cubes leave the range of numbers
  const largest = parts.reduce((most, u) => Math.max(most, Math.abs(u)), 0);
  let squares = 0;
  let cubes = 0;
  for (const part of parts) {
    const u = part / largest;
    squares += u * u;
    cubes += u * u * u;
  }
  return largest > 0 ? cubes / (6 * squares ** 1.5) : 0;
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
  checkLevel(level);
  const clusters = perCluster.length;
  if (clusters < 2) {
    throw new MetricsError("too-few", `${clusters} cluster(s): a statement about clusters needs at least 2, better 5`);
  }
  const between = variance(perCluster) / clusters;
  const total = between + shared;
  const standardError = Math.sqrt(total);
  const degrees =
    total > 0
      ? (total * total) / ((between * between) / (clusters - 1) + (shared * shared) / sharedDegrees)
      : clusters - 1;
  const half = studentQuantile(level, degrees) * standardError;
  const m = mean(perCluster);
  return { low: m - half, high: m + half, level, method: "few-clusters-t", standardError, degrees };
}

/**
 * Wilson's interval for a proportion. Range [0, 1]; sound for small n and for shares near 0 and 1. Source: Wilson 1927.
 *
 * @throws MetricsError `bad-option` unless 0 ≤ successes ≤ trials and trials > 0
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  checkLevel(level);
  if (!(trials > 0 && successes >= 0 && successes <= trials)) {
    throw new MetricsError(
      "bad-option",
      `${successes} successes of ${trials} trials; need 0 ≤ successes ≤ trials, trials > 0`,
    );
  }
  const z = normalQuantile((1 + level) / 2);
  const p = successes / trials;
  const denominator = 1 + (z * z) / trials;
  const center = (p + (z * z) / (2 * trials)) / denominator;
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : Math.max(0, center - half),
    high: successes === trials ? 1 : Math.min(1, center + half),
    level,
    method: "wilson",
  };
}
