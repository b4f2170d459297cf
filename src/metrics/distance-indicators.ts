/**
 * Distances between a set of points A and a reference set R (which should be fixed before looking: the non-dominated union
 * of all methods' test points). Objectives enter with their own scales: normalise them first.
 */
import { MetricsError } from "./error.js";
import { minimised, type PackedPoints, type Points, pointDimension, type Sense } from "./point-set.js";

export interface IndicatorResult {
  readonly value: number;
  /** How the value was obtained. */
  readonly method: string;
}

export interface ReferenceSetOptions {
  readonly sense: Sense;
  /** R. */
  readonly referenceSet: Points;
}

export interface DistanceOptions extends ReferenceSetOptions {
  /** Exponent of the mean (Σ dᵖ/n)^{1/p}; default 1. */
  readonly p?: number;
}

/** Both sets, minimised and of one dimension, neither empty. */
export function bothSets(points: Points, options: ReferenceSetOptions): [PackedPoints, PackedPoints] {
  const dimension = Math.max(pointDimension(points), pointDimension(options.referenceSet));
  if (dimension === 0) throw new MetricsError("empty-set", "no points and no reference set to compare");
  const a = minimised(points, options.sense, "points", dimension);
  const r = minimised(options.referenceSet, options.sense, "reference set", dimension);
  if (a.count === 0) throw new MetricsError("empty-set", "no points to compare with the reference set");
  if (r.count === 0) throw new MetricsError("empty-set", "the reference set is empty");
  return [a, r];
}

/** (mean over `from` of (least over `to` of distance)ᵖ)^{1/p}; `plus` counts only where `a` is worse than `r`. */
function meanLeast(from: PackedPoints, to: PackedPoints, plus: "none" | "to-worse" | "from-worse", p: number): number {
  if (!(p > 0)) throw new MetricsError("bad-option", `p is ${p}; it must be above 0`);
  const d = from.dimension;
  let sum = 0;
  for (let i = 0; i < from.count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < to.count && least > 0; j++) {
      let square = 0;
      for (let k = 0; k < d; k++) {
        let gap = (to.data[j * d + k] as number) - (from.data[i * d + k] as number);
        if (plus === "to-worse") gap = Math.max(0, gap);
        else if (plus === "from-worse") gap = Math.min(0, gap);
        square += gap * gap;
      }
      if (square < least) least = square;
    }
    sum += least ** (p / 2);
  }
  return (sum / from.count) ** (1 / p);
}

/**
 * Generational distance, (Σ_{a∈A} min_{r∈R} ‖a − r‖ᵖ/|A|)^{1/p}: how far A is from R.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none. Source: Van Veldhuizen and Lamont 1998.
 */
export function gd(points: Points, options: DistanceOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  return { value: meanLeast(a, r, "none", options.p ?? 1), method: "euclidean" };
}

/**
 * Inverted generational distance, (Σ_{r∈R} min_{a∈A} ‖r − a‖ᵖ/|R|)^{1/p}: how far R is from A.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none. Source: Coello Coello and Reyes Sierra 2004.
 */
export function igd(points: Points, options: DistanceOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  return { value: meanLeast(r, a, "none", options.p ?? 1), method: "euclidean" };
}

/**
 * GD⁺: as GD, but only the amounts by which a is worse than r count.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none as a mean over A (a worse point may be averaged
 * away). Source: Ishibuchi et al. 2015.
 */
export function gdPlus(points: Points, options: DistanceOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  return { value: meanLeast(a, r, "from-worse", options.p ?? 1), method: "dominance-distance" };
}

/**
 * IGD⁺ = Σ_{r∈R} min_{a∈A} ‖max(a − r, 0)‖/|R| (minimised): only the amounts by which a is worse than r count.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: weak. Source: Ishibuchi et al. 2015.
 */
export function igdPlus(points: Points, options: DistanceOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  return { value: meanLeast(r, a, "to-worse", options.p ?? 1), method: "dominance-distance" };
}

/**
 * Averaged Hausdorff distance, max(GD_p, IGD_p).
 * Sense: smaller is better. Range [0, ∞), 0 just when A = R as sets. Pareto-compliance: none. Source: Schütze et al. 2012.
 */
export function averagedHausdorff(points: Points, options: DistanceOptions): IndicatorResult {
  const [a, r] = bothSets(points, options);
  const p = options.p ?? 1;
  return { value: Math.max(meanLeast(a, r, "none", p), meanLeast(r, a, "none", p)), method: "euclidean" };
}
