/**
 * A linear Bradley–Terry model of pairs, given the differences d_i = f(chosen_i) − f(rejected_i) of their features:
 *
 *   minimise  (1/n) Σ_i log(1 + exp(−u·z_i)) + (ridge/2) |u|²        z_i = d_i / s,  s = root mean square of each feature
 *
 * and w = u / s, so that r(y) = w·f(y) and P(chosen is better) = sigma(w·d). Dividing by s makes one ridge fit features of any
 * scale. The problem is strongly convex: the answer is unique, and found to rounding.
 */

/** Below this root mean square a feature says nothing and gets weight 0. */
const LEAST_SPREAD = 1e-12;
const MOST_STEPS = 20_000;
const TOLERANCE = 1e-10;

/**
 * @param differences `[pair][feature]`, finite, at least one pair
 * @param ridge > 0
 * @returns w, one weight a feature
 * @throws RangeError for no pairs, a ridge that is not positive, or features that are not finite
 */
export function fitBradleyTerry(differences: readonly ArrayLike<number>[], ridge: number): Float64Array {
  const n = differences.length;
  const width = differences[0]?.length ?? 0;
  if (n === 0) throw new RangeError("a Bradley–Terry model needs at least one pair");
  if (!(ridge > 0)) throw new RangeError(`ridge must be above 0, is ${ridge}`);
  const spread = new Float64Array(width);
  for (const d of differences)
    for (let k = 0; k < width; k++) spread[k] = (spread[k] ?? 0) + (d[k] ?? Number.NaN) ** 2 / n;
  const inverse = spread.map((square) => (Math.sqrt(square) > LEAST_SPREAD ? 1 / Math.sqrt(square) : 0));
  if (!spread.every(Number.isFinite)) throw new RangeError("a feature of a pair is not a finite number");
  const z = differences.map((d) => Float64Array.from(d, (x, k) => x * (inverse[k] ?? 0)));

  // Nesterov's method with the momentum of a strongly convex problem. The curvature is at most trace(ZᵀZ)/4n + ridge.
  const curvature = inverse.reduce((sum, x) => sum + (x > 0 ? 1 : 0), 0) / 4 + ridge;
  const root = Math.sqrt(curvature / ridge);
  const momentum = (root - 1) / (root + 1);
  let u = new Float64Array(width);
  let ahead = new Float64Array(width);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = ahead.map((x) => ridge * x);
    for (const row of z) {
      const pull = -1 / (1 + Math.exp(dot(row, ahead))) / n;
      for (let k = 0; k < width; k++) gradient[k] = (gradient[k] ?? 0) + pull * (row[k] ?? 0);
    }
    const next = ahead.map((x, k) => x - (gradient[k] ?? 0) / curvature);
    ahead = next.map((x, k) => x + momentum * (x - (u[k] ?? 0)));
    u = next;
    if (Math.max(0, ...gradient.map(Math.abs)) < TOLERANCE) break;
  }
  return u.map((x, k) => x * (inverse[k] ?? 0));
}

/** `w·x`. */
export function dot(w: ArrayLike<number>, x: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < w.length; k++) sum += (w[k] ?? 0) * (x[k] ?? 0);
  return sum;
}
