/**
 * Exact hypervolume of any number of objectives: WFG (While, Bradstreet, Barone 2012). Points are minimised and
 * strictly better than the reference. The volume is the sum of what each point adds to those after it,
 * vol(p) − hypervolume(the others, worsened to p), whose last objectives agree more and more often.
 */
import { argsort, column } from "./argsort.js";
import { hypervolume2d, hypervolume3d } from "./hypervolume-sweeps.js";

export function hypervolumeWfg(data: Float64Array, dimension: number, count: number, reference: Float64Array): number {
  if (dimension === 2) return hypervolume2d(data, count, reference);
  if (dimension === 3) return hypervolume3d(data, count, reference);
  const d = dimension;
  // worst in the last objective first: limit sets then shrink fastest
  const keys = column(data, d, d - 1, count);
  const order = argsort(keys).reverse();
  const sorted = new Float64Array(count * d);
  for (let i = 0; i < count; i++)
    sorted.set(data.subarray((order[i] as number) * d, (order[i] as number) * d + d), i * d);
  // After sorting, the limit set of point i has one common last coordinate (point i's own): one objective less.
  const lower = reference.subarray(0, d - 1);
  let volume = 0;
  const limit = new Float64Array(count * (d - 1));
  for (let i = 0; i < count; i++) {
    const at = i * d;
    let box = 1;
    for (let k = 0; k < d - 1; k++) box *= (reference[k] as number) - (sorted[at + k] as number);
    let size = 0;
    for (let j = i + 1; j < count; j++) {
      const row = size * (d - 1);
      for (let k = 0; k < d - 1; k++) {
        limit[row + k] = Math.max(sorted[at + k] as number, sorted[j * d + k] as number);
      }
      size = insertNondominated(limit, d - 1, size);
    }
    const covered = size === 0 ? 0 : hypervolumeWfg(limit.slice(0, size * (d - 1)), d - 1, size, lower);
    volume += (box - covered) * ((reference[d - 1] as number) - (sorted[at + d - 1] as number));
  }
  return volume;
}

/** Row `size` joins rows 0 … size − 1, of which none dominates another; returns the new size. */
function insertNondominated(rows: Float64Array, d: number, size: number): number {
  const candidate = size * d;
  let to = 0;
  for (let j = 0; j < size; j++) {
    let worse = false;
    let better = false;
    for (let k = 0; k < d; k++) {
      const a = rows[j * d + k] as number;
      const b = rows[candidate + k] as number;
      if (a < b) worse = true;
      else if (a > b) better = true;
    }
    if (!better) return size;
    if (!worse) continue;
    if (to !== j) rows.copyWithin(to * d, j * d, j * d + d);
    to++;
  }
  if (to !== size) rows.copyWithin(to * d, candidate, candidate + d);
  return to + 1;
}
