import { mustBeVolume } from "./error.js";
import { exactVolume, type HypervolumeOptions, insideOf } from "./hypervolume.js";
import { allIndices, gather } from "./nondominated.js";
import { minimised, minimisedPoint, type PackedPoints, type Points } from "./point-set.js";

export interface Contributions {
  /** One per point, in the order given. */
  readonly values: Float64Array;
  readonly method: "cut-box";
  /** Points that are not strictly better than the reference in every objective; each contributes 0. */
  readonly ignored: number;
}

/**
 * Exclusive contributions: HV(A) − HV(A without p), for each p; every other point counts, dominated ones too. So a
 * dominated point and each of two equal points contribute 0. Their sum is at most HV(A). O(n²), and the volumes of what
 * lies inside each point's own box.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `undefined-value` for a volume beyond the range of numbers
 */
export function hypervolumeContributions(points: Points, options: HypervolumeOptions): Contributions {
  const d = options.reference.length;
  const reference = minimisedPoint(options.reference, options.sense, "reference");
  const all = minimised(points, options.sense, "points", d);
  const inside = insideOf(all, reference) ?? allIndices(all.count);
  const own = cutBoxes(gather(all, inside), reference);
  const values = new Float64Array(all.count);
  inside.forEach((to, from) => {
    values[to] = own[from] as number;
  });
  return { values, method: "cut-box", ignored: all.count - inside.length };
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
    let whole = 1;
    for (let k = 0; k < d; k++) whole *= (reference[k] as number) - (data[p + k] as number);
    mustBeVolume(whole);
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
    const covered = size === 0 ? 0 : exactVolume(limit, size, bound);
    out[i] = Math.max(0, box - covered);
  }
  return out;
}
