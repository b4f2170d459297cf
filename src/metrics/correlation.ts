import { fail, mustBeFinite, mustEqual, mustReach } from "./error.js";
import { mean } from "./intervals.js";

/**
 * Kendall's tau-b between paired numbers: (concordant − discordant)/√((n₀ − ties in x)(n₀ − ties in y)), n₀ = n(n−1)/2.
 * Range [−1, 1]; ties cap it below 1 where they are in one variable only. Between a preference weight and the
 * value's score along a sweep it measures controllability: larger is better. Pareto-compliance: does not apply (it is not of
 * a set). O(n²). Source: Kendall 1945.
 *
 * @throws MetricsError `dimension-mismatch`, `too-few`, `not-finite`, `undefined-value` where x or y is constant
 */
export function kendallTauB(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = pairs(x, y);
  mustReach(n, 2, "pairs");
  let score = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const dx = Math.sign((x[i] as number) - (x[j] as number));
      const dy = Math.sign((y[i] as number) - (y[j] as number));
      score += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  if (untiedX * untiedY === 0) fail("undefined-value", "Kendall's tau has no value: one side is constant");
  return score / Math.sqrt(untiedX * untiedY);
}

/** How many pairs these are, all of them finite. */
function pairs(x: ArrayLike<number>, y: ArrayLike<number>): number {
  mustEqual(y.length, x.length, "second numbers of pairs");
  for (let i = 0; i < x.length; i++) {
    mustBeFinite(x[i] as number, `pair ${i}`);
    mustBeFinite(y[i] as number, `pair ${i}`);
  }
  return x.length;
}

/**
 * Share of steps along a sweep on which the score rises: weights in ascending order, scores of equal weights averaged,
 * strict rise counts. Range [0, 1]; 1 = the weight steers the value all the way. Sense: larger is better. Pareto-compliance:
 * does not apply.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `too-few` for fewer than two distinct weights
 */
export function monotoneStepShare(
  weights: ArrayLike<number>,
  scores: ArrayLike<number>,
): { readonly value: number; readonly steps: number } {
  const n = pairs(weights, scores);
  const groups = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const w = weights[i] as number;
    groups.set(w, [...(groups.get(w) ?? []), scores[i] as number]);
  }
  mustReach(groups.size, 2, "distinct weights of a sweep");
  const means = [...groups].sort(([a], [b]) => a - b).map(([, group]) => mean(group));
  const steps = means.length - 1;
  return { value: means.filter((x, i) => x > (means[i - 1] as number)).length / steps, steps };
}
