/**
 * The one object that every output of `compare` and `check` is made from: text, JSON, JUnit, annotations, Markdown and the
 * exit code. No words here, only what was found.
 */

/** In the order in which they are tried. */
export type Verdict = "regressed" | "improved" | "ok" | "inconclusive";

/** Of one ranked method; `value` is the index in suite order. All are signed so that more is better. */
export type Measure =
  | { readonly kind: "hypervolume" }
  /** The best selected candidate's test mean, or their mean, in units of the suite's scale. */
  | { readonly kind: "best" | "mean"; readonly value: number }
  /** The best selected candidate's weighted sum of scaled means, averaged over the stated preferences. */
  | { readonly kind: "utility" }
  /** Minus the IGD+ to the front of both runs together. */
  | { readonly kind: "igd+" };

/** What would decide an inconclusive change, all else being as it is; null where that alone cannot. */
export interface Settled {
  readonly prompts: number | null;
  readonly seeds: number | null;
}

interface Compared {
  readonly method: string;
  readonly measure: Measure;
  /** Of the baseline (A) and the run (B), averaged over seeds. */
  readonly a: number;
  readonly b: number;
  readonly verdict: Verdict;
}

/** Both sides have something to compare. */
export interface MeasuredChange extends Compared {
  readonly kind: "measured";
  /** `log-ratio`: log(B / A); `difference`: B − A in units of the suite's scale. */
  readonly unit: "log-ratio" | "difference";
  readonly change: number;
  /** One-sided bounds at 1 − alpha each, not adjusted. */
  readonly lower: number;
  readonly upper: number;
  readonly standardError: number;
  /** Positive: a change of less than it either way is none. */
  readonly margin: number;
  /** Of "not worse than the margin allows" and "not better by more than the margin", Holm-adjusted in their family. */
  readonly pRegressed: number;
  readonly pImproved: number;
  /** Only where the verdict is inconclusive. */
  readonly settled: Settled | null;
}

/** A hypervolume of zero on one side or both: a ratio has no meaning, and the shares of resamples decide. */
export interface ZeroChange extends Compared {
  readonly kind: "zero";
  readonly zero: "baseline" | "run" | "both";
}

/** It has no selected candidate in the run (regressed), in the baseline (improved), or in both (ok): it failed there. */
export interface MissingMethod {
  readonly kind: "missing";
  readonly method: string;
  readonly measure: Measure;
  /** Common seeds at which that side has nothing selected; the run's are those at which the baseline has something. */
  readonly seeds: readonly number[];
  readonly verdict: "regressed" | "improved" | "ok";
}

export type Change = MeasuredChange | ZeroChange | MissingMethod;

/** A value that may not fall by more than a limit. It can only fail; doubt holds it. */
export interface Guard {
  readonly value: string;
  readonly of: "mean" | "best";
  /** Units of the suite's scale, at least 0. */
  readonly limit: number;
}

export interface GuardResult {
  readonly kind: "guard";
  readonly guard: Guard;
  readonly method: string;
  readonly a: number;
  readonly b: number;
  readonly change: number;
  readonly lower: number;
  readonly upper: number;
  /** Holm-adjusted together with the hypervolumes. */
  readonly p: number;
  readonly failed: boolean;
}

export interface Sides {
  readonly baseline: Side;
  readonly run: Side;
}

export interface Side {
  readonly source: string;
  readonly id: string;
  readonly suite: string;
  readonly version: number;
  readonly commit: string | null;
}

export interface Settings {
  /** Share of hypervolume, in [0, 1). */
  readonly tolerance: number;
  /** Units of the suite's scale. */
  readonly valueTolerance: number;
  readonly alpha: number;
  readonly guards: readonly Guard[];
  /** Preferences that the utility is for. */
  readonly weights: readonly (readonly number[])[];
  readonly resamples: number;
}

export interface NotComparable {
  readonly kind: "not-comparable";
  readonly sides: Sides;
  /** What differs, one clause each; at least one. */
  readonly reasons: readonly string[];
}

export interface Decided {
  readonly kind: "decided";
  /** The worst over the hypervolumes of the baseline's ranked methods and the guards. */
  readonly verdict: "regressed" | "inconclusive" | "ok";
  readonly sides: Sides;
  readonly settings: Settings;
  readonly values: readonly string[];
  /** Paired on both sides. */
  readonly seeds: readonly number[];
  readonly prompts: number;
  /** What the bounds cover: the training of these very models is held fixed below three seeds. */
  readonly scope: "these trained models" | "methods";
  /** One a ranked method of the baseline, in its order. */
  readonly hypervolumes: readonly Change[];
  readonly guards: readonly GuardResult[];
  /** Other measures, for orientation: they do not decide. */
  readonly details: readonly Change[];
  readonly notices: readonly string[];
}

export type ComparisonVerdict = NotComparable | Decided;

/** 0 ok · 1 regressed · 2 not comparable · 3 inconclusive, or 1 where that is to fail. */
export function exitCodeFor(
  verdict: ComparisonVerdict,
  failOn: "regressed" | "inconclusive" = "regressed",
): 0 | 1 | 2 | 3 {
  if (verdict.kind === "not-comparable") return 2;
  switch (verdict.verdict) {
    case "ok":
      return 0;
    case "regressed":
      return 1;
    case "inconclusive":
      return failOn === "inconclusive" ? 1 : 3;
    default:
      return verdict.verdict satisfies never;
  }
}
