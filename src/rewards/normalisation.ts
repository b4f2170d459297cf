/**
 * Rewards of several values on one footing. Without it a linear scalarisation answers the scale of a reward model
 * rather than the declared preference: each reward is centred and divided by its standard deviation, measured once on
 * replies of the base policy.
 */
import { mean as meanOf, total } from "../metrics/intervals.js";

export interface RewardScale {
  /** Per value. */
  readonly mean: readonly number[];
  /** Per value, > 0. */
  readonly sd: readonly number[];
}

/** Below this spread a reward says nothing; it is centred and left unscaled instead of being blown up. */
const LEAST_SD = 1e-6;

/** No normalisation: exact rewards, as the closed-form optimum of a KL-regularised problem wants them. */
export function unitScale(values: number): RewardScale {
  return { mean: new Array<number>(values).fill(0), sd: new Array<number>(values).fill(1) };
}

/** @param scores `[item][value]`, finite; standard deviation with divisor n. @throws RangeError without items. */
export function measureScale(scores: readonly (readonly number[])[], values: number): RewardScale {
  if (scores.length === 0) throw new RangeError("a reward scale needs at least one scored reply");
  const mean: number[] = [];
  const sd: number[] = [];
  for (let k = 0; k < values; k++) {
    const column = scores.map((row) => row[k] ?? Number.NaN);
    const centre = meanOf(column);
    const spread = Math.sqrt(total(column.map((score) => (score - centre) ** 2)) / column.length);
    mean.push(centre);
    sd.push(spread < LEAST_SD ? 1 : spread);
  }
  return { mean, sd };
}

/** `sum_k w_k (r_k - mean_k) / sd_k` (METHODS §2.1). A value with weight 0 is not read at all. */
export function scalarise(scores: readonly number[], weights: readonly number[], scale: RewardScale): number {
  let sum = 0;
  weights.forEach((weight, k) => {
    if (weight === 0) return;
    sum += weight * (((scores[k] ?? Number.NaN) - (scale.mean[k] ?? 0)) / (scale.sd[k] ?? 1));
  });
  return sum;
}
