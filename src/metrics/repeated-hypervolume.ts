import { exactVolume } from "./hypervolume.js";
import { SmallSweep3d } from "./hypervolume-sweeps.js";

/**
 * Hypervolume of many small point sets of one dimension against one reference, without allocating for up to three
 * objectives: the inner loop of the bootstrap and of subset averages.
 */
export class RepeatedHypervolume {
  private readonly inside: Float64Array;
  private readonly sweep: SmallSweep3d;
  private readonly lifted: Float64Array;

  /** @param reference minimised */
  constructor(
    private readonly reference: Float64Array,
    capacity: number,
  ) {
    this.inside = new Float64Array(capacity * Math.max(3, reference.length));
    // one and two objectives are three with a thickness of 1
    this.lifted = Float64Array.of(1, 1, 1);
    this.lifted.set(reference.subarray(0, 3));
    this.sweep = new SmallSweep3d(capacity);
  }

  /** @param data `count` minimised points from `offset` (in numbers) on; those not better than the reference add nothing */
  volume(data: Float64Array, offset: number, count: number): number {
    const { reference, inside } = this;
    const d = reference.length;
    const stride = Math.max(3, d);
    let size = 0;
    for (let i = 0, o = offset; i < count; i++, o += d) {
      let k = 0;
      while (k < d && (data[o + k] as number) < (reference[k] as number)) {
        inside[size * stride + k] = data[o + k] as number;
        k++;
      }
      if (k === d) size++;
    }
    if (size === 0) return 0;
    if (d <= 3) return this.sweep.volume(inside, size, this.lifted);
    return exactVolume(inside, size, reference);
  }
}
