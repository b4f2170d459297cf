/** What `mva-bench data inspect PATH` shows: a model of a data set, without any formatting. */
import { dataHash } from "./hash.js";
import { formatPrompt, formatReply } from "./layout.js";
import type { DropCounts, Pair } from "./pair.js";
import { type PairSet, type ReadOptions, readPairs } from "./read.js";
import { hhProportions, normalisePrompt, type Proportions, type Split, splitPairs } from "./split.js";

/** 0, 10, 50, 90, 99 and 100 % of a list of lengths (nearest rank). */
export interface Quantiles {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Conflict {
  readonly values: readonly [string, string];
  /** Pairs (same prompt, same two replies) that carry a label for both values. */
  readonly shared: number;
  /** Of those, how many the two values label oppositely. */
  readonly opposed: number;
}

export interface Inspection {
  readonly path: string;
  readonly files: readonly string[];
  readonly hash: string;
  readonly pairs: number;
  readonly values: readonly {
    readonly value: string;
    readonly pairs: Readonly<Record<Split, number>>;
    readonly distinctPrompts: Readonly<Record<Split, number>>;
    /** Share of pairs whose chosen reply is the longer one (ties count half). */
    readonly chosenLonger: number;
    readonly dropped: DropCounts;
  }[];
  /** Distinct prompts over all values. */
  readonly distinctPrompts: Readonly<Record<Split, number>>;
  readonly dropped: DropCounts;
  /** In characters, or in the unit of `lengthOf`. */
  readonly lengths: { readonly prompt: Quantiles; readonly reply: Quantiles; readonly whole: Quantiles };
  readonly conflicts: readonly Conflict[];
}

export interface InspectOptions extends ReadOptions {
  readonly proportions?: Proportions;
}

/** @throws InputError as `readPairs` does */
export async function inspectData(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const set = await readPairs(path, options);
  return { path, hash: await dataHash(path), ...inspectPairs(set, options) };
}

export function inspectPairs(set: PairSet, options: InspectOptions = {}): Omit<Inspection, "path" | "hash"> {
  const lengthOf = options.lengthOf ?? ((prompt, reply) => formatPrompt(prompt).length + formatReply(reply).length);
  const bySplit = splitPairs(set.pairs, options.proportions ?? hhProportions);
  const perSplit = (count: (pairs: readonly Pair[]) => number): Record<Split, number> => ({
    train: count(bySplit.train),
    scorer: count(bySplit.scorer),
    validation: count(bySplit.validation),
    test: count(bySplit.test),
  });
  return {
    files: set.files,
    pairs: set.pairs.length,
    values: set.values.map((value) => {
      const own = set.pairs.filter((pair) => pair.value === value);
      const longer = own.reduce(
        (sum, { chosen, rejected }) => sum + (Math.sign(chosen.length - rejected.length) + 1) / 2,
        0,
      );
      return {
        value,
        pairs: perSplit((pairs) => pairs.filter((pair) => pair.value === value).length),
        distinctPrompts: perSplit((pairs) => distinct(pairs.filter((pair) => pair.value === value))),
        chosenLonger: longer / own.length,
        dropped: set.droppedByValue[value] ?? set.dropped,
      };
    }),
    distinctPrompts: perSplit(distinct),
    dropped: set.dropped,
    lengths: {
      prompt: quantiles(set.pairs.map((pair) => lengthOf(pair.prompt, ""))),
      reply: quantiles(set.pairs.flatMap((pair) => [lengthOf("", pair.chosen), lengthOf("", pair.rejected)])),
      whole: quantiles(
        set.pairs.flatMap((pair) => [lengthOf(pair.prompt, pair.chosen), lengthOf(pair.prompt, pair.rejected)]),
      ),
    },
    conflicts: conflictsOf(set),
  };
}

function distinct(pairs: readonly Pair[]): number {
  return new Set(pairs.map((pair) => normalisePrompt(pair.prompt))).size;
}

export function quantiles(lengths: readonly number[]): Quantiles {
  const sorted = [...lengths].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function conflictsOf(set: PairSet): readonly Conflict[] {
  const labels = new Map<string, Map<string, string>>();
  for (const { value, prompt, chosen, rejected } of set.pairs) {
    const key = JSON.stringify([prompt, ...[chosen, rejected].sort()]);
    const byValue = labels.get(key) ?? new Map<string, string>();
    labels.set(key, byValue.set(value, chosen));
  }
  return set.values.flatMap((first, index) =>
    set.values.slice(index + 1).map((second) => {
      let shared = 0;
      let opposed = 0;
      for (const byValue of labels.values()) {
        const [a, b] = [byValue.get(first), byValue.get(second)];
        if (a === undefined || b === undefined) continue;
        shared += 1;
        if (a !== b) opposed += 1;
      }
      return { values: [first, second] as const, shared, opposed };
    }),
  );
}
