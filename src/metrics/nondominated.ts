import { argsort, column, denseRanks, lexicographicOrder, orderBy } from "./argsort.js";
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
 * Indices of the non-dominated points, ascending. O(n log n) for 1 to 3 objectives, O(n · front size) beyond
 * and for `weakly`.
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
  else if (subset.dimension === 2 && !weakly) filter2d(subset, kept, candidates);
  else if (subset.dimension === 3 && !weakly) filter3d(subset, kept, candidates);
  else filterAny(subset, kept, candidates, weakly);
  if (firstOnly) dropDuplicates(points, kept);
  return indicesOf(kept);
}

export function allIndices(count: number): Int32Array {
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

/** Points not dominated by the one with the smallest sum of coordinates, scaled by the ranges of a sample. */
function survivors(points: PackedPoints): Int32Array {
  const { data, dimension: d, count } = points;
  const scale = new Float64Array(d).fill(1);
  const stride = Math.max(1, count >> 8) * d;
  for (let k = 0; k < d; k++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let o = k; o < data.length; o += stride) {
      low = Math.min(low, data[o] as number);
      high = Math.max(high, data[o] as number);
    }
    if (high > low) scale[k] = 1 / (high - low);
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
  const pivot = data.slice(best, best + d);
  const out = new Int32Array(count);
  let kept = 0;
  for (let i = 0, o = 0; i < count; i++, o += d) {
    let worse = false;
    let k = 0;
    for (; k < d; k++) {
      const x = data[o + k] as number;
      const y = pivot[k] as number;
      if (x < y) break;
      if (x > y) worse = true;
    }
    if (k < d || !worse) out[kept++] = i;
  }
  return out.slice(0, kept);
}

function filter1d(points: PackedPoints, kept: Uint8Array, ids: Int32Array): void {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.count; i++) if ((points.data[i] as number) < best) best = points.data[i] as number;
  for (let i = 0; i < points.count; i++) if (points.data[i] === best) kept[ids[i] as number] = 1;
}

function filter2d({ data, count }: PackedPoints, kept: Uint8Array, ids: Int32Array): void {
  const order = orderBy(data, 2, 0, count);
  let bestBefore = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; ) {
    // points of one x: of them the lowest may stay, and its equals
    const at = 2 * (order[i] as number);
    const x = data[at];
    let best = data[at + 1] as number;
    let end = i + 1;
    for (; end < count && data[2 * (order[end] as number)] === x; end++) {
      best = Math.min(best, data[2 * (order[end] as number) + 1] as number);
    }
    if (best >= bestBefore) i = end;
    for (; i < end; i++) {
      const own = order[i] as number;
      if (data[2 * own + 1] === best) kept[ids[own] as number] = 1;
    }
    bestBefore = Math.min(bestBefore, best);
  }
}

/** Sweep in the third objective over the staircase of what came before, kept by rank of the first objective. */
function filter3d({ data, count }: PackedPoints, kept: Uint8Array, ids: Int32Array): void {
  const order = lexicographicOrder(data, 3, count, 2);
  const xs = column(data, 3, 0, count);
  const { rank, distinct } = denseRanks(xs, argsort(xs));
  const staircase = new OrderedSet(distinct);
  const height = new Float64Array(distinct);
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const at = order[i] as number;
    const x = rank[at] as number;
    const y = data[3 * at + 1] as number;
    // equal points come one after the other, and share their fate
    const repeats =
      i > 0 && rank[previous] === x && data[3 * previous + 1] === y && data[3 * previous + 2] === data[3 * at + 2];
    const left = repeats ? -1 : staircase.floor(x);
    if (repeats ? kept[ids[previous] as number] === 1 : left < 0 || (height[left] as number) > y) {
      kept[ids[at] as number] = 1;
      for (
        let right = staircase.ceiling(x);
        right >= 0 && (height[right] as number) >= y;
        right = staircase.ceiling(right)
      ) {
        staircase.delete(right);
      }
      staircase.insert(x);
      height[x] = y;
    }
    previous = at;
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
      // what dominates one point tends to dominate the next: halfway to the start
      if (dominated) {
        const up = (j >> 1) * d;
        for (k = 0; k < d; k++) {
          const x = front[row + k] as number;
          front[row + k] = front[up + k] as number;
          front[up + k] = x;
        }
      }
    }
    if (dominated) continue;
    kept[ids[at] as number] = 1;
    for (let k = 0; k < d; k++) front[size * d + k] = data[from + k] as number;
    size++;
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
