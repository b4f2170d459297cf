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
  const order = count === 0 ? new Int32Array(0) : lexicographicOrder(data, d, count);
  for (const at of order) {
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (dominatedByFront(data, d, at, fronts[middle] as number[])) low = middle + 1;
      else high = middle;
    }
    ranks[at] = low;
    const front = fronts[low];
    if (front === undefined) fronts.push([at]);
    else front.push(at);
  }
  return ranks;
}

function dominatedByFront(data: Float64Array, d: number, at: number, front: readonly number[]): boolean {
  // in two objectives only the lowest of a front can dominate, and that is the last one added
  const first = d === 2 ? Math.max(0, front.length - 1) : 0;
  for (let j = front.length - 1; j >= first; j--) {
    const other = front[j] as number;
    let better = false;
    let k = 0;
    for (; k < d; k++) {
      const x = data[other * d + k] as number;
      const y = data[at * d + k] as number;
      if (x > y) break;
      if (x < y) better = true;
    }
    if (k === d && better) return true;
  }
  return false;
}
