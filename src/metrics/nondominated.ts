import { argsort, column, denseRanks, lexicographicOrder } from "./argsort.js";
import { mustBeOneOf } from "./error.js";
import { OrderedSet } from "./ordered-set.js";
import { minimised, type PackedPoints, type Points, type Sense } from "./point-set.js";

export interface NondominatedOptions {
  readonly sense: Sense;
  /**
   * `nondominated` (default): no other point is at least as good in every objective and better in one.
   * `weakly`: no other point is better in *every* objective (a superset: points that share a coordinate may stay).
   */
  readonly keep?: "nondominated" | "weakly";
  /** Points equal in every objective do not dominate each other: `keep` (default) all of them, or the `first` only. */
  readonly duplicates?: "keep" | "first";
}

/**
 * Indices of the non-dominated points, ascending. O(n log n) for 1 to 3 objectives, O(n · front size) beyond
 * and for `weakly`.
 * No points: no indices.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `bad-option`
 */
export function nondominated(points: Points, options: NondominatedOptions): Int32Array {
  const { sense, keep = "nondominated", duplicates = "keep" } = options;
  mustBeOneOf(keep, ["nondominated", "weakly"], "keep");
  mustBeOneOf(duplicates, ["keep", "first"], "duplicates");
  return nondominatedOf(minimised(points, sense), keep === "weakly", duplicates === "first");
}

/** The filter on minimised points. */
export function nondominatedOf(points: PackedPoints, weakly = false, firstOnly = false): Int32Array {
  const kept = new Uint8Array(points.count);
  // A point dominated by the best of these few is gone before anything is sorted.
  const ids = weakly ? allIndices(points.count) : survivors(points);
  const { data, dimension: d, count } = ids.length === points.count ? points : gather(points, ids);
  const sweep = weakly ? 0 : d;
  // Points come after what dominates them, and equal points one after the other.
  const order = lexicographicOrder(data, d, count, sweep === 3 ? 2 : 0);
  const dominated =
    sweep === 2 ? belowLowest(data) : sweep === 3 ? belowStaircase(data, count) : belowFront(data, d, weakly);
  let left = 0;
  for (let i = 0, previous = -1; i < count; i++) {
    const at = (order[i] as number) * d;
    let k = 0;
    while (previous >= 0 && k < d && data[previous + k] === data[at + k]) k++;
    const own = ids[order[i] as number] as number;
    // equal points share their fate
    if (k < d ? !dominated(at) : !firstOnly && kept[ids[order[i - 1] as number] as number] === 1) {
      kept[own] = 1;
      left++;
    }
    previous = at;
  }
  const out = new Int32Array(left);
  for (let i = 0, o = 0; o < left; i++) if (kept[i] === 1) out[o++] = i;
  return out;
}

export function allIndices(count: number): Int32Array {
  const out = new Int32Array(count);
  for (let i = 0; i < count; i++) out[i] = i;
  return out;
}

/** The named rows, packed. */
export function gather(points: PackedPoints, indices: Int32Array): PackedPoints {
  const d = points.dimension;
  const data = new Float64Array(indices.length * d);
  for (let i = 0, o = 0; i < indices.length; i++) {
    for (let k = 0, from = (indices[i] as number) * d; k < d; k++) data[o++] = points.data[from++] as number;
  }
  return { data, dimension: d, count: indices.length };
}

/** Points not dominated by the one with the smallest sum of coordinates, scaled by the ranges of a sample. */
function survivors({ data, dimension: d, count }: PackedPoints): Int32Array {
  const scale = new Float64Array(d);
  const stride = Math.max(1, count >> 8) * d;
  for (let k = 0; k < d; k++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let o = k; o < data.length; o += stride) {
      low = Math.min(low, data[o] as number);
      high = Math.max(high, data[o] as number);
    }
    scale[k] = 1 / (high - low || 1);
  }
  let best = 0;
  let bestSum = Number.POSITIVE_INFINITY;
  for (let o = 0; o < data.length; o += d) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (data[o + k] as number) * (scale[k] as number);
    if (sum < bestSum) {
      bestSum = sum;
      best = o;
    }
  }
  const out = new Int32Array(count);
  let kept = 0;
  for (let i = 0, o = 0; i < count; i++, o += d) {
    let worse = 0;
    let k = 0;
    for (; k < d; k++) {
      const x = data[o + k] as number;
      const y = data[best + k] as number;
      if (x < y) break;
      if (x > y) worse = 1;
    }
    if (k < d || worse === 0) out[kept++] = i;
  }
  return out.subarray(0, kept);
}

/**
 * Whether the point at `at` is dominated by one of those asked about before; if not it joins them. Points are asked about in
 * lexicographic order, and no two are equal.
 */
type Dominated = (at: number) => boolean;

function belowLowest(data: Float64Array): Dominated {
  let lowest = Number.POSITIVE_INFINITY;
  return (at) => {
    const y = data[at + 1] as number;
    if (y >= lowest) return true;
    lowest = y;
    return false;
  };
}

/** Staircase of the first two objectives, kept by rank of the first; points come in order of the third. */
function belowStaircase(data: Float64Array, count: number): Dominated {
  const xs = column(data, 3, 0, count);
  const { rank, distinct } = denseRanks(xs, argsort(xs));
  const staircase = new OrderedSet(distinct);
  const height = new Float64Array(distinct);
  return (at) => {
    const x = rank[at / 3] as number;
    const y = data[at + 1] as number;
    const left = staircase.floor(x);
    if (left >= 0 && (height[left] as number) <= y) return true;
    for (
      let right = staircase.ceiling(x);
      right >= 0 && (height[right] as number) >= y;
      right = staircase.ceiling(right)
    ) {
      staircase.delete(right);
    }
    staircase.insert(x);
    height[x] = y;
    return false;
  };
}

function belowFront(data: Float64Array, d: number, weakly: boolean): Dominated {
  const front = new Float64Array(data.length);
  let size = 0;
  return (at) => {
    const rows = front;
    const end = size;
    for (let row = 0; row < end; row += d) {
      let k = 0;
      if (weakly) while (k < d && (rows[row + k] as number) < (data[at + k] as number)) k++;
      else while (k < d && (rows[row + k] as number) <= (data[at + k] as number)) k++;
      if (k < d) continue;
      // what dominates one point tends to dominate the next: halfway to the start
      const up = ((row / d) >> 1) * d;
      for (k = 0; k < d; k++) {
        const x = rows[row + k] as number;
        rows[row + k] = rows[up + k] as number;
        rows[up + k] = x;
      }
      return true;
    }
    for (let k = 0; k < d; k++) rows[end + k] = data[at + k] as number;
    size += d;
    return false;
  };
}
