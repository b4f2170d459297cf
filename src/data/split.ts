/**
 * Splits by hash of the normalised prompt (PROTOCOL §1): a prompt lies in one split for all values, whatever else is
 * in the data and in whatever order it comes.
 */
import { createHash } from "node:crypto";
import type { Pair } from "./pair.js";

export const splits = ["train", "scorer", "validation", "test"] as const;

/**
 * train: methods and SFT · scorer: reward models that judge · validation: selection · test: reporting.
 */
export type Split = (typeof splits)[number];

/** Shares of the four splits; not negative, not all zero (they need not add up to one). */
export type Proportions = Readonly<Record<Split, number>>;

export const hhProportions: Proportions = { train: 0.5, scorer: 0.25, validation: 0.1, test: 0.15 };

export function isSplit(name: string): name is Split {
  return (splits as readonly string[]).includes(name);
}

/** Two prompts that differ only in case, white space or Unicode form count as the same prompt. */
export function normalisePrompt(prompt: string): string {
  return prompt.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** The prompt's place in [0, 1): the first 48 bits of SHA-256 of the normalised prompt. */
export function promptFraction(prompt: string): number {
  const digest = createHash("sha256").update(normalisePrompt(prompt)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** @throws RangeError when the proportions are negative, not finite, or all zero */
export function splitOf(prompt: string, proportions: Proportions = hhProportions): Split {
  const shares = splits.map((split) => proportions[split]);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!Number.isFinite(total) || total <= 0 || shares.some((share) => share < 0)) {
    throw new RangeError(`split proportions must be at least 0 and not all 0: ${shares.join("/")}`);
  }
  const fraction = promptFraction(prompt) * total;
  let edge = 0;
  let last: Split = "train";
  for (const split of splits) {
    if (proportions[split] === 0) continue;
    edge += proportions[split];
    last = split;
    if (fraction < edge) return split;
  }
  // Only rounding of the running sum leads here.
  return last;
}

/** The split of each pair: what the data says, else the hash of its prompt. */
export function splitPairs(
  pairs: readonly Pair[],
  proportions: Proportions = hhProportions,
): Readonly<Record<Split, readonly Pair[]>> {
  const out: Record<Split, Pair[]> = { train: [], scorer: [], validation: [], test: [] };
  for (const pair of pairs) out[pair.split ?? splitOf(pair.prompt, proportions)].push(pair);
  return out;
}
