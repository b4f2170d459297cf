/**
 * The second table: how well each method's candidates tell held-out pairs apart (`preference-scoring.ts`). Every figure follows
 * from `preferences.csv` and `candidates.csv`; the order of their rows is of no account.
 */
import { type MethodScores, mean, type ScoredMethods, wilsonInterval } from "../metrics/index.js";
import type { PreferenceRow } from "./files/preferences.js";
import type { Estimate, RunSummary } from "./summary.js";
import type { RunTables, TableCandidate } from "./tables.js";

/** Where an accuracy stands that guessing reaches, and where it cannot rise: what the hypervolume is measured between. */
const CHANCE = 0.5;

/**
 * @param rows ids of the methods, in the order of the table
 * @param bootstrap hypervolume with interval of each, in the same order
 * @param confidence of intervals
 * @returns null where no pair was looked at
 */
export function preferenceTable(
  tables: Pick<RunTables, "values" | "seeds" | "candidates" | "preferences">,
  rows: readonly string[],
  bootstrap: (scored: ScoredMethods) => Estimate[],
  confidence: number,
): RunSummary["preferences"] {
  const { values, seeds, preferences } = tables;
  if (preferences.length === 0) return null;
  // What is drawn anew is a prompt, and with it the pairs of all values that ask it: where two values label the same pairs,
  // as in SafeRLHF, their accuracies move together; where prompts differ, as in HH and the embedded data, they do not.
  const prompts = [...new Set(preferences.map(({ prompt }) => prompt))].sort();
  const at = new Map(prompts.map((prompt, i) => [prompt, i]));
  const hits = new Map<string, Float64Array>();
  const askedOn = values.map(() => new Float64Array(prompts.length));
  for (const row of preferences) {
    const key = keyOf(row);
    const own = hits.get(key) ?? new Float64Array(values.length * prompts.length);
    hits.set(key, own);
    const v = values.indexOf(row.value);
    const p = at.get(row.prompt) ?? 0;
    own[v * prompts.length + p] = row.margin > 0 ? 1 : row.margin < 0 ? 0 : CHANCE;
    (askedOn[v] as Float64Array)[p] = 1;
  }
  const pairs = Math.min(...askedOn.map((own) => own.filter((asked) => asked === 1).length));
  const shareOf = (own: Float64Array, v: number): number =>
    mean(own.subarray(v * prompts.length, (v + 1) * prompts.length).filter((_, p) => askedOn[v]?.[p] === 1));
  const declaredOf = (method: string, seed: number): TableCandidate[] =>
    tables.candidates.filter((c) => c.method === method && c.seed === seed && c.weights !== null);
  // The front that the method reports on replies, chosen on validation, stands before this ruler too.
  const scoresOf = (name: string): MethodScores => ({
    name,
    seeds: seeds.map((seed) =>
      declaredOf(name, seed).flatMap((candidate) => {
        const own = candidate.selected ? hits.get(keyOf(candidate)) : undefined;
        return own === undefined ? [] : [own];
      }),
    ),
  });
  const present = rows.map(scoresOf).filter((row) => row.seeds.length > 0 && row.seeds.every((own) => own.length > 0));
  const volumes =
    present.length === 0
      ? []
      : bootstrap({
          methods: present,
          prompts: prompts.length,
          reference: values.map(() => CHANCE),
          sense: "max",
          center: values.map(() => CHANCE),
          scale: values.map(() => 1 - CHANCE),
          scoredOn: askedOn,
        });
  const accuracy = (method: string, k: number): Estimate | null => {
    const shares = seeds.flatMap((seed) => {
      const vertex = declaredOf(method, seed).find((c) => c.weights?.every((w, j) => w === (j === k ? 1 : 0)));
      const own = vertex === undefined ? undefined : hits.get(keyOf(vertex));
      return own === undefined ? [] : [shareOf(own, k)];
    });
    if (shares.length < seeds.length) return null;
    const value = mean(shares);
    // Over pairs: of the seeds' average, whose spread is no larger than that of one policy's.
    const { low, high } = wilsonInterval(value * pairs, pairs, confidence);
    return { value, low, high };
  };
  return {
    pairs,
    methods: present.map(({ name }, i) => ({
      method: name,
      hypervolume: volumes[i] ?? { value: 0, low: 0, high: 0 },
      accuracy: values.map((_, k) => accuracy(name, k)),
    })),
  };
}

function keyOf({ seed, method, candidate }: Pick<PreferenceRow, "seed" | "method" | "candidate">): string {
  return JSON.stringify([seed, method, candidate]);
}
