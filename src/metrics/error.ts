/** Why a metric could not be computed. */
export type MetricsErrorCode =
  /** points, reference, weights or matrices whose sizes do not fit each other */
  | "dimension-mismatch"
  /** a point, score or reference that is NaN or infinite */
  | "not-finite"
  /** an operation that has no value for no points */
  | "empty-set"
  /** fewer samples, seeds or units than the formula needs */
  | "too-few"
  /** an option outside its range */
  | "bad-option"
  /** the formula has no value here (a constant input under a correlation, a zero matrix under a cosine) */
  | "undefined-value";

/** Thrown by every function of this module on input that has no answer; the message says what, where and what to do. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string) {
    super(message);
    this.name = "MetricsError";
    this.code = code;
  }
}

export function fail(code: MetricsErrorCode, message: string): never {
  throw new MetricsError(code, message);
}

/** @throws MetricsError `dimension-mismatch` unless `what` has as many as expected */
export function mustEqual(found: number, expected: number | string, what: string): void {
  if (found !== expected) fail("dimension-mismatch", `${what}: ${found}, expected ${expected}`);
}

/** @throws MetricsError `empty-set` for a count of 0 */
export function mustExist(count: number, what: string): void {
  if (count === 0) fail("empty-set", `no ${what}`);
}

/** @throws MetricsError `too-few` */
export function mustReach(count: number, least: number, what: string): void {
  if (!(count >= least)) fail("too-few", `${what}: ${count}, needs at least ${least}`);
}

/** @throws MetricsError `not-finite` for NaN and infinities */
export function mustBeFinite(x: number, what: string): void {
  if (!Number.isFinite(x)) fail("not-finite", `${what} is ${x}`);
}

/** @throws MetricsError `undefined-value` for what finite input makes NaN or infinite */
export function mustStayInRange(x: number, what: string): void {
  if (!Number.isFinite(x)) fail("undefined-value", `${what} leaves the range of numbers: scale the input`);
}

/** @throws MetricsError `code` unless low < x < high; NaN and infinities never pass */
export function mustLieWithin(
  x: number,
  low: number,
  high: number,
  what: string,
  code: MetricsErrorCode = "bad-option",
): void {
  if (!(x > low && x < high)) fail(code, `${what} is ${x}; it must lie between ${low} and ${high}`);
}

/** @throws MetricsError `undefined-value` for a volume, of points that have one, that leaves the range of numbers */
export function mustBeVolume(x: number): void {
  mustLieWithin(x, 0, Number.POSITIVE_INFINITY, "a volume in these units (scale the objectives)", "undefined-value");
}

/** @throws MetricsError `bad-option` unless `value` is one of `choices` */
export function mustBeOneOf(value: unknown, choices: readonly unknown[], what: string): void {
  if (!choices.includes(value)) fail("bad-option", `${what} is ${String(value)}; it must be ${choices.join(" or ")}`);
}

/** @throws MetricsError `bad-option` unless `value` is an integer between `least` and `most` */
export function positiveInteger(value: number, name: string, least = 1, most = Number.POSITIVE_INFINITY): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    fail("bad-option", `${name} is ${value}; it must be an integer from ${least} to ${most}`);
  }
}
