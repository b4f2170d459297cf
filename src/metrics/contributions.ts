import { argsort, column } from "./argsort.js";
import { exactVolume, type HypervolumeOptions } from "./hypervolume.js";
import { hypervolume2d } from "./hypervolume-sweeps.js";
import { minimised, minimisedPoint, type PackedPoints, type Points } from "./point-set.js";

export interface Contributions {
  /** One per point, in the order given. */
  readonly values: Float64Array;
  readonly method: "difference-1d" | "sweep-2d" | "cut-box";
  /** Points that are not strictly better than the reference in every objective; each contributes 0. */
  readonly ignored: number;
}

/**
 * Exclusive contributions: HV(A) − HV(A without p), for each p; every other point counts, dominated ones too. So a
 * dominated point and each of two equal points contribute 0. Their sum is at most HV(A). O(n log n) in two objectives,
 * O(n²) and the volumes inside each point's own box beyond.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`
 */
export function hypervolumeContributions(points: Points, options: HypervolumeOptions): Contributions {
  const d = options.reference.length;
  const reference = minimisedPoint(options.reference, options.sense, "reference");
  const all = minimised(points, options.sense, "points", d);
  const inside: number[] = [];
  for (let i = 0; i < all.count; i++) {
    let k = 0;
    while (k < d && (all.data[i * d + k] as number) < (reference[k] as number)) k++;
    if (k === d) inside.push(i);
  }
  const data = new Float64Array(inside.length * d);
  inside.forEach((from, to) => {
    data.set(all.data.subarray(from * d, from * d + d), to * d);
  });
  const packed = { data, dimension: d, count: inside.length };
  const own =
    d === 1
      ? contributions1d(packed, reference)
      : d === 2
        ? contributions2d(packed, reference)
        : cutBoxes(packed, reference);
  const values = new Float64Array(all.count);
  inside.forEach((to, from) => {
    values[to] = own[from] as number;
  });
  return {
    values,
    method: d === 1 ? "difference-1d" : d === 2 ? "sweep-2d" : "cut-box",
    ignored: all.count - inside.length,
  };
}

function contributions1d({ data, count }: PackedPoints, reference: Float64Array): Float64Array {
  const out = new Float64Array(count);
  const order = argsort(data);
  if (count > 0) {
    const best = order[0] as number;
    const next = count > 1 ? (data[order[1] as number] as number) : (reference[0] as number);
    out[best] = next - (data[best] as number);
  }
  return out;
}

/** Each front point owns the cell up to its neighbours, less what dominated points cover of it. */
function contributions2d({ data, count }: PackedPoints, reference: Float64Array): Float64Array {
  const out = new Float64Array(count);
  const xs = column(data, 2, 0, count);
  const order = argsort(xs);
  // ties in x: the lowest comes first, so that the others of the column are seen as dominated
  const front: number[] = [];
  const rest: number[] = [];
  for (let i = 0; i < count; ) {
    let end = i;
    let best = order[i] as number;
    while (end < count && xs[order[end] as number] === xs[order[i] as number]) {
      const at = order[end] as number;
      if ((data[2 * at + 1] as number) < (data[2 * best + 1] as number)) best = at;
      end++;
    }
    const last = front[front.length - 1];
    const onFront = last === undefined || (data[2 * best + 1] as number) < (data[2 * last + 1] as number);
    for (; i < end; i++) {
      const at = order[i] as number;
      if (at === best && onFront) front.push(at);
      else rest.push(at);
    }
  }
  const inCell: number[][] = front.map(() => []);
  for (const at of rest) {
    const x = data[2 * at] as number;
    const y = data[2 * at + 1] as number;
    let low = 0;
    let high = front.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((data[2 * (front[middle] as number)] as number) <= x) low = middle + 1;
      else high = middle;
    }
    // only the last front point that starts left of it can own the place; another below its predecessor's height owns it too
    const owner = low - 1;
    const before = front[owner - 1];
    if (before === undefined || y < (data[2 * before + 1] as number)) inCell[owner]?.push(at);
  }
  front.forEach((at, i) => {
    const left = front[i - 1];
    const right = front[i + 1];
    const rx = right === undefined ? (reference[0] as number) : (data[2 * right] as number);
    const top = left === undefined ? (reference[1] as number) : (data[2 * left + 1] as number);
    const own = inCell[i] as number[];
    const covered = new Float64Array(own.length * 2);
    own.forEach((from, to) => {
      covered.set(data.subarray(2 * from, 2 * from + 2), 2 * to);
    });
    const cell = (rx - (data[2 * at] as number)) * (top - (data[2 * at + 1] as number));
    out[at] = Math.max(0, cell - hypervolume2d(covered, own.length, Float64Array.of(rx, top)));
  });
  return out;
}

/** Points that exceed p in one objective only cut its box; of the rest, worsened to p, the volume is taken off. */
function cutBoxes({ data, dimension: d, count }: PackedPoints, reference: Float64Array): Float64Array {
  const out = new Float64Array(count);
  const bound = new Float64Array(d);
  const limit = new Float64Array(count * d);
  for (let i = 0; i < count; i++) {
    const p = i * d;
    bound.set(reference);
    let dominated = false;
    for (let j = 0; j < count && !dominated; j++) {
      if (j === i) continue;
      let beyond = 0;
      let which = 0;
      for (let k = 0; k < d && beyond < 2; k++) {
        if ((data[j * d + k] as number) > (data[p + k] as number)) {
          beyond++;
          which = k;
        }
      }
      if (beyond === 0) dominated = true;
      else if (beyond === 1) bound[which] = Math.min(bound[which] as number, data[j * d + which] as number);
    }
    if (dominated) continue;
    let size = 0;
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      let k = 0;
      for (; k < d; k++) {
        const x = data[j * d + k] as number;
        if (x >= (bound[k] as number)) break;
        limit[size * d + k] = Math.max(x, data[p + k] as number);
      }
      if (k === d) size++;
    }
    let box = 1;
    for (let k = 0; k < d; k++) box *= (bound[k] as number) - (data[p + k] as number);
    const covered = size === 0 ? 0 : exactVolume({ data: limit.slice(0, size * d), dimension: d, count: size }, bound);
    out[i] = Math.max(0, box - covered);
  }
  return out;
}
