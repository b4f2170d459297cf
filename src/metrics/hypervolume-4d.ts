/**
 * Exact hypervolume of four objectives: a sweep in the fourth over the non-dominated set of the other three, in which
 * each point adds (the volume that it newly covers in three objectives) × (its distance to the reference). The newly covered volume
 * is found in one walk over the set: O(n) a point and O(n²) in all, as in HV4D (Guerreiro, Fonseca, Emmerich 2012;
 * Guerreiro and Fonseca 2018), but over packed arrays instead of linked lists: what cuts into a point's box is put in order by
 * insertion, which is more than O(n) where much of the set does, and still no slower than lists.
 *
 * Points are minimised and strictly better than the reference.
 */

import { replaced } from "./splice.js";

/** The sweep with its buffers, for any number of calls of up to `capacity` points. */
export class Sweep4d {
  /** `[x, y, z]` of the non-dominated set in three objectives, x ascending. */
  private readonly set: Float64Array;
  /** `[x, y, z]` of what cuts into the box above a new point, worsened to it, z ascending. */
  private readonly cuts: Float64Array;
  /** `[x, y]` of the staircase over which the box stands, x ascending, y descending, and the wall at its right. */
  private readonly stairs: Float64Array;

  constructor(capacity: number) {
    this.set = new Float64Array(3 * capacity);
    this.cuts = new Float64Array(3 * capacity);
    this.stairs = new Float64Array(2 * capacity + 4);
  }

  /** Hypervolume of the first `count` rows of `points`, ascending in the fourth coordinate. */
  volume(points: Float64Array, count: number, reference: Float64Array): number {
    const { set, cuts, stairs } = this;
    const rx = reference[0] as number;
    const ry = reference[1] as number;
    const rz = reference[2] as number;
    const last = reference[3] as number;
    let used = 0;
    let sum = 0;
    let lost = 0;
    sweep: for (let at = 0; at < 4 * count; at += 4) {
      const px = points[at] as number;
      const py = points[at + 1] as number;
      const pz = points[at + 2] as number;
      let from = used;
      while (from > 60 && (set[from - 60] as number) >= px) from -= 60;
      while (from > 0 && (set[from - 3] as number) >= px) from -= 3;
      // from the nearest outwards, since it bounds most: first what lies left of p …
      let top = ry;
      let end = rz;
      let waiting = 0;
      for (let i = from - 3; i >= 0; i -= 3) {
        const y = set[i + 1] as number;
        if (y >= top) continue;
        const z = set[i + 2] as number;
        if (z <= pz) {
          if (y <= py) continue sweep;
          top = y;
        } else if (z < end) {
          if (y <= py) end = z;
          else waiting = insertByZ(cuts, waiting, px, y, z);
        }
      }
      // … then what lies right of it, up to the first that bounds the box there
      let area = 0;
      let x0 = px;
      let wall = 2;
      stairs[0] = px;
      stairs[1] = top;
      let right = rx;
      let to = from;
      let i = from;
      for (; i < used; i += 3) {
        const x = set[i] as number;
        const y = set[i + 1] as number;
        const z = set[i + 2] as number;
        if (y < top) {
          if (z <= pz) {
            if (y <= py) {
              right = x;
              break;
            }
            area += (x - x0) * (top - py);
            x0 = x;
            top = y;
            stairs[wall] = x;
            stairs[wall + 1] = y;
            wall += 2;
          } else {
            if (z < end) waiting = insertByZ(cuts, waiting, x, y > py ? y : py, z);
            // what p dominates leaves the set
            if (y >= py) continue;
          }
        }
        if (to !== i) {
          set[to] = x;
          set[to + 1] = y;
          set[to + 2] = z;
        }
        to += 3;
      }
      if (right === px) {
        used = replaced(set, to, i, used, 0);
        continue;
      }
      area += (right - x0) * (top - py);
      stairs[wall] = right;
      stairs[wall + 1] = Number.NEGATIVE_INFINITY;

      let gain = 0;
      let z0 = pz;
      for (let c = 0; c < waiting; c += 3) {
        const x = cuts[c] as number;
        const y = cuts[c + 1] as number;
        const z = cuts[c + 2] as number;
        if (z >= end) break;
        // as far right as the box reaches: beyond the wall lie stairs of other boxes
        if (x >= right) continue;
        let left = 0;
        while ((stairs[left + 2] as number) <= x) left += 2;
        let height = stairs[left + 1] as number;
        if (height <= y) continue;
        gain += area * (z - z0);
        z0 = z;
        // the part of the box above (x, y) goes, and with it the stairs there
        let rest = left + 2;
        let x1 = x;
        while ((stairs[rest + 1] as number) >= y) {
          area -= ((stairs[rest] as number) - x1) * (height - y);
          x1 = stairs[rest] as number;
          height = stairs[rest + 1] as number;
          rest += 2;
        }
        area -= ((stairs[rest] as number) - x1) * (height - y);
        if ((stairs[left] as number) < x) left += 2;
        wall = replaced(stairs, left, rest, wall + 2, 2) - 2;
        stairs[left] = x;
        stairs[left + 1] = y;
      }
      gain += area * (end - z0);

      used = replaced(set, to, i, used, 3);
      for (let j = to - 1; j >= from; j--) set[j + 3] = set[j] as number;
      set[from] = px;
      set[from + 1] = py;
      set[from + 2] = pz;

      // compensated sum (Neumaier; terms are positive)
      const term = gain * (last - (points[at + 3] as number));
      const next = sum + term;
      lost += sum >= term ? sum - next + term : term - next + sum;
      sum = next;
    }
    return sum + lost;
  }
}

/** (x, y, z) takes its place in the order of z; returns the new length. */
function insertByZ(cuts: Float64Array, length: number, x: number, y: number, z: number): number {
  let j = length;
  for (; j > 0 && (cuts[j - 1] as number) > z; j -= 3) {
    cuts[j] = cuts[j - 3] as number;
    cuts[j + 1] = cuts[j - 2] as number;
    cuts[j + 2] = cuts[j - 1] as number;
  }
  cuts[j] = x;
  cuts[j + 1] = y;
  cuts[j + 2] = z;
  return length + 3;
}
