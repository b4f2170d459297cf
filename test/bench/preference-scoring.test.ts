import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { heldOutPairs, preferenceMargins } from "../../src/bench/preference-scoring.js";
import type { PreparedData } from "../../src/bench/prepare.js";
import { loadSuite } from "../../src/bench/suite.js";
import type { ScoredRow, SequenceScorer } from "../../src/lm/sequence-scorer.js";
import type { PreferencePair } from "../../src/methods/task.js";

const suite = loadSuite("smoke");
const pair = (id: number): PreferencePair => ({
  prompt: Int32Array.of(id),
  chosen: Int32Array.of(id, 1),
  rejected: Int32Array.of(id, 2, 3),
});

/** Says of each token t of a reply that the policy gives it −t nats, the base half of that. */
const scorer = (spoil: (row: ScoredRow) => number = () => 0) =>
  ({
    score: async (rows: readonly ScoredRow[]) =>
      rows.map((row) => ({
        logProbs: Float32Array.from(row.response, (token) => -token + spoil(row)),
        baseLogProbs: Float32Array.from(row.response, (token) => -token / 2),
        kl: 0,
      })),
  }) as unknown as SequenceScorer;

describe("which pairs", () => {
  /** Pair i of a value asks prompt `promptOf(i)`. */
  const dataOf = (counts: readonly number[], promptOf: (i: number) => number = (i) => i) => {
    const byValue = <T>(of: (i: number, value: string) => T) =>
      Object.fromEntries(
        suite.values.map(({ name }, k) => [name, Array.from({ length: counts[k] ?? 0 }, (_, i) => of(i, name))]),
      );
    return {
      pairs: { test: byValue(pair) },
      testPairPrompts: byValue((i, value) => `${value}${promptOf(i)}`),
    } as unknown as PreparedData;
  };

  test("as many of each value as the value with the fewest has, none twice, in order, spread from the first to near the last", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 128 }),
        (counts, most) => {
          const held = heldOutPairs(dataOf(counts), suite, most);
          const wanted = Math.min(most, ...counts);
          for (const [k, { places, prompts, pairs }] of held.entries()) {
            const all = counts[k] ?? 0;
            expect(places).toHaveLength(wanted);
            expect(pairs.map(({ prompt }) => prompt[0])).toEqual([...places]);
            expect(prompts).toEqual(places.map((place) => `${suite.values[k]?.name}${place}`));
            expect(new Set(places).size).toBe(wanted);
            expect(places).toEqual([...places].sort((a, b) => a - b));
            if (wanted > 0) expect(places.at(-1)).toBeGreaterThanOrEqual(all - Math.ceil(all / wanted));
          }
        },
      ),
    );
  });

  test("of pairs that share a prompt only the first", () => {
    const held = heldOutPairs(
      dataOf([9, 9, 9], (i) => Math.floor(i / 3)),
      suite,
      64,
    );
    for (const { places } of held) expect(places).toEqual([0, 3, 6]);
  });
});

describe("margins", () => {
  const signal = new AbortController().signal;

  test("are the log-ratio of the chosen side less that of the rejected, in the order of values and pairs", async () => {
    const margins = await preferenceMargins(scorer(), [[pair(5), pair(7)], [pair(9)]], [1], signal);
    // chosen: −(id + 1)/2; rejected: −(id + 2 + 3)/2
    expect(margins).toEqual([[2, 2], [2]]);
  });

  test("of sides that the policy moves as the base does are 0; turned round they change sign", async () => {
    const turned = { prompt: pair(1).prompt, chosen: pair(1).rejected, rejected: pair(1).chosen };
    const same = { ...pair(1), rejected: pair(1).chosen };
    expect(await preferenceMargins(scorer(), [[turned, same]], [1], signal)).toEqual([[-2, 0]]);
  });

  test("that are no numbers are null, and spoil no other pair", async () => {
    const spoiled = scorer(({ response }) => (response[0] === 7 ? Number.NaN : 0));
    expect(await preferenceMargins(spoiled, [[pair(5), pair(7)], [pair(9)]], [1], signal)).toEqual([[2, null], [2]]);
  });
});
