import { lexicographicOrder } from "./argsort.js";
import { minimised, type Points, type Sense } from "./point-set.js";

/**
 * Rank of each point: 0 for the non-dominated, 1 for those non-dominated once rank 0 is taken away, and so on. Equal
 * points share a rank. Efficient non-dominated sort with binary search (Zhang et al. 2015): a point that one front does not
 * dominate is dominated by no later one.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`
 */
export function paretoRanks(points: Points, options: { readonly sense: Sense }): Int32Array {
  const { data, dimension: d, count } = minimised(points, options.sense);
  const ranks = new Int32Array(count);
  const fronts: number[][] = [];
  for (const at of lexicographicOrder(data, d, count)) {
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (dominatedByFront(data, d, at, fronts[middle] as number[])) low = middle + 1;
      else high = middle;
    }
    ranks[at] = low;
    if (low === fronts.length) fronts.push([]);
    fronts[low]?.push(at);
  }
  return ranks;
}

function dominatedByFront(data: Float64Array, d: number, at: number, front: readonly number[]): boolean {
  // in two objectives only the lowest of a front can dominate, and that is the last one added
  return (d === 2 ? front.slice(-1) : front).some((other) => {
    let better = false;
    for (let k = 0; k < d; k++) {
      const gap = (data[other * d + k] as number) - (data[at * d + k] as number);
      if (gap > 0) return false;
      if (gap < 0) better = true;
    }
    return better;
  });
}
