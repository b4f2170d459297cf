/** What a set is worth to people whose preferences are weights: utilities averaged or at their worst over weights. */
import { orderBy } from "./argsort.js";
import { bothSets, type IndicatorResult, type ReferenceSetOptions } from "./distance-indicators.js";
import { fail, mustEqual, mustExist, mustStayInRange, positiveInteger } from "./error.js";
import { mean } from "./intervals.js";
import { gather, nondominatedOf } from "./nondominated.js";
import { minimised, minimisedPoint, type PackedPoints, type Points, type Sense } from "./point-set.js";

export interface R2Options {
  readonly sense: Sense;
  /** Ideal or utopian point: no point may be better than it in any objective. */
  readonly reference: readonly number[];
  /** Weight vectors (≥ 0) to average over. Without them the integral over all weights is taken: two objectives only. */
  readonly weights?: readonly (readonly number[])[];
}

/**
 * R2 with Tchebycheff utility: mean over weights of min_a max_k w_k (a_k − r_k) (minimised distances to the ideal r). In
 * two objectives and without `weights` the exact integral over w ∈ [0, 1], in O(n log n).
 * Sense: smaller is better. Range [0, ∞). Pareto-compliance: the exact form strict against points that matter
 * for some weight, the averaged form weak. Depends on scales. Source: Hansen and Jaszkiewicz 1998; Schäpermeier and Kerschke 2024.
 *
 * @throws MetricsError `empty-set`, `dimension-mismatch`, `not-finite`, `bad-option`
 */
export function r2(points: Points, options: R2Options): IndicatorResult {
  const ideal = minimisedPoint(options.reference, options.sense, "reference");
  const d = ideal.length;
  const all = minimised(points, options.sense, "points", d);
  mustExist(all.count, "points to take R2 of");
  all.data.forEach((x, i) => {
    const gap = x - (ideal[i % d] as number);
    if (gap < 0) {
      fail(
        "bad-option",
        `point ${Math.floor(i / d)} is better than the reference in objective ${i % d}; R2 needs an ideal point that none passes`,
      );
    }
    all.data[i] = gap;
  });
  if (options.weights === undefined) {
    if (d !== 2) fail("bad-option", `R2 is exact in two objectives only, there are ${d}; give weights to average over`);
    return { value: exactR2(gather(all, nondominatedOf(all, false, true))), method: "exact" };
  }
  const weights = weightRows(options.weights, d);
  let sum = 0;
  for (let w = 0; w < weights.length; w += d) {
    let least = Number.POSITIVE_INFINITY;
    for (let o = 0; o < all.data.length; o += d) {
      let most = 0;
      for (let k = 0; k < d; k++) most = Math.max(most, (weights[w + k] as number) * (all.data[o + k] as number));
      least = Math.min(least, most);
    }
    sum += least;
  }
  return { value: (sum * d) / weights.length, method: "weights" };
}

/** ∫₀¹ min_a max(w·x, (1 − w)·y) dw: between two switches of the best point the integrand has one kink. */
function exactR2({ data, count }: PackedPoints): number {
  const order = orderBy(data, 2, 0, count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const at = order[i] as number;
    const x = data[2 * at] as number;
    const y = data[2 * at + 1] as number;
    if (x === 0 && y === 0) return 0;
    const before = i > 0 ? (data[2 * (order[i - 1] as number) + 1] as number) : undefined;
    const after = i + 1 < count ? (data[2 * (order[i + 1] as number)] as number) : undefined;
    const low = after === undefined ? 0 : y / (after + y);
    const high = before === undefined ? 1 : before / (x + before);
    const kink = y / (x + y);
    // ∫(1 − w)·y from low to kink, ∫w·x from kink to high
    sum += y * (kink - low) * (1 - (kink + low) / 2) + (x * (high - kink) * (high + kink)) / 2;
  }
  return sum;
}

function weightRows(weights: readonly (readonly number[])[], dimension: number): Float64Array {
  mustExist(weights.length, "weights to average over");
  const { data } = minimised(weights, "min", "weights", dimension);
  if (data.some((w) => w < 0)) fail("bad-option", "a weight is below 0");
  return data;
}

export interface WeightsOptions {
  readonly sense: Sense;
  /** `[weights][objectives]`, each ≥ 0; usually from the simplex. */
  readonly weights: readonly (readonly number[])[];
}

/** wᵀa, where larger is better (minimised objectives enter negated). */
function utility(weights: Float64Array, w: number, { data, dimension: d }: PackedPoints, at: number): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum -= (weights[w * d + k] as number) * (data[at * d + k] as number);
  return sum;
}

/** Best utility max_a wᵀa for each weight, and which a it is. `points` minimised, `weights` row by row. */
export function bestUtilities(points: PackedPoints, weights: Float64Array): { best: Float64Array; at: Int32Array } {
  const best = new Float64Array(weights.length / points.dimension).fill(Number.NEGATIVE_INFINITY);
  const at = new Int32Array(best.length);
  for (let w = 0; w < best.length; w++) {
    for (let i = 0; i < points.count; i++) {
      const own = utility(weights, w, points, i);
      if (own > (best[w] as number)) {
        best[w] = own;
        at[w] = i;
      }
    }
    mustStayInRange(best[w] as number, "a utility");
  }
  return { best, at };
}

/** Weights and points of the same objectives, neither empty. */
function weighted(points: Points, options: WeightsOptions): [PackedPoints, Float64Array] {
  const dimension = options.weights[0]?.length ?? 0;
  const weights = weightRows(options.weights, dimension);
  const all = minimised(points, options.sense, "points", dimension);
  mustExist(all.count, "points to take the utility of");
  return [all, weights];
}

/**
 * Expected utility E_w max_a wᵀa with linear utility: what somebody of unknown preference gets who picks the best.
 * Sense: larger is better. Range (−∞, ∞). Pareto-compliance: weak (blind to points off the convex hull). Depends on scales.
 * Source: Zintgraf et al. 2015.
 */
export function expectedUtility(points: Points, options: WeightsOptions): IndicatorResult {
  return { value: mean(bestUtilities(...weighted(points, options)).best), method: "linear" };
}

function utilityLosses(points: Points, options: WeightsOptions & ReferenceSetOptions): Float64Array {
  const [a, r] = bothSets(points, options);
  const weights = weightRows(options.weights, a.dimension);
  const own = bestUtilities(a, weights).best;
  return bestUtilities(r, weights).best.map((best, w) => best - (own[w] as number));
}

/**
 * Expected utility loss against a reference set, mean_w [max_{r∈R} wᵀr − max_{a∈A} wᵀa].
 * Sense: smaller is better. Range (−∞, ∞); ≥ 0 where R contains A. Pareto-compliance: weak. Source: Zintgraf et al. 2015.
 */
export function expectedUtilityLoss(points: Points, options: WeightsOptions & ReferenceSetOptions): IndicatorResult {
  return { value: mean(utilityLosses(points, options)), method: "linear" };
}

/**
 * Maximum utility loss against a reference set, max_w [max_{r∈R} wᵀr − max_{a∈A} wᵀa]: the most that any preference loses.
 * Sense: smaller is better. Range (−∞, ∞); ≥ 0 where R contains A. Pareto-compliance: weak. Source: Zintgraf et al. 2015.
 */
export function maximumUtilityLoss(points: Points, options: WeightsOptions & ReferenceSetOptions): IndicatorResult {
  return { value: utilityLosses(points, options).reduce((most, x) => Math.max(most, x)), method: "linear" };
}

export interface PreferenceMap extends WeightsOptions {
  /** For each weight, the index of the point that the method offers for it: the declared weight → candidate map. */
  readonly candidateOf: ArrayLike<number>;
}

/**
 * Mean inner product (1/N) Σ_i ⟨w_i, v(w_i)⟩ of each preference with the scores of the candidate declared for it.
 * Sense: larger is better. Range (−∞, ∞). Pareto-compliance: none (it scores the map, not the set). Depends on scales.
 * Source: Zhong et al. 2024 (Panacea).
 *
 * @throws MetricsError `dimension-mismatch`, `bad-option` for an index that names no point
 */
export function meanInnerProduct(points: Points, options: PreferenceMap): IndicatorResult {
  const { candidateOf, weights } = options;
  const [all, rows] = weighted(points, options);
  mustEqual(candidateOf.length, weights.length, "candidates that candidateOf names");
  const values = weights.map((_, w) => {
    const at = candidateOf[w] as number;
    positiveInteger(at, `candidateOf of weight ${w}`, 0, all.count - 1);
    return utility(rows, w, all, at);
  });
  return { value: mean(values), method: "declared-map" };
}

/** For each weight the index of the point with the best utility (the first, at ties): a map where a method declares none. */
export function bestCandidates(points: Points, options: WeightsOptions): Int32Array {
  return bestUtilities(...weighted(points, options)).at;
}
