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
