/**
 * A scorer reads a reply and says how much of each value it holds: the gold rules of the embedded data, or a trained
 * reward model. Judges and rewards for reinforcement learning share this one door; who may use which is the
 * protocol's business, not the scorer's.
 */

export interface ScoredText {
  readonly prompt: string;
  /** The reply alone: it is read after the prompt exactly once. */
  readonly reply: string;
  /** Whether the reply ended by itself (false: it was cut at the length limit). */
  readonly ended: boolean;
}

export interface Scorer {
  /** Column order of `score`. */
  readonly values: readonly string[];
  /** One line for a report: what judges, and how it was made. */
  describe(): string;
  /** `[item][value]` in the scorer's raw units; higher is better. A score may be NaN: callers decide what that ends. */
  score(items: readonly ScoredText[]): Promise<number[][]>;
}
