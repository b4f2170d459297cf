/**
 * Exact hypervolume of one to three objectives. All points are minimised and strictly better than the reference in
 * every objective (the caller has dropped the rest); dominated points and duplicates may be among them.
 *
 * Each point adds (what it newly covers) × (its distance to the reference), so only positive terms are summed and
 * nothing cancels.
 */
import { argsort, column, denseRanks, orderBy } from "./argsort.js";
import { OrderedSet } from "./ordered-set.js";

export function hypervolume1d(data: Float64Array, count: number, reference: Float64Array): number {
  let best = reference[0] as number;
  for (let i = 0; i < count; i++) if ((data[i] as number) < best) best = data[i] as number;
  return (reference[0] as number) - best;
}

/** Sweep in order of the first objective. O(n log n). Fonseca, Paquete, López-Ibáñez 2006. */
export function hypervolume2d(data: Float64Array, count: number, reference: Float64Array): number {
  const order = orderBy(data, 2, 0, count);
  const rx = reference[0] as number;
  let lowest = reference[1] as number;
  let area = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const at = 2 * (order[i] as number);
    const y = data[at + 1] as number;
    if (y < lowest) {
      // compensated sum (Neumaier; terms are positive)
      const term = (rx - (data[at] as number)) * (lowest - y);
      const next = area + term;
      lost += area >= term ? area - next + term : term - next + area;
      area = next;
      lowest = y;
    }
  }
  return area + lost;
}

/**
 * Sweep in order of the third objective over the staircase of the other two (Beume et al. 2009; HV3D of Guerreiro and
 * Fonseca 2018). O(n log n): the staircase is kept by rank of the first objective.
 */
export function hypervolume3d(data: Float64Array, count: number, reference: Float64Array): number {
  const xs = column(data, 3, 0, count);
  const order = orderBy(data, 3, 2, count);
  const byX = argsort(xs);
  const { rank, distinct } = denseRanks(xs, byX);
  const xOf = new Float64Array(distinct + 2);
  for (let i = 0; i < count; i++) xOf[(rank[i] as number) + 1] = xs[i] as number;
  const rx = reference[0] as number;
  const ry = reference[1] as number;
  const rz = reference[2] as number;
  // ranks are shifted by one: rank 0 is the wall at height ry, rank distinct + 1 the wall at x = rx
  xOf[distinct + 1] = rx;
  const height = new Float64Array(distinct + 2);
  height[0] = ry;
  height[distinct + 1] = Number.NEGATIVE_INFINITY;
  const staircase = new OrderedSet(distinct + 2);
  staircase.insert(0);
  staircase.insert(distinct + 1);
  let volume = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const at = order[i] as number;
    const r = (rank[at] as number) + 1;
    const y = data[3 * at + 1] as number;
    const left = staircase.floor(r);
    let top = height[left] as number;
    if (top <= y) continue;
    let x = xs[at] as number;
    let gain = 0;
    let right = left === r ? r : staircase.ceiling(r + 1);
    while ((height[right] as number) >= y) {
      gain += ((xOf[right] as number) - x) * (top - y);
      x = xOf[right] as number;
      top = height[right] as number;
      staircase.delete(right);
      right = staircase.ceiling(right + 1);
    }
    gain += ((xOf[right] as number) - x) * (top - y);
    staircase.insert(r);
    height[r] = y;
    const term = gain * (rz - (data[3 * at + 2] as number));
    const next = volume + term;
    lost += volume >= term ? volume - next + term : term - next + volume;
    volume = next;
  }
  return volume + lost;
}

/** The same sweep over plain arrays with its buffers kept, for many small fronts (a bootstrap computes hundreds of thousands). */
export class SmallSweep3d {
  private readonly stairX: Float64Array;
  private readonly stairY: Float64Array;

  /** @param capacity most points in a call */
  constructor(capacity: number) {
    this.stairX = new Float64Array(capacity + 2);
    this.stairY = new Float64Array(capacity + 2);
  }

  volume(data: Float64Array, count: number, reference: Float64Array): number {
    const { stairX, stairY } = this;
    const order = orderBy(data, 3, 2, count);
    const rx = reference[0] as number;
    const ry = reference[1] as number;
    const rz = reference[2] as number;
    stairY[0] = ry;
    stairX[1] = rx;
    stairY[1] = Number.NEGATIVE_INFINITY;
    let size = 2;
    let volume = 0;
    let lost = 0;
    for (let i = 0; i < count; i++) {
      const at = 3 * (order[i] as number);
      const px = data[at] as number;
      const y = data[at + 1] as number;
      let right = size - 1;
      for (let left = 0; left + 1 < right; ) {
        const middle = (left + right) >>> 1;
        if ((stairX[middle] as number) < px) left = middle;
        else right = middle;
      }
      // stairs [right − 1] begins left of px; a stair at px itself lies at or below it when its height says so
      let top = stairY[right - 1] as number;
      if (top <= y || (stairX[right] === px && (stairY[right] as number) <= y)) continue;
      const from = right;
      let x = px;
      let gain = 0;
      while ((stairY[right] as number) >= y) {
        gain += ((stairX[right] as number) - x) * (top - y);
        x = stairX[right] as number;
        top = stairY[right] as number;
        right++;
      }
      gain += ((stairX[right] as number) - x) * (top - y);
      // stairs from … right − 1 are replaced by the new one
      const shift = from + 1 - right;
      if (shift === 1) {
        for (let j = size; j > right; j--) {
          stairX[j] = stairX[j - 1] as number;
          stairY[j] = stairY[j - 1] as number;
        }
      } else if (shift < 0) {
        for (let j = right; j < size; j++) {
          stairX[j + shift] = stairX[j] as number;
          stairY[j + shift] = stairY[j] as number;
        }
      }
      size += shift;
      stairX[from] = px;
      stairY[from] = y;
      const term = gain * (rz - (data[at + 2] as number));
      const next = volume + term;
      lost += volume >= term ? volume - next + term : term - next + volume;
      volume = next;
    }
    return volume + lost;
  }
}
