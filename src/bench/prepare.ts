/**
 * From a suite's data to what training and scoring need: tokenised pairs by value, training prompts, and the prompts
 * that every candidate answers. Deterministic: equal data and suite give equal bytes in every worker and run.
 */
import { setImmediate } from "node:timers/promises";
import type { Pair, Split } from "../data/index.js";
import { formatPrompt, formatReply, InputError, promptHash, promptTokens, splitPairs } from "../data/index.js";
import { trainBpe } from "../lm/bpe.js";
import { Tokenizer } from "../lm/tokenizer.js";
import type { PreferencePair, TrainingPrompt } from "../methods/task.js";
import { vocabularyOf } from "./broken.js";
import type { Suite } from "./suite.js";

export interface EvaluationPrompt {
  /** Content hash: the prompt's name in every file. */
  readonly key: string;
  readonly text: string;
  readonly tokens: Int32Array;
  /** The value whose data it comes from. */
  readonly source: string;
}

export interface PreparedData {
  /** Tokenised pairs by split and value. */
  readonly pairs: Readonly<Record<Split, Readonly<Record<string, readonly PreferencePair[]>>>>;
  /** Content hashes of the prompts of `pairs.test`, in its order, by value. */
  readonly testPairPrompts: Readonly<Record<string, readonly string[]>>;
  /** The training split's prompts, each once. */
  readonly trainingPrompts: readonly TrainingPrompt[];
  readonly evaluation: { readonly validation: readonly EvaluationPrompt[]; readonly test: readonly EvaluationPrompt[] };
  /** Every word of the data, lower-cased: what a reply may be made of. */
  readonly vocabulary: readonly string[];
  /** Pairs left out because prompt or reply has too many tokens. */
  readonly overLong: number;
}

/** Pairs a value that a judge is trained on and measured on. */
const FEWEST_JUDGED = 2;

/** Pairs looked at between two turns of the event loop: a signal or a key must not wait for a whole data set. */
const pairsPerTurn = 256;

async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** A byte-level BPE from the training split only. @throws the signal's reason */
export async function trainTokenizer(pairs: readonly Pair[], suite: Suite, signal: AbortSignal): Promise<Tokenizer> {
  const train = splitPairs(pairs, suite.data.splits).train;
  const texts: string[] = [];
  const seen = new Set<string>();
  for (const pair of train) {
    if (!seen.has(pair.prompt)) {
      seen.add(pair.prompt);
      texts.push(formatPrompt(pair.prompt));
    }
    texts.push(formatReply(pair.chosen), formatReply(pair.rejected));
  }
  await breathe(signal);
  return new Tokenizer(trainBpe(texts, { vocabSize: suite.base.vocabSize }));
}

/**
 * @throws InputError when a value has no training pairs, a judge too few, or there are no prompts to score on; the signal's reason
 */
export async function prepareData(
  pairs: readonly Pair[],
  extraPrompts: readonly { readonly split: "validation" | "test"; readonly prompt: string }[],
  suite: Suite,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<PreparedData> {
  const values = suite.values.map((value) => value.name);
  const eos = tokenizer.eosId;
  if (eos === null) throw new InputError("the tokenizer has no end-of-text token; a policy could never end a reply");
  const promptIds = new Map<string, Int32Array>();
  const encodePrompt = (prompt: string): Int32Array => {
    const known = promptIds.get(prompt);
    if (known !== undefined) return known;
    const ids = promptTokens(tokenizer, prompt);
    promptIds.set(prompt, ids);
    return ids;
  };
  const encodeReply = (reply: string) => Int32Array.from([...tokenizer.encodeContinuation(formatReply(reply)), eos]);

  let overLong = 0;
  let looked = 0;
  const out = emptySplits(values);
  const testPairPrompts = Object.fromEntries(values.map((value): [string, string[]] => [value, []]));
  const sources = new Map<string, { split: Split; value: string }>();
  const trainingPrompts = new Map<string, TrainingPrompt>();
  const bySplit = splitPairs(pairs, suite.data.splits);
  for (const split of ["train", "scorer", "validation", "test"] as const) {
    for (const pair of bySplit[split]) {
      looked += 1;
      if (looked % pairsPerTurn === 0) await breathe(signal);
      const list = out[split][pair.value];
      if (list === undefined) continue;
      if (split === "train" && list.length >= (suite.data.maxPairsPerValue ?? Number.POSITIVE_INFINITY)) continue;
      const prompt = encodePrompt(pair.prompt);
      const chosen = encodeReply(pair.chosen);
      const rejected = encodeReply(pair.rejected);
      const longest = Math.max(chosen.length, rejected.length);
      if (prompt.length > suite.data.maxPromptTokens || longest > suite.data.maxReplyTokens) {
        overLong += 1;
        continue;
      }
      list.push({ prompt, chosen, rejected });
      if (split === "test") testPairPrompts[pair.value]?.push(promptHash(pair.prompt));
      if (!sources.has(pair.prompt)) sources.set(pair.prompt, { split, value: pair.value });
      if (split === "train" && !trainingPrompts.has(pair.prompt)) {
        trainingPrompts.set(pair.prompt, { text: pair.prompt, tokens: prompt, key: promptHash(pair.prompt) });
      }
    }
  }
  for (const value of values) {
    if (out.train[value]?.length === 0) {
      throw new InputError(
        `no training pairs for the value "${value}" within ${suite.data.maxPromptTokens} prompt and ${suite.data.maxReplyTokens} reply tokens; raise data.maxPromptTokens or data.maxReplyTokens, or add data`,
      );
    }
  }
  if (suite.scorers.kind !== "gold") {
    for (const value of values) {
      const count = out.scorer[value]?.length ?? 0;
      if (count >= FEWEST_JUDGED) continue;
      throw new InputError(
        `the scorer split has ${count} pairs for the value "${value}", and a judge needs at least ${FEWEST_JUDGED}; raise data.splits.scorer, or add data`,
      );
    }
  }
  const evaluation = (split: "validation" | "test", wanted: number): EvaluationPrompt[] => {
    const candidates: EvaluationPrompt[] = [];
    const add = (text: string, source: string) => {
      const tokens = encodePrompt(text);
      if (tokens.length <= suite.data.maxPromptTokens) candidates.push({ key: promptHash(text), text, tokens, source });
    };
    const extra = extraPrompts.filter((entry) => entry.split === split);
    for (const entry of extra) add(entry.prompt, "all");
    if (extra.length === 0) {
      for (const [text, place] of sources) if (place.split === split) add(text, place.value);
    }
    const chosen = balanced(candidates, wanted);
    if (chosen.length === 0) throw new InputError(`no ${split} prompts in this data; add data or change data.splits`);
    return chosen;
  };
  const vocabulary = new Set<string>();
  for (const [i, pair] of pairs.entries()) {
    if (i % pairsPerTurn === 0) await breathe(signal);
    for (const word of vocabularyOf([pair.prompt, pair.chosen, pair.rejected])) vocabulary.add(word);
  }
  return {
    pairs: out,
    testPairPrompts,
    trainingPrompts: [...trainingPrompts.values()],
    evaluation: {
      validation: evaluation("validation", suite.evaluation.validationPrompts),
      test: evaluation("test", suite.evaluation.testPrompts),
    },
    vocabulary: [...vocabulary],
    overLong,
  };
}

/** At most `wanted` prompts, taken in turn from each source, in order of their hashes. */
function balanced(prompts: readonly EvaluationPrompt[], wanted: number): EvaluationPrompt[] {
  const bySource = new Map<string, EvaluationPrompt[]>();
  const unique = new Map(prompts.map((prompt) => [prompt.key, prompt]));
  const sorted = [...unique.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const prompt of sorted) {
    const list = bySource.get(prompt.source) ?? [];
    list.push(prompt);
    bySource.set(prompt.source, list);
  }
  const lists = [...bySource.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, list]) => list);
  const chosen: EvaluationPrompt[] = [];
  for (let round = 0; chosen.length < Math.min(wanted, sorted.length); round++) {
    for (const list of lists) {
      const prompt = list[round];
      if (prompt !== undefined && chosen.length < wanted) chosen.push(prompt);
    }
  }
  return chosen;
}

function emptySplits(values: readonly string[]): Record<Split, Record<string, PreferencePair[]>> {
  const empty = () => Object.fromEntries(values.map((value): [string, PreferencePair[]] => [value, []]));
  return { train: empty(), scorer: empty(), validation: empty(), test: empty() };
}
