import { exactVolume } from "./hypervolume.js";
import { SmallSweep3d } from "./hypervolume-sweeps.js";

/**
 * Hypervolume of many small point sets of one dimension against one reference, without allocating for up to three
 * objectives: the inner loop of the bootstrap and of subset averages.
 */
export class RepeatedHypervolume {
  private readonly inside: Float64Array;
  private readonly sweep: SmallSweep3d;

  /** @param reference minimised */
  constructor(
    private readonly reference: Float64Array,
    capacity: number,
  ) {
    this.inside = new Float64Array(capacity * reference.length);
    this.sweep = new SmallSweep3d(capacity);
  }

  /** @param data `count` minimised points from `offset` (in numbers) on; those not better than the reference add nothing */
  volume(data: Float64Array, offset: number, count: number): number {
    const { reference, inside } = this;
    const d = reference.length;
    let size = 0;
    for (let i = 0, o = offset; i < count; i++, o += d) {
      let k = 0;
      while (k < d && (data[o + k] as number) < (reference[k] as number)) {
        inside[size * d + k] = data[o + k] as number;
        k++;
      }
      if (k === d) size++;
    }
    if (size === 0) return 0;
    if (d === 3) return this.sweep.volume(inside, size, reference);
    if (d === 2) return smallArea(inside, size, reference[0] as number, reference[1] as number);
    return exactVolume({ data: inside.slice(0, size * d), dimension: d, count: size }, reference);
  }
}

/** The 2-D sweep on few points; sorts them in place. */
function smallArea(points: Float64Array, count: number, rx: number, ry: number): number {
  for (let i = 1; i < count; i++) {
    const x = points[2 * i] as number;
    const y = points[2 * i + 1] as number;
    let j = i - 1;
    while (j >= 0 && (points[2 * j] as number) > x) {
      points[2 * j + 2] = points[2 * j] as number;
      points[2 * j + 3] = points[2 * j + 1] as number;
      j--;
    }
    points[2 * j + 2] = x;
    points[2 * j + 3] = y;
  }
  let area = 0;
  let lowest = ry;
  for (let i = 0; i < count; i++) {
    const y = points[2 * i + 1] as number;
    if (y < lowest) {
      area += (rx - (points[2 * i] as number)) * (lowest - y);
      lowest = y;
    }
  }
  return area;
}
