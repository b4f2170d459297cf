/**
 * Everything that is compared of one method at one seed, from its candidates' means in both runs. Without allocation in
 * up to three values: it runs once a resample.
 */
import { RepeatedHypervolume } from "../metrics/repeated-hypervolume.js";
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
  readonly #options: MeasureOptions;
  readonly #volume: RepeatedHypervolume;
  readonly #minimised: Float64Array;
  readonly #front: Float64Array;

  constructor(options: MeasureOptions) {
    const { reference, capacity, which } = options;
    this.#options = options;
    this.#values = reference.length;
    this.count = which === "hypervolume" ? 1 : 2 * reference.length + 3;
    this.#volume = new RepeatedHypervolume(
      Float64Array.from(reference, (x) => -x),
      capacity,
    );
    this.#minimised = new Float64Array(capacity * reference.length);
    this.#front = new Float64Array(2 * capacity * reference.length);
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
    this.#own(a, aCount, outA);
    this.#own(b, bCount, outB);
    if (this.#options.which === "hypervolume") return;
    const front = this.#unionFront(a, aCount, b, bCount);
    outA[this.count - 1] = -this.#distanceTo(front, a, aCount);
    outB[this.count - 1] = -this.#distanceTo(front, b, bCount);
  }

  #own(means: Float64Array, count: number, out: Float64Array): void {
    const values = this.#values;
    for (let i = 0; i < count * values; i++) this.#minimised[i] = -(means[i] ?? 0);
    out[0] = this.#volume.volume(this.#minimised, 0, count);
    if (this.#options.which === "hypervolume") return;
    for (let v = 0; v < values; v++) {
      let best = Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (let c = 0; c < count; c++) {
        const x = means[c * values + v] ?? Number.NaN;
        if (x > best) best = x;
        sum += x;
      }
      out[1 + v] = best;
      out[1 + values + v] = sum / count;
    }
    let utility = 0;
    for (const preference of this.#options.preferences) {
      let best = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < count; c++) {
        let sum = 0;
        for (let v = 0; v < values; v++) sum += (preference[v] ?? 0) * (means[c * values + v] ?? 0);
        if (sum > best) best = sum;
      }
      utility += best;
    }
    out[1 + 2 * values] = utility / this.#options.preferences.length;
  }

  /** Writes the non-dominated points of both sides, each once; returns how many. */
  #unionFront(a: Float64Array, aCount: number, b: Float64Array, bCount: number): number {
    let size = 0;
    for (let i = 0; i < aCount + bCount; i++) {
      const [points, at] = i < aCount ? [a, i] : [b, i - aCount];
      size = this.#enter(points, at, size);
    }
    return size;
  }

  /** Adds a point to the front unless one covers it; removes those that it dominates. */
  #enter(points: Float64Array, at: number, size: number): number {
    const values = this.#values;
    const front = this.#front;
    let kept = 0;
    for (let f = 0; f < size; f++) {
      let frontCovers = true;
      let pointCovers = true;
      for (let v = 0; v < values; v++) {
        const x = points[at * values + v] ?? 0;
        const y = front[f * values + v] ?? 0;
        if (y < x) frontCovers = false;
        if (x < y) pointCovers = false;
      }
      if (frontCovers) return size;
      if (pointCovers) continue;
      if (kept !== f) front.copyWithin(kept * values, f * values, (f + 1) * values);
      kept++;
    }
    for (let v = 0; v < values; v++) front[kept * values + v] = points[at * values + v] ?? 0;
    return kept + 1;
  }

  /** IGD+ (Ishibuchi et al. 2015): mean over the front of the distance to the nearest point, shortfalls alone counted. */
  #distanceTo(size: number, points: Float64Array, count: number): number {
    const values = this.#values;
    let total = 0;
    for (let f = 0; f < size; f++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let c = 0; c < count; c++) {
        let squares = 0;
        for (let v = 0; v < values; v++) {
          const short = (this.#front[f * values + v] ?? 0) - (points[c * values + v] ?? 0);
          if (short > 0) squares += short * short;
        }
        if (squares < nearest) nearest = squares;
      }
      total += Math.sqrt(nearest);
    }
    return total / size;
  }
}
