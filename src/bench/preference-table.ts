/** The second table: how well each method's candidates tell held-out pairs apart (`preference-scoring.ts`). */
import { type MethodScores, mean, wilsonInterval } from "../metrics/index.js";
import type { PreferenceRow } from "./files/preferences.js";
import type { Estimate, RunSummary } from "./summary.js";
import type { RunTables } from "./tables.js";

/** Where an accuracy stands that guessing reaches, and where it cannot rise: what the hypervolume is measured between. */
const CHANCE = 0.5;

/**
 * @param rows ids of the methods, in the order of the table
 * @param bootstrap hypervolume with interval of each, of points in [0, 1] above 0
 * @param confidence of intervals
 * @returns null where no pair was looked at
 */
export function preferenceTable(
  tables: Pick<RunTables, "values" | "seeds" | "candidates" | "preferences">,
  rows: readonly string[],
  bootstrap: (methods: readonly MethodScores[], pairs: number) => Estimate[],
  confidence: number,
): RunSummary["preferences"] {
  const { values, seeds, preferences } = tables;
  if (preferences.length === 0) return null;
  const hits = new Map<string, number[]>();
  for (const row of preferences) {
    const key = keyOf(row);
    const own = hits.get(key) ?? [];
    own.push(row.margin > 0 ? 1 : row.margin < 0 ? 0 : CHANCE);
    hits.set(key, own);
  }
  const pairs = Math.min(...[...hits.values()].map((own) => own.length));
  const declaredOf = (method: string, seed: number) =>
    tables.candidates.filter((c) => c.method === method && c.seed === seed && c.weights !== null);
  const hitsOf = (seed: number, method: string, candidate: string) =>
    values.map((value) => hits.get(keyOf({ seed, method, candidate, value }))?.slice(0, pairs));
  const points = (method: string): Float64Array[][] =>
    seeds.map((seed) =>
      declaredOf(method, seed).flatMap(({ candidate }) => {
        const found = hitsOf(seed, method, candidate);
        if (found.some((own) => own === undefined)) return [];
        return [
          Float64Array.from(
            found.flatMap((own) => own ?? []),
            (hit) => (hit - CHANCE) / (1 - CHANCE),
          ),
        ];
      }),
    );
  const present = rows
    .map((id) => ({ id, points: points(id) }))
    .filter((row) => row.points.length > 0 && row.points.every((own) => own.length > 0));
  const volumes = bootstrap(
    present.map(({ id, points: seedPoints }) => ({ name: id, seeds: seedPoints })),
    pairs,
  );
  const accuracy = (method: string, k: number): Estimate | null => {
    const perSeed = seeds.map((seed) => {
      const vertex = declaredOf(method, seed).find((c) => c.weights?.every((w, j) => w === (j === k ? 1 : 0)));
      return vertex === undefined ? undefined : hitsOf(seed, method, vertex.candidate)[k];
    });
    const found = perSeed.filter((own) => own !== undefined);
    if (found.length < seeds.length) return null;
    const value = mean(found.map((own) => mean(own)));
    // Over pairs: of the seeds' average, whose spread is no larger than that of one policy's.
    const { low, high } = wilsonInterval(value * pairs, pairs, confidence);
    return { value, low, high };
  };
  return {
    pairs,
    methods: present.map(({ id }, i) => ({
      method: id,
      hypervolume: volumes[i] ?? { value: 0, low: 0, high: 0 },
      accuracy: values.map((_, k) => accuracy(id, k)),
    })),
  };
}

function keyOf({
  seed,
  method,
  candidate,
  value,
}: Pick<PreferenceRow, "seed" | "method" | "candidate" | "value">): string {
  return JSON.stringify([seed, method, candidate, value]);
}
