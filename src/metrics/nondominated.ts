import { argsort, column, denseRanks, lexicographicOrder } from "./argsort.js";
import { MetricsError } from "./error.js";
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
 * Indices of the non-dominated points, ascending. O(n log n) for 1 to 3 objectives, O(n · front size) beyond.
 * No points: no indices.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `bad-option`
 */
export function nondominated(points: Points, options: NondominatedOptions): Int32Array {
  const keep = options.keep ?? "nondominated";
  const duplicates = options.duplicates ?? "keep";
  if (keep !== "nondominated" && keep !== "weakly") {
    throw new MetricsError("bad-option", `keep is ${String(keep)}; it must be "nondominated" or "weakly"`);
  }
  if (duplicates !== "keep" && duplicates !== "first") {
    throw new MetricsError("bad-option", `duplicates is ${String(duplicates)}; it must be "keep" or "first"`);
  }
  return nondominatedOf(minimised(points, options.sense), keep === "weakly", duplicates === "first");
}

/** The filter on minimised points. */
export function nondominatedOf(points: PackedPoints, weakly: boolean, firstOnly: boolean): Int32Array {
  if (points.count === 0) return new Int32Array(0);
  const kept = new Uint8Array(points.count);
  // A point dominated by the best of these few is gone before anything is sorted.
  const candidates = weakly ? allIndices(points.count) : survivors(points);
  const subset = candidates.length === points.count ? points : gather(points, candidates);
  if (subset.dimension === 1) filter1d(subset, kept, candidates);
  else if (subset.dimension === 2) filter2d(subset, kept, candidates, weakly);
  else if (subset.dimension === 3) filter3d(subset, kept, candidates, weakly);
  else filterAny(subset, kept, candidates, weakly);
  if (firstOnly) dropDuplicates(points, kept);
  return indicesOf(kept);
}

function allIndices(count: number): Int32Array {
  const out = new Int32Array(count);
  for (let i = 0; i < count; i++) out[i] = i;
  return out;
}

function indicesOf(kept: Uint8Array): Int32Array {
  let count = 0;
  for (let i = 0; i < kept.length; i++) count += kept[i] as number;
  const out = new Int32Array(count);
  for (let i = 0, o = 0; i < kept.length; i++) if (kept[i] === 1) out[o++] = i;
  return out;
}

/** The named rows, packed. */
export function gather(points: PackedPoints, indices: Int32Array): PackedPoints {
  const d = points.dimension;
  const data = new Float64Array(indices.length * d);
  for (let i = 0, o = 0; i < indices.length; i++) {
    const from = (indices[i] as number) * d;
    for (let k = 0; k < d; k++) data[o++] = points.data[from + k] as number;
  }
  return { data, dimension: d, count: indices.length };
}

/** Points not dominated by the one with the smallest sum of coordinates (scaled by the ranges of a sample). */
function survivors(points: PackedPoints): Int32Array {
  const { data, dimension: d, count } = points;
  if (count < 64) return allIndices(count);
  const scale = new Float64Array(d);
  const stride = Math.max(1, Math.floor(count / 256)) * d;
  for (let k = 0; k < d; k++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let o = k; o < data.length; o += stride) {
      const x = data[o] as number;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    scale[k] = high > low ? 1 / (high - low) : 0;
  }
  let best = 0;
  let bestSum = Number.POSITIVE_INFINITY;
  for (let i = 0, o = 0; i < count; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (data[o++] as number) * (scale[k] as number);
    if (sum < bestSum) {
      bestSum = sum;
      best = i;
    }
  }
  const pivot = data.slice(best * d, best * d + d);
  const out = new Int32Array(count);
  let kept = 0;
  for (let i = 0, o = 0; i < count; i++, o += d) {
    let worse = false;
    let notWorse = false;
    for (let k = 0; k < d; k++) {
      const x = data[o + k] as number;
      const y = pivot[k] as number;
      if (x < y) {
        notWorse = true;
        break;
      }
      if (x > y) worse = true;
    }
    if (notWorse || !worse) out[kept++] = i;
  }
  return out.slice(0, kept);
}

function filter1d(points: PackedPoints, kept: Uint8Array, ids: Int32Array): void {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.count; i++) if ((points.data[i] as number) < best) best = points.data[i] as number;
  for (let i = 0; i < points.count; i++) if (points.data[i] === best) kept[ids[i] as number] = 1;
}

function filter2d(points: PackedPoints, kept: Uint8Array, ids: Int32Array, weakly: boolean): void {
  const { data, count } = points;
  const keys = column(data, 2, 0, count);
  const order = argsort(keys);
  let bestBefore = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; ) {
    const x = keys[order[i] as number] as number;
    let end = i;
    let best = Number.POSITIVE_INFINITY;
    while (end < count && keys[order[end] as number] === x) {
      const y = data[2 * (order[end] as number) + 1] as number;
      if (y < best) best = y;
      end++;
    }
    for (; i < end; i++) {
      const at = order[i] as number;
      const y = data[2 * at + 1] as number;
      if (weakly ? y <= bestBefore : y === best && y < bestBefore) kept[ids[at] as number] = 1;
    }
    if (best < bestBefore) bestBefore = best;
  }
}

/** Sweep in the third objective over the staircase of what came before, kept by rank of the first objective. */
function filter3d(points: PackedPoints, kept: Uint8Array, ids: Int32Array, weakly: boolean): void {
  const { data, count } = points;
  const order = lexicographicOrder(data, 3, count, 2);
  const xs = column(data, 3, 0, count);
  const { rank, distinct } = denseRanks(xs, argsort(xs));
  const staircase = new OrderedSet(distinct);
  const height = new Float64Array(distinct);
  let previous = -1;
  let previousKept = false;
  for (let i = 0; i < count; ) {
    let end = i;
    const z = data[3 * (order[i] as number) + 2] as number;
    while (end < count && data[3 * (order[end] as number) + 2] === z) end++;
    if (weakly) {
      for (let j = i; j < end; j++) {
        const at = order[j] as number;
        const left = staircase.floor((rank[at] as number) - 1);
        if (left < 0 || (height[left] as number) >= (data[3 * at + 1] as number)) kept[ids[at] as number] = 1;
      }
    }
    for (let j = i; j < end; j++) {
      const at = order[j] as number;
      const x = rank[at] as number;
      const y = data[3 * at + 1] as number;
      const isDuplicate = previous >= 0 && j > i && rank[previous] === x && data[3 * previous + 1] === y;
      if (!isDuplicate) {
        const left = staircase.floor(x);
        previousKept = left < 0 || (height[left] as number) > y;
        if (previousKept) {
          let right = left === x ? x : staircase.ceiling(x);
          while (right >= 0 && (height[right] as number) >= y) {
            staircase.delete(right);
            right = staircase.ceiling(right);
          }
          staircase.insert(x);
          height[x] = y;
        }
      }
      if (previousKept && !weakly) kept[ids[at] as number] = 1;
      previous = at;
    }
    i = end;
  }
}

/** Points in lexicographic order, each against the front so far: a dominator always comes first. */
function filterAny(points: PackedPoints, kept: Uint8Array, ids: Int32Array, weakly: boolean): void {
  const { data, dimension: d, count } = points;
  const order = lexicographicOrder(data, d, count);
  const front = new Float64Array(data.length);
  let size = 0;
  for (let i = 0; i < count; i++) {
    const at = order[i] as number;
    const from = at * d;
    let dominated = false;
    for (let j = 0; j < size && !dominated; j++) {
      const row = j * d;
      let k = 0;
      if (weakly) {
        while (k < d && (front[row + k] as number) < (data[from + k] as number)) k++;
        dominated = k === d;
      } else {
        while (k < d && (front[row + k] as number) <= (data[from + k] as number)) k++;
        if (k === d) {
          k = 0;
          while (k < d && front[row + k] === data[from + k]) k++;
          dominated = k < d;
        }
      }
      // what dominates one point tends to dominate the next
      if (dominated && j > 0) swapTowardsFront(front, d, j);
    }
    if (dominated) continue;
    kept[ids[at] as number] = 1;
    for (let k = 0; k < d; k++) front[size * d + k] = data[from + k] as number;
    size++;
  }
}

function swapTowardsFront(front: Float64Array, d: number, row: number): void {
  const target = row >> 1;
  for (let k = 0; k < d; k++) {
    const a = front[row * d + k] as number;
    front[row * d + k] = front[target * d + k] as number;
    front[target * d + k] = a;
  }
}

function dropDuplicates(points: PackedPoints, kept: Uint8Array): void {
  const indices = indicesOf(kept);
  const subset = gather(points, indices);
  const d = points.dimension;
  const order = lexicographicOrder(subset.data, d, subset.count);
  for (let i = 1; i < order.length; i++) {
    const a = (order[i - 1] as number) * d;
    const b = (order[i] as number) * d;
    let k = 0;
    while (k < d && subset.data[a + k] === subset.data[b + k]) k++;
    if (k === d) kept[indices[order[i] as number] as number] = 0;
  }
}
