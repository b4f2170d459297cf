import { MetricsError } from "./error.js";

/**
 * Kendall's tau-b between paired numbers: (concordant − discordant)/√((n₀ − ties in x)(n₀ − ties in y)), n₀ = n(n−1)/2.
 * Range [−1, 1]; ties cap it below 1 where they are in one variable only. Between a preference weight and the
 * value's score along a sweep it measures controllability: larger is better. O(n²). Source: Kendall 1945.
 *
 * @throws MetricsError `dimension-mismatch`, `too-few`, `not-finite`, `undefined-value` where x or y is constant
 */
export function kendallTauB(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  if (y.length !== n)
    throw new MetricsError("dimension-mismatch", `x has ${n} numbers, y has ${y.length}; they are pairs`);
  if (n < 2) throw new MetricsError("too-few", `Kendall's tau needs at least 2 pairs, there are ${n}`);
  let score = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < n; i++) {
    const xi = x[i] as number;
    const yi = y[i] as number;
    if (xi - xi !== 0 || yi - yi !== 0) throw new MetricsError("not-finite", `pair ${i} is (${xi}, ${yi})`);
    for (let j = 0; j < i; j++) {
      const dx = Math.sign(xi - (x[j] as number));
      const dy = Math.sign(yi - (y[j] as number));
      score += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  if (untiedX === 0 || untiedY === 0) {
    throw new MetricsError("undefined-value", `Kendall's tau has no value: ${untiedX === 0 ? "x" : "y"} is constant`);
  }
  return score / Math.sqrt(untiedX) / Math.sqrt(untiedY);
}

/**
 * Share of steps along a sweep on which the score rises: weights in ascending order, scores of equal weights averaged,
 * strict rise counts. Range [0, 1]; 1 = the weight steers the value all the way. Sense: larger is better.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `too-few` for fewer than two distinct weights
 */
export function monotoneStepShare(
  weights: ArrayLike<number>,
  scores: ArrayLike<number>,
): { readonly value: number; readonly steps: number } {
  const n = weights.length;
  if (scores.length !== n) {
    throw new MetricsError("dimension-mismatch", `${n} weights and ${scores.length} scores; they are pairs`);
  }
  const groups = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < n; i++) {
    const w = weights[i] as number;
    const x = scores[i] as number;
    if (w - w !== 0 || x - x !== 0) throw new MetricsError("not-finite", `pair ${i} is (${w}, ${x})`);
    const group = groups.get(w) ?? { sum: 0, count: 0 };
    groups.set(w, { sum: group.sum + x, count: group.count + 1 });
  }
  if (groups.size < 2) throw new MetricsError("too-few", "a sweep needs at least two distinct weights");
  const means = [...groups].sort(([a], [b]) => a - b).map(([, group]) => group.sum / group.count);
  let rising = 0;
  for (let i = 1; i < means.length; i++) if ((means[i] as number) > (means[i - 1] as number)) rising++;
  return { value: rising / (means.length - 1), steps: means.length - 1 };
}
