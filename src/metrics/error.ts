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

/** @throws MetricsError `bad-option` unless `value` is an integer of at least `least` */
export function positiveInteger(value: number, name: string, least = 1): void {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new MetricsError("bad-option", `${name} is ${value}; it must be an integer of at least ${least}`);
  }
}
