import { studentQuantile } from "./distributions.js";
import { fail, mustLieWithin } from "./error.js";

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
  const { level = 0.95, power = 0.8, degrees = Number.POSITIVE_INFINITY } = options;
  if (!(standardError >= 0 && standardError < Number.POSITIVE_INFINITY && degrees >= 1)) {
    fail("bad-option", `standard error ${standardError} must be at least 0, degrees ${degrees} at least 1`);
  }
  mustLieWithin(level, 0, 1, "level");
  mustLieWithin(power, 0.5, 1, "power");
  return (studentQuantile(level, degrees) + studentQuantile(2 * power - 1, degrees)) * standardError;
}
