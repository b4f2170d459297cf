import fc from "fast-check";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import type { PreferenceRow } from "../../src/bench/files/preferences.js";
import { summarise } from "../../src/bench/summarise.js";
import { accelerationOf, bcaInterval } from "../../src/metrics/index.js";
import { uniformIndex } from "../../src/metrics/random.js";
import { plant } from "./planted-run.js";

const points = [
  [0.8, 0.3],
  [0.3, 0.8],
] as const;
const planted = (seeds?: readonly number[]) =>
  plant({
    rows: [
      { id: "x", points },
      { id: "y", points },
    ],
    ...(seeds === undefined ? {} : { seeds }),
  });

const PAIRS = 100;
type Planted = ReturnType<typeof planted>;
/** 1 where candidate 0 or 1 (the vertices of value 0 and 1) prefers the chosen side. */
type Hit = (candidate: number, value: number, pair: number, seed: number) => 0 | 1;

/** Rows of method x alone. @param promptOf by default every pair of a value has a prompt of its own, and no value shares any */
function rowsOf(
  { tables }: Planted,
  hit: Hit,
  promptOf: (value: number, pair: number) => string = (value, pair) => `${value}/${pair}`,
): PreferenceRow[] {
  return tables.candidates
    .filter(({ method }) => method === "x")
    .flatMap(({ seed, method, candidate, weights }) =>
      tables.values.flatMap((value, v) =>
        Array.from({ length: PAIRS }, (_, pair): PreferenceRow => {
          const margin = hit(weights?.[0] === 1 ? 0 : 1, v, pair, seed) === 1 ? 1 : -1;
          return { seed, method, candidate, value, pair, prompt: promptOf(v, pair), margin };
        }),
      ),
    );
}

function withPreferences(
  input: Planted,
  preferences: readonly PreferenceRow[],
  selected?: (weights: 0 | 1) => boolean,
) {
  const candidates =
    selected === undefined
      ? input.tables.candidates
      : input.tables.candidates.map((c) =>
          c.method === "x" ? { ...c, selected: selected(c.weights?.[0] === 1 ? 0 : 1) } : c,
        );
  return summarise({ ...input, tables: { ...input.tables, candidates, preferences } });
}

/** The first `right` of the pairs of a value. */
const firsts =
  (right: (candidate: number, value: number, seed: number) => number): Hit =>
  (candidate, value, pair, seed) =>
    pair < right(candidate, value, seed) ? 1 : 0;

/** Hits thrown by coins, the same for the same arguments. */
function thrown(seed: number, chance: number): Hit {
  const random = xoroshiro128plus(seed);
  const table = Array.from({ length: 4 * PAIRS }, () => (uniformInt(random, 1, 100) <= chance ? 1 : 0));
  return (candidate, value, pair) => table[(2 * candidate + value) * PAIRS + pair] ?? 0;
}

const width = ({ low, high }: { low: number; high: number } = { low: 0, high: 0 }) => high - low;

describe("preference scoring, a table beside the ranking", () => {
  test("is null where no pair was looked at", () => {
    expect(summarise(planted()).preferences).toBeNull();
  });

  test("accuracy is that of the candidate all of whose weight is on it; hypervolume is of shares above one half", () => {
    const input = planted();
    const rows = rowsOf(
      input,
      firsts((candidate, value) => (candidate === value ? 90 : 60)),
    );
    const { preferences } = withPreferences(input, rows);
    expect(preferences?.pairs).toBe(PAIRS);
    expect(preferences?.methods.map(({ method }) => method)).toEqual(["x"]);
    const [x] = preferences?.methods ?? [];
    expect(x?.accuracy.map((found) => found?.value)).toEqual([0.9, 0.9]);
    // points (.8, .2) and (.2, .8) after the half is taken away and the rest stretched to 1
    expect(x?.hypervolume.value).toBeCloseTo(0.8 * 0.2 + 0.2 * 0.6, 10);
    for (const found of x?.accuracy ?? []) {
      expect(found?.low).toBeLessThan(0.9);
      expect(found?.low).toBeGreaterThan(0.8);
      expect(found?.high).toBeLessThan(0.96);
    }
  });

  test("hypervolume is of the candidates that validation selected; accuracy is of the vertices all the same", () => {
    const input = planted();
    const rows = rowsOf(
      input,
      firsts((candidate, value) => (candidate === value ? 90 : 60)),
    );
    const [x] = withPreferences(input, rows, (vertex) => vertex === 0).preferences?.methods ?? [];
    expect(x?.hypervolume.value).toBeCloseTo(0.8 * 0.2, 10);
    expect(x?.accuracy.map((found) => found?.value)).toEqual([0.9, 0.9]);
  });

  test("seeds are averaged, and the ranking does not change by it", () => {
    const input = planted([1, 2, 3]);
    const rows = rowsOf(
      input,
      firsts((candidate, value, seed) => (candidate === value ? 60 + 10 * seed : 50)),
    );
    const summary = withPreferences(input, rows);
    expect(summary.preferences?.methods[0]?.accuracy[0]?.value).toBeCloseTo(0.8, 12);
    expect({ ...summary, preferences: null }).toEqual(summarise(input));
  });

  test("does not depend on the order of rows", () => {
    const input = planted();
    const rows = rowsOf(input, thrown(3, 70));
    const whole = withPreferences(input, rows).preferences;
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(withPreferences(input, shuffled).preferences).toEqual(whole);
      }),
      { numRuns: 5 },
    );
  });

  test("equals its slow twin: prompts drawn one by one, shares counted pair by pair, areas as sums of rectangles", () => {
    const input = planted();
    // The first half of the prompts is asked for both values, the rest for one.
    const promptOf = (value: number, pair: number) => (pair < PAIRS / 2 ? `shared/${pair}` : `${value}/${pair}`);
    for (const seed of [1, 2, 3]) {
      const rows = rowsOf(input, thrown(seed, 75), promptOf);
      const found = withPreferences(input, rows).preferences?.methods[0]?.hypervolume;
      const twin = slowTwin(rows, input.tables.values, input.statistics);
      expect(found?.value).toBeCloseTo(twin.value, 12);
      expect(found?.low).toBeCloseTo(twin.low, 12);
      expect(found?.high).toBeCloseTo(twin.high, 12);
    }
  });

  test("an interval knows that values which label the same pairs move together, and that others do not", () => {
    const input = planted();
    const same: Hit = (_, __, pair) => (pair % 10 < 3 ? 0 : 1);
    // Where one value is wrong the other is right.
    const opposed: Hit = (_, value, pair) => (Math.floor((pair % 10) / 3) === value ? 0 : 1);
    const shared = (_: number, pair: number) => `shared/${pair}`;
    const widthOf = (hit: Hit, prompts?: (value: number, pair: number) => string) =>
      width(withPreferences(input, rowsOf(input, hit, prompts)).preferences?.methods[0]?.hypervolume);
    const apart = widthOf(same);
    // The variance of a product of two shares: twice as much where both are one share, less where they make up for each other.
    expect(widthOf(same, shared) / apart).toBeGreaterThan(1.2);
    expect(widthOf(opposed, shared) / widthOf(opposed)).toBeLessThan(0.9);
  });
});

function slowTwin(
  rows: readonly PreferenceRow[],
  values: readonly string[],
  { resamples, confidence }: { readonly resamples: number; readonly confidence: number },
): { value: number; low: number; high: number } {
  const prompts = [...new Set(rows.map(({ prompt }) => prompt))].sort();
  const candidates = [...new Set(rows.map(({ candidate }) => candidate))];
  const areaOf = (drawn: readonly string[]): number => {
    const corners = candidates.map((candidate) =>
      values.map((value) => {
        const hits = drawn.flatMap((prompt) =>
          rows
            .filter((row) => row.prompt === prompt && row.candidate === candidate && row.value === value)
            .map(({ margin }): number => (margin > 0 ? 1 : 0)),
        );
        return Math.max(0, (hits.reduce((sum, hit) => sum + hit, 0) / hits.length - 0.5) / 0.5);
      }),
    );
    // Two rectangles at the origin: their areas less what they share.
    const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = corners;
    return a * b + c * d - Math.min(a, c) * Math.min(b, d);
  };
  const generator = xoroshiro128plus(20260101);
  const estimate = areaOf(prompts);
  const replicates = Array.from({ length: resamples }, () =>
    areaOf(prompts.map(() => prompts[uniformIndex(generator, prompts.length)] ?? "")),
  );
  const without = prompts.map((left) => areaOf(prompts.filter((prompt) => prompt !== left)));
  const { low, high } = bcaInterval(estimate, replicates, accelerationOf(without), confidence);
  return { value: estimate, low, high };
}
