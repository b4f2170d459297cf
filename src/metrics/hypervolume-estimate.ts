/**
 * Hypervolume by quasi-Monte-Carlo along rays (the polar form of Deng and Zhang 2019, over a cube's faces instead of a sphere):
 * with ρ(v) = max_a min_k (r_k − a_k)/v_k the depth of the dominated region along the ray through v,
 * HV = (1/m) Σ_j E ρ(v)^m, v uniform on the face v_j = 1 of the unit cube. In units of the points' own box ρ is 1 for a single
 * point, so that little varies. v comes from a Kronecker sequence in the generalised golden ratio, shifted at random per
 * replicate (Cranley and Patterson 1976): the spread between replicates is an honest error.
 *
 * Points are minimised and strictly better than the reference.
 */
import { studentQuantile } from "./distributions.js";
import { mean, variance } from "./intervals.js";
import type { PackedPoints } from "./point-set.js";
import { type RandomGenerator, uniform } from "./random.js";

export interface EstimatedVolume {
  readonly value: number;
  /** Half-width of the t-interval over replicates at `level`. */
  readonly error: number;
  readonly level: number;
  readonly samples: number;
}

const REPLICATES = 16;

/** @param samples rays in all, at least 16 */
export function estimateVolume(
  points: PackedPoints,
  reference: Float64Array,
  samples: number,
  level: number,
  generator: RandomGenerator,
): EstimatedVolume {
  const { data, dimension: m } = points;
  const widths = new Float64Array(m);
  const depths = data.map((x, i) => (reference[i % m] as number) - x);
  depths.forEach((depth, i) => {
    widths[i % m] = Math.max(widths[i % m] as number, depth);
  });
  for (let i = 0; i < depths.length; i++) depths[i] = (depths[i] as number) / (widths[i % m] as number);
  const box = widths.reduce((product, width) => product * width, 1);

  let phi = 2;
  for (let i = 0; i < 100; i++) phi = (1 + phi) ** (1 / (m + 1));
  const perReplicate = Math.ceil(samples / REPLICATES);
  const replicates = new Float64Array(REPLICATES);
  const ray = new Float64Array(m);
  const inverse = new Float64Array(m);
  for (let r = 0; r < REPLICATES; r++) {
    for (let k = 0; k < m; k++) ray[k] = uniform(generator);
    let sum = 0;
    for (let s = 0; s < perReplicate; s++) {
      for (let k = 0; k < m; k++) {
        ray[k] = ((ray[k] as number) + phi ** -(k + 1)) % 1;
        inverse[k] = 1 / (ray[k] as number);
      }
      inverse[s % m] = 1;
      sum += deepest(depths, m, inverse) ** m;
    }
    // in units of the box: the squares of a tiny volume would be 0, and so the error
    replicates[r] = sum / perReplicate;
  }
  return {
    value: box * mean(replicates),
    error: box * studentQuantile(level, REPLICATES - 1) * Math.sqrt(variance(replicates) / REPLICATES),
    level,
    samples: perReplicate * REPLICATES,
  };
}

/** max over points of the smallest depth × inverse; a point is left as soon as it falls behind. */
function deepest(depths: Float64Array, m: number, inverse: Float64Array): number {
  let best = 0;
  for (let o = 0; o < depths.length; o += m) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < m && least > best; k++) {
      const x = (depths[o + k] as number) * (inverse[k] as number);
      if (x < least) least = x;
    }
    if (least > best) best = least;
  }
  return best;
}
