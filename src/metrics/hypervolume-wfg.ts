/**
 * Exact hypervolume of five objectives and more. As in WFG (While, Bradstreet, Barone 2012) the volume is the sum of what each
 * point adds to those before it, vol(box of p) − hypervolume(the others, worsened to p), one objective less at each
 * level; the base is the sweep of four objectives. Two things are done before a level is entered: a point that exceeds p in one
 * objective only cuts the box off there, so that all that lies beyond is forgotten, and what is dominated is dropped. Each
 * level keeps its points in the order in which the next one sweeps, so that nothing is sorted twice.
 *
 * Points are minimised and strictly better than the reference.
 */
import { orderBy } from "./argsort.js";
import { replaced, Sweep4d } from "./hypervolume-4d.js";

/** Buffers of one level of the recursion: a set of points of one dimension. */
interface Level {
  /** Ascending in the last coordinate. */
  readonly points: Float64Array;
  readonly reference: Float64Array;
  /** The points swept so far that the later ones do not dominate, without their last coordinate, ascending in what is then the last. */
  readonly active: Float64Array;
  /** Room for one point. */
  readonly worsened: Float64Array;
}

/** The recursion with its buffers, for any number of calls of up to `capacity` points of four objectives or more. */
export class Wfg {
  private readonly levels: Level[] = [];
  private readonly base: Sweep4d;

  constructor(
    private readonly dimension: number,
    capacity: number,
  ) {
    for (let d = 4; d <= dimension; d++) {
      this.levels[d] = {
        points: new Float64Array(capacity * d),
        reference: new Float64Array(d),
        worsened: new Float64Array(d),
        active: new Float64Array(d > 4 ? (capacity + 1) * (d - 1) : 0),
      };
    }
    this.base = new Sweep4d(capacity);
  }

  volume(data: Float64Array, count: number, reference: Float64Array): number {
    const d = this.dimension;
    const top = this.levels[d] as Level;
    const order = orderBy(data, d, d - 1, count);
    for (let i = 0, o = 0; i < count; i++) {
      for (let k = 0, from = (order[i] as number) * d; k < d; k++) top.points[o++] = data[from++] as number;
    }
    top.reference.set(reference);
    return this.level(d, count);
  }

  /** Volume of the `count` points in the buffers of level d. */
  private level(d: number, count: number): number {
    const { points, reference, active } = this.levels[d] as Level;
    if (count < 3) return ofTwo(points, d, count, reference);
    if (d === 4) return this.base.volume(points, count, reference);
    const e = d - 1;
    const depth = reference[e] as number;
    let volume = 0;
    let size = 0;
    for (let at = 0; at < count * d; at += d) {
      const box = e === 4 ? this.cutBox4(at, size) : this.cutBox(d, at, size);
      if (box < 0) continue;
      const limits = e === 4 ? this.collect4(at, size) : this.collect(d, at, size);
      const covered = limits === 0 ? 0 : this.level(e, limits);
      volume += (box - covered) * (depth - (points[at + e] as number));
      size = join(active, e, size, points, at);
    }
    return volume;
  }

  /**
   * Sets the lower level's reference to where points that exceed p in a single objective cut its box off; returns the
   * box's volume, or −1 where an active point dominates p.
   */
  private cutBox(d: number, p: number, size: number): number {
    const { points, reference, active } = this.levels[d] as Level;
    const bound = (this.levels[d - 1] as Level).reference;
    const e = d - 1;
    for (let k = 0; k < e; k++) bound[k] = reference[k] as number;
    for (let o = 0; o < size * e; o += e) {
      // one bit an objective in which the point exceeds p, without branches: which way they go cannot be guessed
      let beyond = 0;
      for (let k = 0; k < e; k++) beyond |= bit((active[o + k] as number) > (points[p + k] as number)) << k;
      if ((beyond & (beyond - 1)) !== 0) continue;
      if (beyond === 0) return -1;
      const which = 31 - Math.clz32(beyond);
      if ((active[o + which] as number) < (bound[which] as number)) bound[which] = active[o + which] as number;
    }
    let box = 1;
    for (let k = 0; k < e; k++) box *= (bound[k] as number) - (points[p + k] as number);
    return box;
  }

  /** `cutBox` where four objectives are left, written out: most of the time is spent in these loops. */
  private cutBox4(p: number, size: number): number {
    const { points, reference, active } = this.levels[5] as Level;
    const bound = (this.levels[4] as Level).reference;
    for (let k = 0; k < 4; k++) bound[k] = reference[k] as number;
    const p0 = points[p] as number;
    const p1 = points[p + 1] as number;
    const p2 = points[p + 2] as number;
    const p3 = points[p + 3] as number;
    for (let o = 0; o < 4 * size; o += 4) {
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

  private collect4(p: number, size: number): number {
    const { points, active } = this.levels[5] as Level;
    const { points: limit, reference: bound } = this.levels[4] as Level;
    const b0 = bound[0] as number;
    const b1 = bound[1] as number;
    const b2 = bound[2] as number;
    const b3 = bound[3] as number;
    const p0 = points[p] as number;
    const p1 = points[p + 1] as number;
    const p2 = points[p + 2] as number;
    const p3 = points[p + 3] as number;
    let row = 0;
    for (let o = 0; o < 4 * size; o += 4) {
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
  private collect(d: number, p: number, size: number): number {
    const { points, active } = this.levels[d] as Level;
    const { points: limit, reference: bound, worsened } = this.levels[d - 1] as Level;
    const e = d - 1;
    let limits = 0;
    for (let o = 0; o < size * e; o += e) {
      let inside = 1;
      for (let k = 0; k < e; k++) inside &= bit((active[o + k] as number) < (bound[k] as number));
      if (inside === 0) continue;
      for (let k = 0; k < e; k++) worsened[k] = Math.max(active[o + k] as number, points[p + k] as number);
      if (!covered(limit, e, limits, worsened)) limits = join(limit, e, limits, worsened, 0);
    }
    return limits;
  }
}

/** A comparison as 0 or 1; compiles to no branch. */
function bit(condition: boolean): number {
  return (condition as unknown as number) | 0;
}

/** Volume of one or two points. */
function ofTwo(points: Float64Array, d: number, count: number, reference: Float64Array): number {
  let one = 1;
  let two = 1;
  let both = 1;
  for (let k = 0; k < d; k++) {
    const r = reference[k] as number;
    const x = r - (points[k] as number);
    one *= x;
    if (count === 1) continue;
    const y = r - (points[d + k] as number);
    two *= y;
    both *= x < y ? x : y;
  }
  return count === 1 ? one : one + (two - both);
}

/** Whether one of the rows is nowhere worse than the point. */
function covered(rows: Float64Array, d: number, size: number, point: Float64Array): boolean {
  for (let o = 0; o < size * d; o += d) {
    let k = 0;
    while (k < d && (rows[o + k] as number) <= (point[k] as number)) k++;
    if (k === d) return true;
  }
  return false;
}

/** A point that none of the rows dominates takes its place in the order of the last coordinate; what it dominates goes. Returns the new size. */
function join(rows: Float64Array, d: number, size: number, points: Float64Array, p: number): number {
  const key = points[p + d - 1] as number;
  let at = 0;
  const end = size * d;
  while (at < end && (rows[at + d - 1] as number) < key) at += d;
  let to = at;
  let rest = at;
  for (; rest < end; rest += d) {
    let k = 0;
    while (k < d && (rows[rest + k] as number) >= (points[p + k] as number)) k++;
    if (k === d) continue;
    if (to !== rest) for (k = 0; k < d; k++) rows[to + k] = rows[rest + k] as number;
    to += d;
  }
  const left = replaced(rows, at, at, to, d);
  for (let k = 0; k < d; k++) rows[at + k] = points[p + k] as number;
  return left / d;
}
