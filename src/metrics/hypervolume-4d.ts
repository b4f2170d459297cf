/**
 * Exact hypervolume of four objectives: a sweep in the fourth over the non-dominated set of the other three, in which
 * each point adds (the volume that it newly covers in three objectives) × (its distance to the reference). The newly covered volume
 * is found in one walk over the set, ordered by the third objective: O(n) a point and O(n²) in all, as in HV4D (Guerreiro,
 * Fonseca, Emmerich 2012; Guerreiro and Fonseca 2018), but over packed arrays instead of linked lists.
 *
 * Points are minimised and strictly better than the reference.
 */
import { argsort, column } from "./argsort.js";

export function hypervolume4d(data: Float64Array, count: number, reference: Float64Array): number {
  const order = argsort(column(data, 4, 3, count));
  return sweep4d(data, order, count, reference, new Front3d(count));
}

/** The sweep over points already put in `order` of their fourth coordinate; the front's buffers are reused. */
export function sweep4d(
  data: Float64Array,
  order: Int32Array,
  count: number,
  reference: Float64Array,
  front: Front3d,
): number {
  const last = reference[3] as number;
  front.restart(reference[0] as number, reference[1] as number, reference[2] as number);
  let volume = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const at = 4 * (order[i] as number);
    const gain = front.add(data[at] as number, data[at + 1] as number, data[at + 2] as number);
    if (gain === 0) continue;
    // compensated sum (Neumaier; terms are positive)
    const term = gain * (last - (data[at + 3] as number));
    const next = volume + term;
    lost += volume >= term ? volume - next + term : term - next + volume;
    volume = next;
  }
  return volume + lost;
}

/** A growing non-dominated set in three objectives that knows how much volume each new point adds. */
export class Front3d {
  private size = 0;
  private readonly xs: Float64Array;
  private readonly ys: Float64Array;
  /** Ascending. */
  private readonly zs: Float64Array;
  /** The staircase inside a new point's box: x ascending, y descending. */
  private readonly stairX: Float64Array;
  private readonly stairY: Float64Array;
  private stairs = 0;
  private rx = 0;
  private ry = 0;
  private rz = 0;

  constructor(capacity: number) {
    this.xs = new Float64Array(capacity);
    this.ys = new Float64Array(capacity);
    this.zs = new Float64Array(capacity);
    this.stairX = new Float64Array(capacity + 1);
    this.stairY = new Float64Array(capacity + 1);
  }

  /** Empties the set. */
  restart(rx: number, ry: number, rz: number): void {
    this.size = 0;
    this.rx = rx;
    this.ry = ry;
    this.rz = rz;
  }

  /** Adds a point strictly better than the reference; returns the volume that it alone covers (0 where dominated). */
  add(px: number, py: number, pz: number): number {
    const { xs, ys, zs, stairX, stairY, size } = this;
    let from = 0;
    for (let end = size; from < end; ) {
      const middle = (from + end) >>> 1;
      if ((zs[middle] as number) <= pz) from = middle + 1;
      else end = middle;
    }
    // What lies below pz bounds the box (px, right) × (py, top) and stands in it. Nearest first: it bounds most.
    let right = this.rx;
    let top = this.ry;
    this.stairs = 0;
    for (let i = from - 1; i >= 0; i--) {
      const x = xs[i] as number;
      const y = ys[i] as number;
      if (x >= right || y >= top) continue;
      if (x <= px) {
        if (y <= py) return 0;
        top = y;
      } else if (y <= py) right = x;
      else this.cut(x, y, right, top);
    }
    // stairs that the bounds passed later
    let k = this.stairs;
    while (k > 0 && (stairX[k - 1] as number) >= right) k--;
    let first = 0;
    while (first < k && (stairY[first] as number) >= top) first++;
    let area = 0;
    let x0 = px;
    let height = top;
    for (let i = first; i < k; i++) {
      const x = stairX[i] as number;
      area += (x - x0) * (height - py);
      x0 = x;
      height = stairY[i] as number;
      stairX[i - first] = x;
      stairY[i - first] = height;
    }
    this.stairs = k - first;
    area += (right - x0) * (height - py);

    let volume = 0;
    let z0 = pz;
    let to = from;
    let i = from;
    for (; i < size; i++) {
      const x = xs[i] as number;
      const y = ys[i] as number;
      const z = zs[i] as number;
      if (x < right && y < top) {
        volume += area * (z - z0);
        z0 = z;
        if (x <= px) {
          if (y <= py) {
            area = 0;
            break;
          }
          area = this.lower(px, py, right, y);
          top = y;
        } else if (y <= py) {
          area = this.narrow(px, py, top, x);
          right = x;
        } else area -= this.cut(x, y, right, top);
      }
      // what p dominates leaves the set
      if (x >= px && y >= py) continue;
      if (to !== i) {
        xs[to] = x;
        ys[to] = y;
        zs[to] = z;
      }
      to++;
    }
    volume += area * (this.rz - z0);
    this.insert(from, to, i, px, py, pz);
    return volume;
  }

  /** Closes the gap between `to` and `rest`, and puts the point at `at`. */
  private insert(at: number, to: number, rest: number, px: number, py: number, pz: number): void {
    const { xs, ys, zs } = this;
    const tail = to + 1;
    if (tail !== rest) {
      xs.copyWithin(tail, rest, this.size);
      ys.copyWithin(tail, rest, this.size);
      zs.copyWithin(tail, rest, this.size);
    }
    for (let j = to; j > at; j--) {
      xs[j] = xs[j - 1] as number;
      ys[j] = ys[j - 1] as number;
      zs[j] = zs[j - 1] as number;
    }
    xs[at] = px;
    ys[at] = py;
    zs[at] = pz;
    this.size += tail - rest;
  }

  private replace(at: number, rest: number, x: number, y: number): void {
    const { stairX, stairY, stairs } = this;
    const shift = at + 1 - rest;
    if (shift === 1) {
      for (let j = stairs; j > at; j--) {
        stairX[j] = stairX[j - 1] as number;
        stairY[j] = stairY[j - 1] as number;
      }
    } else if (shift < 0) {
      for (let j = rest; j < stairs; j++) {
        stairX[j + shift] = stairX[j] as number;
        stairY[j + shift] = stairY[j] as number;
      }
    }
    stairX[at] = x;
    stairY[at] = y;
    this.stairs = stairs + shift;
  }

  /** (x, y) inside the box joins the staircase, unless a stair covers it; returns the area that p loses by it. */
  private cut(x: number, y: number, right: number, top: number): number {
    const { stairX, stairY, stairs } = this;
    let at = stairs;
    while (at > 0 && (stairX[at - 1] as number) > x) at--;
    const above = at > 0 ? (stairY[at - 1] as number) : top;
    if (above <= y) return 0;
    let area = 0;
    let x0 = x;
    let height = above;
    let rest = at;
    while (rest < stairs && (stairY[rest] as number) >= y) {
      area += ((stairX[rest] as number) - x0) * (height - y);
      x0 = stairX[rest] as number;
      height = stairY[rest] as number;
      rest++;
    }
    area += ((rest < stairs ? (stairX[rest] as number) : right) - x0) * (height - y);
    this.replace(at, rest, x, y);
    return area;
  }

  /** The box's top falls to y; returns the area left. */
  private lower(px: number, py: number, right: number, y: number): number {
    const { stairX, stairY, stairs } = this;
    let first = 0;
    while (first < stairs && (stairY[first] as number) >= y) first++;
    if (first > 0) {
      stairX.copyWithin(0, first, stairs);
      stairY.copyWithin(0, first, stairs);
      this.stairs = stairs - first;
    }
    return this.areaLeft(px, py, right, y);
  }

  /** The box's right side moves to x; returns the area left. */
  private narrow(px: number, py: number, top: number, x: number): number {
    const { stairX } = this;
    while (this.stairs > 0 && (stairX[this.stairs - 1] as number) >= x) this.stairs--;
    return this.areaLeft(px, py, x, top);
  }

  private areaLeft(px: number, py: number, right: number, top: number): number {
    const { stairX, stairY, stairs } = this;
    let area = 0;
    let x0 = px;
    let height = top;
    for (let i = 0; i < stairs; i++) {
      area += ((stairX[i] as number) - x0) * (height - py);
      x0 = stairX[i] as number;
      height = stairY[i] as number;
    }
    return area + (right - x0) * (height - py);
  }
}
