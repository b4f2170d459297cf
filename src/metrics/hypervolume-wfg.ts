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
import { Sweep4d } from "./hypervolume-4d.js";
import { replaced } from "./splice.js";

/** Buffers of one level of the recursion: a set of points of one dimension. */
interface Level {
  /** Ascending in the last coordinate. */
  readonly points: Float64Array;
  readonly reference: Float64Array;
  /**
   * The points swept so far that the later ones do not dominate, without their last coordinate, ascending in what is then the
   * last; and after them the point p that is compared with them.
   */
  readonly active: Float64Array;
  /** Where those begin that p dominates, and those that stand in its box; the count comes first. */
  readonly gone: Int32Array;
  readonly inside: Int32Array;
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
      const rows = d > 4 ? capacity + 1 : 0;
      this.levels[d] = {
        points: new Float64Array((capacity + 1) * d),
        reference: new Float64Array(d),
        active: new Float64Array(rows * (d - 1)),
        gone: new Int32Array(rows + 1),
        inside: new Int32Array(rows + 1),
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
    const own = this.levels[d] as Level;
    const { points, reference, active } = own;
    if (count < 3) return ofTwo(points, d, count, reference);
    if (d === 4) return this.base.volume(points, count, reference);
    const e = d - 1;
    const lower = this.levels[e] as Level;
    const bound = lower.reference;
    let volume = 0;
    let size = 0;
    for (let at = 0; at < count * d; at += d) {
      for (let k = 0; k < e; k++) {
        active[size * e + k] = points[at + k] as number;
        bound[k] = reference[k] as number;
      }
      const place = e === 4 ? compare4(own, size, bound) : compare(own, e, size, bound);
      if (place < 0) continue;
      let box = 1;
      for (let k = 0; k < e; k++) box *= (bound[k] as number) - (points[at + k] as number);
      const limits = e === 4 ? collect4(own, size, lower) : collect(own, e, size, lower);
      const covered = limits === 0 ? 0 : this.level(e, limits);
      volume += (box - covered) * ((reference[e] as number) - (points[at + e] as number));
      size = join(own, e, size, place, at);
    }
    return volume;
  }
}

/**
 * Compares p with the active points. One that exceeds p in a single objective cuts its box off there: `bound` moves. Returns how
 * many are below p in the last objective, or −1 where one dominates p.
 */
function compare({ active, gone }: Level, e: number, size: number, bound: Float64Array): number {
  const p = size * e;
  let place = 0;
  let dominated = 0;
  for (let o = 0; o < p; o += e) {
    // No branches: which way they go cannot be guessed. In `beyond` the number of objectives in which the point exceeds p, and
    // above it the sum of their indices.
    let beyond = 0;
    let below = 0;
    let any = 0;
    for (let k = 0; k < e; k++) {
      const x = active[o + k] as number;
      const y = active[p + k] as number;
      beyond += -bit(x > y) & ((k << 16) | 1);
      below = bit(x < y);
      any |= below;
    }
    place += below;
    gone[dominated + 1] = o;
    dominated += any ^ 1;
    if ((beyond & 0xffff) > 1) continue;
    if (beyond === 0) return -1;
    const which = beyond >> 16;
    const x = active[o + which] as number;
    if (x < (bound[which] as number)) bound[which] = x;
  }
  gone[0] = dominated;
  return place;
}

/** Fills the lower level with the active points inside p's box, worsened to p; returns how many are left. */
function collect({ active, inside }: Level, e: number, size: number, lower: Level): number {
  const { points: limit, reference: bound } = lower;
  const p = size * e;
  let found = 0;
  for (let o = 0; o < p; o += e) {
    let within = 1;
    for (let k = 0; k < e; k++) within &= bit((active[o + k] as number) < (bound[k] as number));
    inside[found] = o;
    found += within;
  }
  let limits = 0;
  for (let i = 0; i < found; i++) {
    const o = inside[i] as number;
    const row = limits * e;
    for (let k = 0; k < e; k++) {
      // the larger one, by its place
      const exceeds = -bit((active[o + k] as number) > (active[p + k] as number));
      limit[row + k] = active[p + k + ((o - p) & exceeds)] as number;
    }
    limits = withoutDominated(limit, e, limits);
  }
  return limits;
}

/**
 * `compare` where four objectives are left, written out: most of the time is spent in these two loops. Active points before p in the
 * last objective cannot be dominated by it, and those behind it (but for ties) cannot dominate it.
 */
function compare4({ active, gone }: Level, size: number, bound: Float64Array): number {
  const p = 4 * size;
  const p0 = active[p] as number;
  const p1 = active[p + 1] as number;
  const p2 = active[p + 2] as number;
  const p3 = active[p + 3] as number;
  let o = 0;
  for (; o < p && (active[o + 3] as number) < p3; o += 4) {
    const beyond =
      bit((active[o] as number) > p0) |
      (bit((active[o + 1] as number) > p1) << 1) |
      (bit((active[o + 2] as number) > p2) << 2);
    if ((beyond & (beyond - 1)) !== 0) continue;
    if (beyond === 0) return -1;
    const which = beyond >> 1;
    if ((active[o + which] as number) < (bound[which] as number)) bound[which] = active[o + which] as number;
  }
  const place = o >> 2;
  let dominated = 0;
  for (; o < p; o += 4) {
    const x0 = active[o] as number;
    const x1 = active[o + 1] as number;
    const x2 = active[o + 2] as number;
    gone[dominated + 1] = o;
    dominated += (bit(x0 < p0) | bit(x1 < p1) | bit(x2 < p2)) ^ 1;
    const beyond =
      bit(x0 > p0) | (bit(x1 > p1) << 1) | (bit(x2 > p2) << 2) | (bit((active[o + 3] as number) > p3) << 3);
    if ((beyond & (beyond - 1)) !== 0) continue;
    if (beyond === 0) return -1;
    const which = 31 - Math.clz32(beyond);
    if ((active[o + which] as number) < (bound[which] as number)) bound[which] = active[o + which] as number;
  }
  gone[0] = dominated;
  return place;
}

function collect4({ active }: Level, size: number, { points: limit, reference: bound }: Level): number {
  const b0 = bound[0] as number;
  const b1 = bound[1] as number;
  const b2 = bound[2] as number;
  const b3 = bound[3] as number;
  const p = 4 * size;
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
    if (x3 >= b3) break;
    if ((bit(x0 < b0) & bit(x1 < b1) & bit(x2 < b2)) === 0) continue;
    limit[row] = x0 > p0 ? x0 : p0;
    limit[row + 1] = x1 > p1 ? x1 : p1;
    limit[row + 2] = x2 > p2 ? x2 : p2;
    limit[row + 3] = x3 > p3 ? x3 : p3;
    row += 4;
  }
  return row >> 2;
}

/** p takes its place in the order of the active points, and what it dominates goes; returns the new size. */
function join({ active, gone, points }: Level, e: number, size: number, place: number, at: number): number {
  const first = place * e;
  const dominated = gone[0] as number;
  const p = size * e;
  replaced(active, first, first, dominated > 0 ? (gone[1] as number) : p, e);
  for (let k = 0; k < e; k++) active[first + k] = points[at + k] as number;
  for (let g = 2, to = gone[2] as number; g <= dominated; g++) {
    const until = g < dominated ? (gone[g + 1] as number) : p;
    for (let o = (gone[g] as number) + e; o < until; o++) active[to++] = active[o] as number;
  }
  return size + 1 - dominated;
}

/** Row `size` joins the rows before it, of which none is above it in the last objective and none dominates another; returns the new size. */
function withoutDominated(rows: Float64Array, d: number, size: number): number {
  const p = size * d;
  for (let o = 0; o < p; o += d) {
    let k = 0;
    while (k < d && (rows[o + k] as number) <= (rows[p + k] as number)) k++;
    if (k === d) return size;
  }
  // only those level with it in the last objective may be dominated
  let end = p + d;
  for (let o = p - d; o >= 0 && rows[o + d - 1] === rows[p + d - 1]; o -= d) {
    let k = 0;
    while (k < d && (rows[o + k] as number) >= (rows[end - d + k] as number)) k++;
    if (k === d) end = replaced(rows, o, o + d, end, 0);
  }
  return end / d;
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
