/** Distribution functions that intervals and tests need, each to about 1e-12 relative. */

/** ln Γ(x), x > 0: Stirling's series beyond 15, and Γ(x + 1) = x Γ(x) below. */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  while (y < 15) product *= y++;
  const z = 1 / (y * y);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
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
  const b = x + 1 - shape;
  return scale / fractionOf(b, (n) => [-n * (n - shape), b + 2 * n]);
}

/** The continued fraction b + a₁/(b₁ + a₂/(b₂ + …)) by Lentz's method (Thompson and Barnett 1986). */
function fractionOf(b: number, term: (n: number) => [a: number, b: number]): number {
  let value = nonZero(b);
  let c = value;
  let d = 0;
  for (let n = 1; n < 20_000; n++) {
    const [an, bn] = term(n);
    d = 1 / nonZero(an * d + bn);
    c = nonZero(bn + an / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return value;
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
  return (
    1 /
    fractionOf(1, (n) => {
      const m = n >> 1;
      const factor = n % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m);
      return [(factor * x) / ((a + n - 1) * (a + n)), 1];
    })
  );
}

/** P(|T| ≥ |t|) for Student's t with (possibly fractional) degrees of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  if (degrees > 10_000) {
    // ln Γ would cancel. Hill 1970: a normal deviate, to well below a rounding error at so many degrees.
    const n = Math.min(degrees, 1e15);
    const w = Math.sqrt((n - 0.5) * Math.log1p((t * t) / n));
    return 2 * normalCdf(-w - (w ** 3 + 3 * w) / 48 / (n - 0.5) ** 2);
  }
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t with P(|T| ≤ t) = level, 0 < level < 1. */
export function studentQuantile(level: number, degrees: number): number {
  return quantile((t) => studentTwoSided(t, degrees), 1 - level);
}
