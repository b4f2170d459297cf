/**
 * How a front is spread out. None of these says anything about how good it is (Pareto-compliance: none); read them beside
 * hypervolume only, on normalised objectives.
 */
import { column } from "./argsort.js";
import type { IndicatorResult } from "./distance-indicators.js";
import { mustBeOneOf, mustExist, mustStayInRange } from "./error.js";
import { variance } from "./intervals.js";
import { gather, nondominatedOf } from "./nondominated.js";
import { minimised, type PackedPoints, type Points, type Sense, unitOf } from "./point-set.js";

export interface DiversityOptions {
  readonly sense: Sense;
}

function front(points: Points, sense: Sense): PackedPoints {
  const all = minimised(points, sense);
  mustExist(all.count, "points to measure the spread of");
  return gather(all, nondominatedOf(all, false, true));
}

/**
 * Sparsity, Σ_k Σ_i (a_(i+1),k − a_(i),k)²/(n − 1) over the non-dominated points (each once), sorted anew in each objective.
 * Sense: smaller is denser. Range [0, ∞); 0 for fewer than two points. Pareto-compliance: none. Source: Xu et al. 2020 (PGMORL).
 */
export function sparsity(points: Points, options: DiversityOptions): IndicatorResult {
  const { data, dimension, count } = front(points, options.sense);
  let sum = 0;
  for (let k = 0; k < dimension; k++) {
    const sorted = column(data, dimension, k, count).sort();
    for (let i = 1; i < count; i++) sum += ((sorted[i] as number) - (sorted[i - 1] as number)) ** 2;
  }
  if (count < 2) return { value: 0, method: "non-dominated" };
  mustStayInRange(sum, "a square");
  return { value: sum / (count - 1), method: "non-dominated" };
}

/**
 * Spacing: standard deviation of the distances to the nearest neighbour, over the non-dominated points (each once).
 * `euclidean` (default) divides by n; `schott`, the original, takes city-block distances and divides by n − 1.
 * Sense: smaller is more even. Range [0, ∞); 0 for fewer than two points. Pareto-compliance: none. Source: Schott 1995.
 */
export function spacing(
  points: Points,
  options: DiversityOptions & { readonly variant?: "euclidean" | "schott" },
): IndicatorResult {
  const { sense, variant = "euclidean" } = options;
  mustBeOneOf(variant, ["euclidean", "schott"], "variant");
  const own = front(points, sense);
  const { data, dimension: d, count } = own;
  const unit = unitOf(own);
  const power = variant === "schott" ? 1 : 2;
  const nearest = Float64Array.from({ length: count }, (_, i) => {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < count; j++) {
      let distance = 0;
      for (let k = 0; k < d; k++)
        distance += Math.abs((data[i * d + k] as number) / unit - (data[j * d + k] as number) / unit) ** power;
      if (i !== j && distance < least) least = distance;
    }
    return least ** (1 / power);
  });
  return { value: unit * Math.sqrt(variance(nearest) * (power === 1 ? 1 : (count - 1) / count)), method: variant };
}

/**
 * Maximum spread, √Σ_k (max_k − min_k)² over the non-dominated points: the diagonal of their box; `ranges` holds its sides.
 * Sense: larger is wider. Range [0, ∞). Pareto-compliance: none. Source: Zitzler 1999.
 */
export function extent(points: Points, options: DiversityOptions): IndicatorResult & { readonly ranges: number[] } {
  const { data, dimension, count } = front(points, options.sense);
  const ranges = Array.from({ length: dimension }, (_, k) => {
    const sorted = column(data, dimension, k, count).sort();
    return (sorted[count - 1] as number) - (sorted[0] as number);
  });
  return { value: Math.hypot(...ranges), ranges, method: "box-diagonal" };
}
