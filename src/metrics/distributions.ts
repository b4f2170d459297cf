/** Distribution functions that intervals and tests need, each to about 1e-12 relative. */

/** ln Γ(x), x > 0 (Lanczos, g = 7, 9 terms). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const y = x - 1;
  let sum = coefficients[0] as number;
  for (let i = 1; i < 9; i++) sum += (coefficients[i] as number) / (y + i);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Upper tail Q(a, x) of the gamma distribution with shape a and scale 1 (series or continued fraction). */
export function gammaUpperTail(shape: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < 10_000; n++) {
      term *= x / (shape + n);
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return 1 - sum * scale;
  }
  // modified Lentz
  let b = x + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 10_000; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / nonZero(a * d + b);
    c = nonZero(b + a / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return scale * fraction;
}

function nonZero(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}

/** Φ(z), the standard normal distribution function, accurate in both tails. */
export function normalCdf(z: number): number {
  const tail = 0.5 * gammaUpperTail(0.5, (z * z) / 2);
  return z > 0 ? 1 - tail : tail;
}

/** Φ⁻¹(p); ±∞ at 1 and 0. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  return p > 0 ? -quantile((z) => normalCdf(-z), p) : Number.NEGATIVE_INFINITY;
}

/** The x ≥ 0 at which a falling `tail` passes `p`, by bisection. */
function quantile(tail: (x: number) => number, p: number): number {
  let high = 1;
  while (tail(high) > p) high *= 2;
  let low = 0;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > p) low = middle;
    else high = middle;
  }
  return high;
}

/** I_x(a, b), the regularised incomplete beta function (continued fraction). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

/** P(|T| ≥ |t|) for Student's t with (possibly fractional) degrees of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t with P(|T| ≤ t) = level, 0 < level < 1. */
export function studentQuantile(level: number, degrees: number): number {
  return quantile((t) => studentTwoSided(t, degrees), 1 - level);
}
