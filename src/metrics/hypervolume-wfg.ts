/**
 * Exact hypervolume of five objectives and more. As in WFG (While, Bradstreet, Barone 2012) the volume is the sum of what each
 * point adds to those before it, vol(box of p) − hypervolume(the others, worsened to p), one objective less at each
 * level; the base is the sweep of four objectives. Two things are done before a level is entered: a point that exceeds p in one
 * objective only cuts the box off there, so that all that lies beyond is forgotten, and what is dominated is dropped.
 *
 * Points are minimised and strictly better than the reference.
 */
import { Front3d, sweep4d } from "./hypervolume-4d.js";

export function hypervolumeWfg(data: Float64Array, dimension: number, count: number, reference: Float64Array): number {
  return new Wfg(dimension, count).volume(data, count, reference);
}

/** Buffers of one level of the recursion: a set of points of one dimension. */
interface Level {
  readonly points: Float64Array;
  readonly reference: Float64Array;
  readonly order: Int32Array;
  /** The points swept so far that the later ones among them do not dominate, without their last coordinate, packed. */
  readonly active: Float64Array;
}

/** The recursion with its buffers, for any number of calls of up to `capacity` points. */
export class Wfg {
  private readonly levels: Level[] = [];
  private readonly front: Front3d;

  constructor(
    private readonly dimension: number,
    private readonly capacity: number,
  ) {
    for (let d = 0; d <= dimension; d++) {
      const used = d >= 4 ? capacity : 0;
      this.levels.push({
        points: new Float64Array(used * d),
        reference: new Float64Array(d),
        order: new Int32Array(used),
        active: new Float64Array(d > 4 ? used * d : 0),
      });
    }
    this.front = new Front3d(capacity);
  }

  volume(data: Float64Array, count: number, reference: Float64Array): number {
    const top = this.levels[this.dimension] as Level;
    top.points.set(count === this.capacity ? data : data.subarray(0, count * this.dimension));
    top.reference.set(reference);
    return this.level(this.dimension, count);
  }

  /** Volume of the `count` points in the buffers of level d. */
  private level(d: number, count: number): number {
    const { points, reference, order, active } = this.levels[d] as Level;
    sortByLast(points, d, count, order);
    if (d === 4) return sweep4d(points, order, count, reference, this.front);
    const e = d - 1;
    const depth = reference[e] as number;
    let volume = 0;
    let size = 0;
    for (let i = 0; i < count; i++) {
      const at = (order[i] as number) * d;
      // the point stands in the row after the active ones while it is compared with them
      for (let k = 0; k < e; k++) active[size * e + k] = points[at + k] as number;
      const box = e === 4 ? this.cutBox4(size) : this.cutBox(d, size);
      if (box < 0) continue;
      const limits = e === 4 ? this.collect4(size) : this.collect(d, size);
      const covered = limits === 0 ? 0 : this.level(e, limits);
      volume += (box - covered) * (depth - (points[at + e] as number));
      size = joinUndominated(active, e, size);
    }
    return volume;
  }

  /**
   * Sets the lower level's reference to where points that exceed p in a single objective cut its box off; returns the
   * box's volume, or −1 where an active point dominates p.
   */
  private cutBox(d: number, size: number): number {
    const { reference, active } = this.levels[d] as Level;
    const bound = (this.levels[d - 1] as Level).reference;
    const e = d - 1;
    for (let k = 0; k < e; k++) bound[k] = reference[k] as number;
    const p = size * e;
    for (let o = 0; o < p; o += e) {
      // one bit an objective in which the point exceeds p, without branches: which way they go cannot be guessed
      let beyond = 0;
      for (let k = 0; k < e; k++) beyond |= bit((active[o + k] as number) > (active[p + k] as number)) << k;
      if ((beyond & (beyond - 1)) !== 0) continue;
      if (beyond === 0) return -1;
      const which = 31 - Math.clz32(beyond);
      if ((active[o + which] as number) < (bound[which] as number)) bound[which] = active[o + which] as number;
    }
    let box = 1;
    for (let k = 0; k < e; k++) box *= (bound[k] as number) - (active[p + k] as number);
    return box;
  }

  /** `cutBox` where four objectives are left, written out: most of the time is spent in these loops. */
  private cutBox4(size: number): number {
    const { reference, active } = this.levels[5] as Level;
    const bound = (this.levels[4] as Level).reference;
    for (let k = 0; k < 4; k++) bound[k] = reference[k] as number;
    const p = size * 4;
    const p0 = active[p] as number;
    const p1 = active[p + 1] as number;
    const p2 = active[p + 2] as number;
    const p3 = active[p + 3] as number;
    for (let o = 0; o < p; o += 4) {
      const beyond =
        bit((active[o] as number) > p0) |
        (bit((active[o + 1] as number) > p1) << 1) |
        (bit((active[o + 2] as number) > p2) << 2) |
        (bit((active[o + 3] as number) > p3) << 3);
      if ((beyond & (beyond - 1)) !== 0) continue;
      if (beyond === 0) return -1;
      const which = 31 - Math.clz32(beyond);
      if ((active[o + which] as number) < (bound[which] as number)) bound[which] = active[o + which] as number;
    }
    return (
      ((bound[0] as number) - p0) *
      ((bound[1] as number) - p1) *
      ((bound[2] as number) - p2) *
      ((bound[3] as number) - p3)
    );
  }

  private collect4(size: number): number {
    const { active } = this.levels[5] as Level;
    const { points: limit, reference: bound } = this.levels[4] as Level;
    const b0 = bound[0] as number;
    const b1 = bound[1] as number;
    const b2 = bound[2] as number;
    const b3 = bound[3] as number;
    const p = size * 4;
    const p0 = active[p] as number;
    const p1 = active[p + 1] as number;
    const p2 = active[p + 2] as number;
    const p3 = active[p + 3] as number;
    let row = 0;
    for (let o = 0; o < p; o += 4) {
      const x0 = active[o] as number;
      const x1 = active[o + 1] as number;
      const x2 = active[o + 2] as number;
      const x3 = active[o + 3] as number;
      if ((bit(x0 < b0) & bit(x1 < b1) & bit(x2 < b2) & bit(x3 < b3)) === 0) continue;
      limit[row] = x0 > p0 ? x0 : p0;
      limit[row + 1] = x1 > p1 ? x1 : p1;
      limit[row + 2] = x2 > p2 ? x2 : p2;
      limit[row + 3] = x3 > p3 ? x3 : p3;
      row += 4;
    }
    return row >> 2;
  }

  /** Fills the lower level with the active points inside the box, worsened to p; returns how many are left. */
  private collect(d: number, size: number): number {
    const { active } = this.levels[d] as Level;
    const lower = this.levels[d - 1] as Level;
    const bound = lower.reference;
    const limit = lower.points;
    const e = d - 1;
    const p = size * e;
    let limits = 0;
    for (let o = p - e; o >= 0; o -= e) {
      let inside = 1;
      for (let k = 0; k < e; k++) inside &= bit((active[o + k] as number) < (bound[k] as number));
      if (inside === 0) continue;
      const row = limits * e;
      for (let k = 0; k < e; k++) limit[row + k] = Math.max(active[o + k] as number, active[p + k] as number);
      limits = e > 4 ? joinNondominated(limit, e, limits) : limits + 1;
    }
    return limits;
  }
}

/** A comparison as 0 or 1; compiles to no branch. */
function bit(condition: boolean): number {
  return (condition as unknown as number) | 0;
}

/** Order of the points by their last coordinate, ascending. */
function sortByLast(points: Float64Array, d: number, count: number, order: Int32Array): void {
  for (let i = 0; i < count; i++) {
    const key = points[i * d + d - 1] as number;
    let j = i - 1;
    while (j >= 0 && (points[(order[j] as number) * d + d - 1] as number) > key) {
      order[j + 1] = order[j] as number;
      j--;
    }
    order[j + 1] = i;
  }
}

/** Row `size` joins rows 0 … size − 1, of which none dominates another; returns the new size. */
function joinNondominated(rows: Float64Array, d: number, size: number): number {
  const candidate = size * d;
  for (let o = 0; o < candidate; o += d) {
    let k = 0;
    while (k < d && (rows[o + k] as number) <= (rows[candidate + k] as number)) k++;
    if (k === d) return size;
  }
  return joinUndominated(rows, d, size);
}

/** Row `size`, dominated by none, joins rows 0 … size − 1; those that it dominates go. Returns the new size. */
function joinUndominated(rows: Float64Array, d: number, size: number): number {
  const candidate = size * d;
  let to = 0;
  for (let o = 0; o <= candidate; o += d) {
    let k = 0;
    while (k < d && (rows[o + k] as number) >= (rows[candidate + k] as number)) k++;
    if (k === d && o < candidate) continue;
    if (to !== o) for (k = 0; k < d; k++) rows[to + k] = rows[o + k] as number;
    to += d;
  }
  return to / d;
}
