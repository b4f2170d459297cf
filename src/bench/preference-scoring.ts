/**
 * Preference scoring: how often a policy, read as a reward, prefers the side of a held-out pair that people (or the gold
 * rules) chose. The reward is the one that DPO leaves in a policy, log pi(reply) − log pi_base(reply) (Rafailov et al.
 * 2023, up to beta and a term of the prompt, which cancel within a pair). It flatters methods that train on such pairs, so it
 * is a second table beside the ranking and never the ranking.
 */
import type { SequenceScorer } from "../lm/sequence-scorer.js";
import type { PreferencePair } from "../methods/task.js";
import type { PolicyMargins } from "./jobs.js";
import type { PreparedData } from "./prepare.js";
import type { Suite } from "./suite.js";

/** Pairs a value at most: an accuracy of .7 is known to ±.11. */
export const PREFERENCE_PAIRS = 64;

export interface HeldOutPairs {
  /** Places among the value's pairs of the test split, in the order of the data. */
  readonly places: readonly number[];
  /** Content hashes of their prompts, no two alike. */
  readonly prompts: readonly string[];
  readonly pairs: readonly PreferencePair[];
}

/**
 * The same number for each value, at most `most`, spread evenly over its test pairs; of the pairs that share a prompt only the
 * first, so that the pairs of a value are as many independent ones.
 */
export function heldOutPairs(
  { pairs, testPairPrompts }: Pick<PreparedData, "pairs" | "testPairPrompts">,
  suite: Suite,
  most: number,
): HeldOutPairs[] {
  const all = suite.values.map(({ name }) => {
    const prompts = testPairPrompts[name] ?? [];
    return { name, prompts, firsts: prompts.flatMap((prompt, i) => (prompts.indexOf(prompt) === i ? [i] : [])) };
  });
  const count = Math.min(most, ...all.map(({ firsts }) => firsts.length));
  return all.map(({ name, prompts, firsts }) => {
    const places = Array.from({ length: count }, (_, i) => firsts[Math.floor((i * firsts.length) / count)] ?? 0);
    return {
      places,
      prompts: places.flatMap((place) => prompts[place] ?? []),
      pairs: places.flatMap((place) => pairs.test[name]?.[place] ?? []),
    };
  });
}

/**
 * Implicit reward of the chosen side less that of the rejected one, in nats.
 * @param pairs by value
 * @param coefficients of the mixture, one an adapter of the scorer's bank
 * @returns `[value][pair]`; null for what is not a finite number
 */
export async function preferenceMargins(
  scorer: SequenceScorer,
  pairs: readonly (readonly PreferencePair[])[],
  coefficients: readonly number[],
  signal: AbortSignal,
): Promise<PolicyMargins> {
  const rows = pairs.flat().flatMap(({ prompt, chosen, rejected }) => [
    { prompt, response: chosen, coefficients },
    { prompt, response: rejected, coefficients },
  ]);
  const rewards = (await scorer.score(rows, signal)).map(({ logProbs, baseLogProbs }) =>
    logProbs.reduce((sum, logProb, t) => sum + logProb - (baseLogProbs[t] ?? Number.NaN), 0),
  );
  let at = 0;
  return pairs.map((own) =>
    own.map(() => {
      const margin = (rewards[at] ?? Number.NaN) - (rewards[at + 1] ?? Number.NaN);
      at += 2;
      return Number.isFinite(margin) ? margin : null;
    }),
  );
}
