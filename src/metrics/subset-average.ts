import { mustReach, mustStayInRange, positiveInteger } from "./error.js";
import type { HypervolumeOptions } from "./hypervolume.js";
import { mean, variance } from "./intervals.js";
import { allIndices, gather } from "./nondominated.js";
import { minimised, minimisedPoint, type Points } from "./point-set.js";
import { type RandomGenerator, swap, uniformIndex } from "./random.js";
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
 * @throws MetricsError `too-few` for fewer points than `size`, `bad-option`, `dimension-mismatch`, `not-finite`, `undefined-value`
 */
export function subsetHypervolume(points: Points, options: SubsetAverageOptions): SubsetAverage {
  const { size, subsets: limit = 2000, generator } = options;
  const d = options.reference.length;
  const reference = minimisedPoint(options.reference, options.sense, "reference");
  const all = minimised(points, options.sense, "points", d);
  positiveInteger(size, "size");
  positiveInteger(limit, "subsets", 2);
  mustReach(all.count, size, `points for a subset of ${size}`);
  const kernel = new RepeatedHypervolume(reference, size);
  const order = allIndices(all.count);
  const chosen = order.subarray(0, size);
  const volume = (): number => {
    const value = kernel.volume(gather(all, chosen).data, 0, size);
    mustStayInRange(value, "a volume");
    return value;
  };
  const values: number[] = [];
  if (binomial(all.count, size) <= limit) {
    do values.push(volume());
    while (nextCombination(chosen, all.count));
    return { method: "all-subsets", value: mean(values), subsets: values.length };
  }
  while (values.length < limit) {
    for (let i = 0; i < size; i++) swap(order, i, i + uniformIndex(generator, all.count - i));
    values.push(volume());
  }
  return {
    method: "random-subsets",
    value: mean(values),
    subsets: limit,
    standardError: Math.sqrt(variance(values) / limit),
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
  const first = (indices[i] as number) + 1;
  for (let j = i; j < k; j++) indices[j] = first + j - i;
  return true;
}
