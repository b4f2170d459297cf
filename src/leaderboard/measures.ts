/**
 * Everything that is compared of one method at one seed, from its candidates' means in both runs. It runs once a resample, so
 * it takes the metrics module behind its boundary: means are known to be finite, and are minimised once for all measures.
 */
import { meanLeastOf } from "../metrics/distance-indicators.js";
import { mean } from "../metrics/index.js";
import { gather, nondominatedOf } from "../metrics/nondominated.js";
import type { PackedPoints } from "../metrics/point-set.js";
import { RepeatedHypervolume } from "../metrics/repeated-hypervolume.js";
import { bestUtilities } from "../metrics/utility-indicators.js";
import type { Measure } from "./verdict.js";

/** In the order in which {@link MethodMeasures} writes them. */
export function measuresFor(values: number): Measure[] {
  const each = Array.from({ length: values }, (_, value) => value);
  return [
    { kind: "hypervolume" },
    ...each.map((value): Measure => ({ kind: "best", value })),
    ...each.map((value): Measure => ({ kind: "mean", value })),
    { kind: "utility" },
    { kind: "igd+" },
  ];
}

export interface MeasureOptions {
  /** Scaled; more is better. */
  readonly reference: readonly number[];
  readonly preferences: readonly (readonly number[])[];
  /** The most candidates of one side. */
  readonly capacity: number;
  /** `hypervolume`: nothing else is computed. */
  readonly which: "all" | "hypervolume";
}

export class MethodMeasures {
  /** How many numbers {@link evaluate} writes for each side. */
  readonly count: number;
  readonly #values: number;
  readonly #which: MeasureOptions["which"];
  readonly #preferences: Float64Array;
  readonly #volume: RepeatedHypervolume;
  /** Minimised points of both sides, the baseline's first. */
  readonly #both: Float64Array;

  constructor({ reference, capacity, preferences, which }: MeasureOptions) {
    this.#which = which;
    this.#values = reference.length;
    this.#preferences = Float64Array.from(preferences.flat());
    this.count = which === "hypervolume" ? 1 : 2 * reference.length + 3;
    this.#volume = new RepeatedHypervolume(
      Float64Array.from(reference, (x) => -x),
      capacity,
    );
    this.#both = new Float64Array(2 * capacity * reference.length);
  }

  /**
   * @param a scaled means `[candidate, value]` of the baseline's candidates, `b` of the run's
   * @param outA, outB `[measure]`, see {@link measuresFor}
   */
  evaluate(
    a: Float64Array,
    aCount: number,
    b: Float64Array,
    bCount: number,
    outA: Float64Array,
    outB: Float64Array,
  ): void {
    const values = this.#values;
    const [split, end] = [aCount * values, (aCount + bCount) * values];
    // + 0: a point set holds no negative zeros.
    for (let i = 0; i < split; i++) this.#both[i] = -(a[i] ?? Number.NaN) + 0;
    for (let i = split; i < end; i++) this.#both[i] = -(b[i - split] ?? Number.NaN) + 0;
    outA[0] = this.#volume.volume(this.#both, 0, aCount);
    outB[0] = this.#volume.volume(this.#both, split, bCount);
    if (this.#which === "hypervolume") return;
    const all = { data: this.#both.subarray(0, end), dimension: values, count: aCount + bCount };
    const front = gather(all, nondominatedOf(all, false, true));
    this.#others({ data: all.data.subarray(0, split), dimension: values, count: aCount }, front, outA);
    this.#others({ data: all.data.subarray(split), dimension: values, count: bCount }, front, outB);
  }

  /** Everything but the hypervolume, of minimised points. */
  #others(points: PackedPoints, front: PackedPoints, out: Float64Array): void {
    const values = this.#values;
    const { data, count } = points;
    for (let v = 0; v < values; v++) {
      let least = Number.POSITIVE_INFINITY;
      let sum = 0;
      for (let i = v; i < data.length; i += values) {
        const x = data[i] as number;
        if (x < least) least = x;
        sum += x;
      }
      out[1 + v] = -least;
      out[1 + values + v] = -sum / count;
    }
    out[1 + 2 * values] = mean(bestUtilities(points, this.#preferences).best);
    out[2 + 2 * values] = -meanLeastOf(front, points, 1, true);
  }
}
