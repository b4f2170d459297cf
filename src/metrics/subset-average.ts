import { MetricsError, positiveInteger } from "./error.js";
import type { HypervolumeOptions } from "./hypervolume.js";
import { minimised, minimisedPoint, type Points } from "./point-set.js";
import { type RandomGenerator, uniformIndex } from "./random.js";
import { RepeatedHypervolume } from "./repeated-hypervolume.js";

export interface SubsetAverageOptions extends Pick<HypervolumeOptions, "reference" | "sense"> {
  /** Candidates per subset, the same for every method that is compared. */
  readonly size: number;
  readonly generator: RandomGenerator;
  /** Random subsets where there are more of them than this; default 2,000. */
  readonly subsets?: number;
}

export type SubsetAverage =
  | { readonly method: "all-subsets"; readonly value: number; readonly subsets: number }
  | {
      readonly method: "random-subsets";
      readonly value: number;
      readonly subsets: number;
      readonly standardError: number;
    };

/**
 * Mean hypervolume of subsets of `size` points: hypervolume grows with the number of noisy candidates, so sets of different
 * size are compared at equal N. Every subset where there are few, else random ones without replacement.
 * Sense, range and compliance as hypervolume, on average.
 *
 * @throws MetricsError `too-few` for fewer points than `size`, `bad-option`, `dimension-mismatch`, `not-finite`
 */
export function subsetHypervolume(points: Points, options: SubsetAverageOptions): SubsetAverage {
  const d = options.reference.length;
  const reference = minimisedPoint(options.reference, options.sense, "reference");
  const { data, count } = minimised(points, options.sense, "points", d);
  const { size } = options;
  const limit = options.subsets ?? 2000;
  positiveInteger(size, "size");
  positiveInteger(limit, "subsets", 2);
  if (count < size) throw new MetricsError("too-few", `${count} points have no subset of ${size}`);
  const kernel = new RepeatedHypervolume(reference, size);
  const chosen = new Float64Array(size * d);
  const volume = (indices: Int32Array): number => {
    for (let i = 0; i < size; i++)
      for (let k = 0; k < d; k++) chosen[i * d + k] = data[(indices[i] as number) * d + k] as number;
    return kernel.volume(chosen, 0, size);
  };
  if (binomial(count, size) <= limit) {
    const indices = Int32Array.from({ length: size }, (_, i) => i);
    let sum = 0;
    let subsets = 0;
    do {
      sum += volume(indices);
      subsets++;
    } while (nextCombination(indices, count));
    return { method: "all-subsets", value: sum / subsets, subsets };
  }
  const pool = Int32Array.from({ length: count }, (_, i) => i);
  let mean = 0;
  let squares = 0;
  for (let s = 1; s <= limit; s++) {
    for (let i = 0; i < size; i++) {
      const j = i + uniformIndex(options.generator, count - i);
      const swap = pool[i] as number;
      pool[i] = pool[j] as number;
      pool[j] = swap;
    }
    const value = volume(pool);
    const difference = value - mean;
    mean += difference / s;
    squares += difference * (value - mean);
  }
  return {
    method: "random-subsets",
    value: mean,
    subsets: limit,
    standardError: Math.sqrt(squares / (limit - 1) / limit),
  };
}

function binomial(n: number, k: number): number {
  let out = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) out = (out * (n - i + 1)) / i;
  return Math.round(out);
}

function nextCombination(indices: Int32Array, n: number): boolean {
  const k = indices.length;
  let i = k - 1;
  while (i >= 0 && indices[i] === n - k + i) i--;
  if (i < 0) return false;
  indices[i] = (indices[i] as number) + 1;
  for (let j = i + 1; j < k; j++) indices[j] = (indices[j - 1] as number) + 1;
  return true;
}
