/**
 * The scores of a run in memory, as its files hold them: everything a summary is computed from, and nothing else.
 */
import type { ScoredSplit } from "./files/scores.js";

export type { ScoredSplit };

export interface TablePrompt {
  readonly key: string;
  readonly split: ScoredSplit;
  /** The value whose data it comes from, or `all`. */
  readonly source: string;
}

export interface TableCandidate {
  readonly seed: number;
  /** Row of the result table: a method, a variant, or `<id>@grid`. */
  readonly method: string;
  readonly candidate: string;
  /** The declared preference; `null` for explored points and the base. */
  readonly weights: readonly number[] | null;
  /** Mixing coefficients; `null` where nothing is mixed. */
  readonly coefficients: readonly number[] | null;
  readonly selected: boolean;
  /** Nats a reply, test split; `null` where it was not scored on test. */
  readonly kl: number | null;
  /** Share of test replies; `null` likewise. */
  readonly broken: number | null;
  /** `[value, prompt]` row-major, raw units, samples averaged; absent where the split was not scored. */
  readonly scores: Readonly<Partial<Record<ScoredSplit, Float64Array>>>;
}

export interface RunTables {
  readonly values: readonly string[];
  readonly seeds: readonly number[];
  readonly prompts: Readonly<Record<ScoredSplit, readonly TablePrompt[]>>;
  readonly candidates: readonly TableCandidate[];
}

/** Mean of each value over prompts. */
export function meansOf(scores: Float64Array, values: number): number[] {
  const prompts = scores.length / values;
  return Array.from({ length: values }, (_, v) => {
    let sum = 0;
    for (let p = 0; p < prompts; p++) sum += scores[v * prompts + p] ?? Number.NaN;
    return sum / prompts;
  });
}
