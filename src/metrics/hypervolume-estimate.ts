/**
 * Hypervolume by quasi-Monte-Carlo in polar coordinates (Deng and Zhang 2019): with ρ(w) = max_a min_k (r_k − a_k)/w_k the
 * depth of the dominated region in direction w, HV = (2π^{m/2}/Γ(m/2))/(m 2^m) · E_w ρ(w)^m over directions w uniform on
 * the positive part of the sphere. Directions come from a Kronecker sequence in the generalised golden ratio, shifted at
 * random per replicate (Cranley and Patterson 1976), so that the spread between replicates is an honest error.
 *
 * Points are minimised and strictly better than the reference.
 */
import { logGamma, normalQuantileStart, studentQuantile } from "./distributions.js";
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

export function estimateVolume(
  points: PackedPoints,
  reference: Float64Array,
  samples: number,
  level: number,
  generator: RandomGenerator,
): EstimatedVolume {
  const { data, dimension: m, count } = points;
  // scaled to the box of the points: directions then cover all objectives alike
  const widths = new Float64Array(m);
  for (let i = 0, o = 0; i < count; i++) {
    for (let k = 0; k < m; k++, o++)
      widths[k] = Math.max(widths[k] as number, (reference[k] as number) - (data[o] as number));
  }
  const depths = new Float64Array(data.length);
  for (let i = 0, o = 0; i < count; i++) {
    for (let k = 0; k < m; k++, o++)
      depths[o] = ((reference[k] as number) - (data[o] as number)) / (widths[k] as number);
  }
  let factor = Math.exp((m / 2) * Math.log(Math.PI) - logGamma(m / 2) + Math.LN2 - m * Math.LN2) / m;
  for (const width of widths) factor *= width;

  const steps = goldenSteps(m);
  const perReplicate = Math.ceil(samples / REPLICATES);
  const replicates = new Float64Array(REPLICATES);
  const inverse = new Float64Array(m);
  const at = new Float64Array(m);
  for (let r = 0; r < REPLICATES; r++) {
    for (let k = 0; k < m; k++) at[k] = uniform(generator);
    let sum = 0;
    for (let s = 0; s < perReplicate; s++) {
      let square = 0;
      for (let k = 0; k < m; k++) {
        let u = (at[k] as number) + (steps[k] as number);
        if (u >= 1) u -= 1;
        at[k] = u;
        const z = normalQuantileStart(0.5 + 0.5 * Math.min(u, 1 - 1e-12));
        inverse[k] = 1 / z;
        square += z * z;
      }
      sum += (deepest(depths, m, count, inverse) * Math.sqrt(square)) ** m;
    }
    replicates[r] = (factor * sum) / perReplicate;
  }
  return {
    value: mean(replicates),
    error: studentQuantile(level, REPLICATES - 1) * Math.sqrt(variance(replicates) / REPLICATES),
    level,
    samples: perReplicate * REPLICATES,
  };
}

/** max over points of the smallest depth × inverse; a point is left as soon as it falls behind. */
function deepest(depths: Float64Array, m: number, count: number, inverse: Float64Array): number {
  let best = 0;
  for (let i = 0, o = 0; i < count; i++, o += m) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < m && least > best; k++) {
      const x = (depths[o + k] as number) * (inverse[k] as number);
      if (x < least) least = x;
    }
    if (least > best) best = least;
  }
  return best;
}

/** Powers of 1/φ, φ the positive root of x^{m+1} = x + 1 (the golden ratio for m = 1). */
function goldenSteps(m: number): Float64Array {
  let phi = 2;
  for (let i = 0; i < 100; i++) phi = (1 + phi) ** (1 / (m + 1));
  return Float64Array.from({ length: m }, (_, k) => phi ** -(k + 1) % 1);
}
