import { normalQuantile, studentQuantile } from "./distributions.js";
import { MetricsError } from "./error.js";

export interface PowerOptions {
  /** Two-sided significance is 1 − level; default 0.95. */
  readonly level?: number;
  /** Wanted probability of seeing the effect; default 0.8. */
  readonly power?: number;
  /** Degrees of freedom of the standard error (seeds − 1); default infinite. */
  readonly degrees?: number;
}

/**
 * Minimal detectable effect: the true difference that a two-sided test would show with the wanted power,
 * (t_{1−α/2} + t_{power}) × standard error, in the units of the standard error. Range [0, ∞).
 * Source: Bloom 1995; Miller 2024, sec. 5.
 *
 * @throws MetricsError `bad-option`
 */
export function minimalDetectableEffect(standardError: number, options: PowerOptions = {}): number {
  const level = options.level ?? 0.95;
  const power = options.power ?? 0.8;
  const degrees = options.degrees ?? Number.POSITIVE_INFINITY;
  if (!(standardError >= 0 && Number.isFinite(standardError))) {
    throw new MetricsError("bad-option", `standard error is ${standardError}; it must be a number of at least 0`);
  }
  if (!(level > 0 && level < 1 && power > 0.5 && power < 1 && degrees >= 1)) {
    throw new MetricsError("bad-option", "level must lie in (0, 1), power in (0.5, 1), degrees be at least 1");
  }
  const quantile = (p: number): number =>
    Number.isFinite(degrees) ? studentQuantile(2 * p - 1, degrees) : normalQuantile(p);
  return (quantile((1 + level) / 2) + quantile(power)) * standardError;
}
