/**
 * The scores of a run in memory, as its files hold them: everything a summary is computed from, and nothing else.
 */
import type { CandidateRow } from "./files/candidates.js";
import type { PreferenceRow } from "./files/preferences.js";
import type { ScoredSplit } from "./files/scores.js";

export type { ScoredSplit };

export interface TablePrompt {
  readonly key: string;
  readonly split: ScoredSplit;
  /** The value whose data it comes from, or `all`. */
  readonly source: string;
}

/** A row of `candidates.csv` with its scores. */
export interface TableCandidate extends CandidateRow {
  /** `[value, prompt]` row-major, raw units, samples averaged; absent where the split was not scored. */
  readonly scores: Readonly<Partial<Record<ScoredSplit, Float64Array>>>;
}

export interface RunTables {
  readonly values: readonly string[];
  readonly seeds: readonly number[];
  readonly prompts: Readonly<Record<ScoredSplit, readonly TablePrompt[]>>;
  readonly candidates: readonly TableCandidate[];
  /** Of candidates that declare a preference, on held-out pairs; empty where none were looked at. */
  readonly preferences: readonly PreferenceRow[];
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
