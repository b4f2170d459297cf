/** How sure means over common units are: the covariance of the mean vector, from which confidence regions are drawn. */
import { MetricsError } from "./error.js";
import { mean, total } from "./intervals.js";

/**
 * Covariance matrix of the mean vector of `values` quantities over common units (here: prompts): S / n, with S unbiased.
 * The bootstrap's own covariance of these means is (n − 1)/n times this, without its Monte Carlo error.
 *
 * @param scores `[value, unit]` row-major
 * @returns `[values][values]`, symmetric; all zero for one unit, about whose mean nothing is known
 * @throws MetricsError `dimension-mismatch` where the scores do not divide into `values` rows of at least one unit
 */
export function covarianceOfMeans(scores: ArrayLike<number>, values: number): number[][] {
  const units = scores.length / values;
  if (!Number.isInteger(units) || units < 1) {
    throw new MetricsError("dimension-mismatch", `${scores.length} scores are not ${values} rows of one length`);
  }
  const centred = Array.from({ length: values }, (_, v) => {
    const row = Float64Array.from({ length: units }, (__, u) => scores[v * units + u] ?? Number.NaN);
    const centre = mean(row);
    return row.map((x) => x - centre);
  });
  const degrees = Math.max(1, units - 1) * units;
  return centred.map((a) => centred.map((b) => total(a.map((x, u) => x * (b[u] ?? Number.NaN))) / degrees));
}

export interface Ellipse {
  /** Half-axes, the longer first, in units of the coordinates. */
  readonly major: number;
  readonly minor: number;
  /** Of the longer half-axis, counter-clockwise from the first coordinate, in radians, in (−π/2, π/2]. */
  readonly angle: number;
}

/**
 * The joint confidence ellipse of two means at `level`, by the normal limit: the points with
 * (x − m)ᵀ Σ⁻¹ (x − m) = −2 ln(1 − level), the chi-squared quantile of two degrees of freedom in closed form.
 *
 * @param xx variance of the first mean; `yy` of the second; `xy` their covariance
 */
export function confidenceEllipse(xx: number, xy: number, yy: number, level: number): Ellipse {
  const radius = Math.sqrt(-2 * Math.log1p(-level));
  const middle = (xx + yy) / 2;
  const spread = Math.hypot((xx - yy) / 2, xy);
  return {
    major: radius * Math.sqrt(Math.max(0, middle + spread)),
    minor: radius * Math.sqrt(Math.max(0, middle - spread)),
    angle: spread === 0 ? 0 : Math.atan2(2 * xy, xx - yy) / 2,
  };
}
