import { describe, expect, test } from "vitest";
import type { PreferenceRow } from "../../src/bench/files/preferences.js";
import { summarise } from "../../src/bench/summarise.js";
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

/** Margins +1 on the first `right` of 100 pairs of a value, −1 on the rest. */
function withPreferences(
  input: ReturnType<typeof planted>,
  right: (candidate: number, value: number, seed: number) => number,
) {
  const { tables } = input;
  const preferences = tables.candidates
    .filter(({ method }) => method === "x")
    .flatMap(({ seed, method, candidate, weights }) =>
      tables.values.flatMap((value, v) =>
        Array.from({ length: 100 }, (_, i): PreferenceRow => {
          const at = weights?.[0] === 1 ? 0 : 1;
          return { seed, method, candidate, value, pair: i, margin: i < right(at, v, seed) ? 1 : -1 };
        }),
      ),
    );
  return summarise({ ...input, tables: { ...tables, preferences } });
}

describe("preference scoring, a table beside the ranking", () => {
  test("is null where no pair was looked at", () => {
    expect(summarise(planted()).preferences).toBeNull();
  });

  test("accuracy is that of the candidate all of whose weight is on the value; hypervolume is of shares above one half", () => {
    const input = planted();
    const vertices = input.tables.candidates.filter(({ method }) => method === "x").map(({ weights }) => weights);
    expect(vertices).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const { preferences } = withPreferences(input, (candidate, value) => (candidate === value ? 90 : 60));
    expect(preferences?.pairs).toBe(100);
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

  test("seeds are averaged, and the ranking does not change by it", () => {
    const input = planted([1, 2, 3]);
    const summary = withPreferences(input, (candidate, value, seed) => (candidate === value ? 60 + 10 * seed : 50));
    expect(summary.preferences?.methods[0]?.accuracy[0]?.value).toBeCloseTo(0.8, 12);
    expect({ ...summary, preferences: null }).toEqual(summarise(input));
  });
});
