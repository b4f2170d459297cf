/** The gold rules of the embedded data as a scorer: what judges the suites that ship, and `morlhf-gold`'s reward. */
import { goldScores, goldValues } from "../data/embedded/gold.js";
import type { Scorer } from "./scorer.js";

/** `score` rejects with InputError for a prompt that is none of the embedded data's requests. */
export function createGoldScorer(): Scorer {
  return {
    values: goldValues,
    describe: () => "gold rules of the embedded data, in [0, 1]; 0 for a text that is no valid reply",
    async score(items) {
      return items.map(({ prompt, reply, ended }) => {
        const scores = goldScores(prompt, { text: reply, ended });
        return goldValues.map((value) => scores[value]);
      });
    },
  };
}
