/** A leaderboard row as a side of a comparison: all seeds of it, from its scores. */
import { summarise } from "../bench/summarise.js";
import { InputError } from "../data/errors.js";
import { basisOf } from "./add-row.js";
import { type StoredSummary, summarySchema } from "./read-run.js";
import { scoredRunOf } from "./scored-basis.js";
import type { ScoredRun } from "./scored-run.js";
import { readRow } from "./store.js";
import { fileFaults } from "./verify-row.js";

/**
 * @param source the name that messages give it
 * @throws InputError for a row that is damaged, or not the one that was added
 */
export function readRowSide(
  path: string,
  source: string,
): { readonly run: ScoredRun; readonly summary: StoredSummary } {
  const stored = readRow(path);
  const fault = fileFaults(stored)[0];
  if (fault !== undefined) throw new InputError(`${source}: ${fault}`);
  const basis = { ...basisOf(stored), source };
  return {
    run: scoredRunOf(basis),
    // Only a baseline asks for it, and it takes as long as the rest of a check.
    get summary() {
      return summarySchema.parse(summarise(basis.input));
    },
  };
}
