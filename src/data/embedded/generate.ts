/**
 * The generator of the embedded data set: requests, two replies to each, and a Bradley–Terry label from a rating of one
 * value. The same arguments give the same rows.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { Pair } from "../pair.js";
import { type Split, splitOf, splits } from "../split.js";
import { type GoldScores, type GoldValue, goldValues, scoreReply } from "./gold.js";
import { categories } from "./lexicon.js";
import { type Reply, writeReply } from "./reply.js";
import { actionNames, type Request, topicOf, writeRequest } from "./request.js";
import { replySampler, sampleRequest, type Topic, topics } from "./sampler.js";

export interface GeneratorOptions {
  readonly seed: number;
  /** In [0, 1]: how much the values share (see `replySampler`). */
  readonly entanglement: number;
  readonly pairsPerValue: Readonly<Record<Split, number>>;
  /**
   * Whether each pair of replies is labelled for all values, as PKU-SafeRLHF's are, or for one. What several values are learnt
   * from is then the same texts.
   */
  readonly sharedPairs: boolean;
  /**
   * In [0, 1]: how much a rater of one value is swayed by the other values (halo effect, Thorndike 1920). A reply is rated by
   * gold of the value asked for + halo · the sum of gold of the others; scores are gold alone whatever the halo.
   */
  readonly halo: number;
  /** k of P(first chosen) = σ(k · (rating of the first − rating of the second)). */
  readonly sharpness: number;
}

export interface GeneratedPair extends Pair {
  readonly value: GoldValue;
  readonly split: Split;
  readonly topic: string;
}

export const generatorDefaults: Omit<GeneratorOptions, "entanglement"> = {
  seed: 20260,
  sharedPairs: false,
  halo: 0,
  pairsPerValue: { train: 4000, scorer: 400, validation: 200, test: 300 },
  sharpness: 10,
};

/** Of the 64 topics, twelve are held out for test: each action and each category in at least one, and in others trained. */
export function isHeldOut({ action, category }: Topic): boolean {
  const row = actionNames.indexOf(action);
  const diagonal = (categories.indexOf(category) + 3 * row) % 8;
  return diagonal === 0 || (diagonal === 4 && row % 2 === 0);
}

// Test prompts come from held-out topics, all others from the rest by the hash of the prompt.
const shares = { train: 0.8, scorer: 0.1, validation: 0.1, test: 0 };

/** Rows by split; within a split the values take turns. No prompt occurs twice, or each once a value where pairs are shared. */
export function generatePairs(options: GeneratorOptions): readonly GeneratedPair[] {
  const random = xoroshiro128plus(options.seed);
  const sampleReply = replySampler(options.entanglement);
  const used = new Set<string>();
  const rows: GeneratedPair[] = [];
  for (const split of splits) {
    for (let index = 0; index < options.pairsPerValue[split]; index += 1) {
      for (const labelled of options.sharedPairs ? [goldValues] : goldValues.map((value) => [value])) {
        const request = newRequest(random, split, used);
        const [first, second] = samplePair(random, request, labelled, sampleReply);
        for (const value of labelled) {
          const ratingOf = (reply: Reply) => rating(scoreReply(request, reply), value, options.halo);
          const odds = options.sharpness * (ratingOf(first) - ratingOf(second));
          const firstWins = uniformFloat64(random) < 1 / (1 + Math.exp(-odds));
          const [chosen, rejected] = firstWins ? [first, second] : [second, first];
          rows.push({
            value,
            prompt: writeRequest(request),
            chosen: writeReply(request, chosen),
            rejected: writeReply(request, rejected),
            split,
            topic: topicOf(request),
          });
        }
      }
    }
  }
  return rows;
}

/** What a rater asked for one value says of a reply. */
function rating(gold: GoldScores, value: GoldValue, halo: number): number {
  const others = goldValues.filter((other) => other !== value).reduce((sum, other) => sum + gold[other], 0);
  return gold[value] + halo * others;
}

function newRequest(random: RandomGenerator, split: Split, used: Set<string>): Request {
  const open = topics.filter((topic) => isHeldOut(topic) === (split === "test"));
  for (;;) {
    const topic = open[uniformInt(random, 0, open.length - 1)];
    if (topic === undefined) continue;
    const request = sampleRequest(random, topic);
    const prompt = writeRequest(request);
    if (used.has(prompt) || (split !== "test" && splitOf(prompt, shares) !== split)) continue;
    used.add(prompt);
    return request;
  }
}

/** Two replies that each of the values tells apart: a label between equals would be a coin's. */
function samplePair(
  random: RandomGenerator,
  request: Request,
  values: readonly GoldValue[],
  sampleReply: ReturnType<typeof replySampler>,
) {
  for (;;) {
    const pair = [sampleReply(random, request), sampleReply(random, request)] as const;
    const [first, second] = [scoreReply(request, pair[0]), scoreReply(request, pair[1])];
    if (values.every((value) => first[value] !== second[value])) return pair;
  }
}

/** The rows as CSV, as `datasets/` holds them. */
export function writeCsv(rows: readonly GeneratedPair[]): string {
  const columns = ["value", "prompt", "chosen", "rejected", "split", "topic"] as const;
  const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
  return [columns.join(","), ...rows.map((row) => columns.map((column) => field(row[column])).join(","))]
    .join("\n")
    .concat("\n");
}
