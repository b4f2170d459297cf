/**
 * Distances between a set of points A and a reference set R (which should be fixed before looking: the non-dominated union
 * of all methods' test points). Objectives enter with their own scales: normalise them first.
 */
import { mustExist, mustLieWithin } from "./error.js";
import { minimised, type PackedPoints, type Points, pointDimension, type Sense, unitOf } from "./point-set.js";

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
  const { sense, referenceSet } = options;
  const dimension = Math.max(pointDimension(points), pointDimension(referenceSet));
  const a = minimised(points, sense, "points", dimension);
  const r = minimised(referenceSet, sense, "reference set", dimension);
  mustExist(a.count, "points to compare");
  mustExist(r.count, "points in the reference set");
  return [a, r];
}

/**
 * (mean over one set of (least over the other of distance)ᵖ)^{1/p}.
 *
 * @param inverted over R and to A, not over A and to R
 * @param plus only the amounts by which a is worse than r count
 */
function meanLeast(points: Points, options: DistanceOptions, inverted: boolean, plus = false): IndicatorResult {
  const { p = 1 } = options;
  mustLieWithin(p, 0, Number.POSITIVE_INFINITY, "p");
  const [a, r] = bothSets(points, options);
  const [from, to] = inverted ? [r, a] : [a, r];
  const unit = unitOf(a, r);
  const sign = (inverted ? 1 : -1) / unit;
  return { value: unit * meanLeastOf(from, to, sign, plus, p), method: plus ? "dominance-distance" : "euclidean" };
}

/** The same of minimised points in units of `1 / |sign|`: + over R and to A, − over A and to R. */
export function meanLeastOf(from: PackedPoints, to: PackedPoints, sign: number, plus: boolean, p = 1): number {
  const d = from.dimension;
  const rows = from.data;
  const others = to.data;
  let sum = 0;
  const powers = p === 1 ? undefined : new Float64Array(from.count);
  let largest = 0;
  for (let i = 0; i < rows.length; i += d) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < others.length && least > 0; j += d) {
      let square = 0;
      for (let k = 0; k < d; k++) {
        const worse = sign * (others[j + k] as number) - sign * (rows[i + k] as number);
        if (worse > 0 || !plus) square += worse * worse;
      }
      if (square < least) least = square;
    }
    if (powers === undefined) sum += Math.sqrt(least);
    else powers[i / d] = least;
    if (least > largest) largest = least;
  }
  if (powers === undefined || largest === 0) return sum / from.count;
  // in units of the largest: a high power of the others may vanish, that of all of them not
  for (const least of powers) sum += (least / largest) ** (p / 2);
  return Math.sqrt(largest) * (sum / from.count) ** (1 / p);
}

/**
 * Generational distance, (Σ_{a∈A} min_{r∈R} ‖a − r‖ᵖ/|A|)^{1/p}: how far A is from R.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none. Source: Van Veldhuizen and Lamont 1998.
 */
export function gd(points: Points, options: DistanceOptions): IndicatorResult {
  return meanLeast(points, options, false);
}

/**
 * Inverted generational distance, (Σ_{r∈R} min_{a∈A} ‖r − a‖ᵖ/|R|)^{1/p}: how far R is from A.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none. Source: Coello Coello and Reyes Sierra 2004.
 */
export function igd(points: Points, options: DistanceOptions): IndicatorResult {
  return meanLeast(points, options, true);
}

/**
 * GD⁺: as GD, but only the amounts by which a is worse than r count.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: none as a mean over A (a worse point may be averaged
 * away). Source: Ishibuchi et al. 2015.
 */
export function gdPlus(points: Points, options: DistanceOptions): IndicatorResult {
  return meanLeast(points, options, false, true);
}

/**
 * IGD⁺ = Σ_{r∈R} min_{a∈A} ‖max(a − r, 0)‖/|R| (minimised): only the amounts by which a is worse than r count.
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: weak. Source: Ishibuchi et al. 2015.
 */
export function igdPlus(points: Points, options: DistanceOptions): IndicatorResult {
  return meanLeast(points, options, true, true);
}

/**
 * Averaged Hausdorff distance, max(GD_p, IGD_p).
 * Sense: smaller is better. Range [0, ∞), 0 just when A = R as sets. Pareto-compliance: none. Source: Schütze et al. 2012.
 */
export function averagedHausdorff(points: Points, options: DistanceOptions): IndicatorResult {
  const one = gd(points, options);
  const other = igd(points, options);
  return one.value > other.value ? one : other;
}
