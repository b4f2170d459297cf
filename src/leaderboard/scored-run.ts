/**
 * What a comparison needs of a run: who it is, and the test scores of the candidates that validation selected. The same
 * whether it was read from a run folder or from a stored baseline.
 */
import type { ValueScale } from "../bench/selection.js";

export interface ScoredRun {
  /** The path or id that messages name. */
  readonly source: string;
  readonly identity: RunIdentity;
  /** In suite order. */
  readonly values: readonly ValueScale[];
  /** Content hashes of the test prompts, ascending. */
  readonly prompts: readonly string[];
  /** Preferences that the suite's lattice declares, one number a value, each once. */
  readonly preferences: readonly (readonly number[])[];
  /** Replicates of a bootstrap, from the suite. */
  readonly resamples: number;
  /** Ranked rows of the result table, in its order. */
  readonly methods: readonly ScoredMethod[];
}

export interface RunIdentity {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** The whole suite, as it was validated. */
  readonly suite: Readonly<Record<string, unknown>>;
  readonly suiteHash: string;
  readonly dataHash: string;
  readonly baseHash: string | null;
  readonly scorersHash: string | null;
  readonly lockHash: string | null;
  readonly seeds: readonly number[];
  readonly engine: string;
  /** Of the base's weights; absent: float32. */
  readonly basePrecision?: string;
  readonly threads: number;
  readonly packageVersion: string;
  readonly cpu: string;
  readonly commit: string | null;
}

export interface ScoredMethod {
  readonly id: string;
  readonly title: string;
  /** Ascending by seed; empty where nothing of it was scored (it failed). */
  readonly seeds: readonly MethodAtSeed[];
}

export interface MethodAtSeed {
  readonly seed: number;
  /** Candidates scored on validation. */
  readonly offered: number;
  /** At least one, ascending by name. */
  readonly selected: readonly SelectedCandidate[];
}

export interface SelectedCandidate {
  readonly name: string;
  /** `[value, prompt]` row-major, raw units, samples averaged, prompts in the run's order. */
  readonly scores: Float64Array;
}
