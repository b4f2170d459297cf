import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attainment, attainmentSurface, MetricsError, nondominated, paretoRanks } from "../../src/metrics/index.js";
import { normals, seeded } from "./generator.js";
import { anyPoints, law, pointsOf } from "./laws.js";
import { covers, dominates, paretoIndices, type Rows } from "./twins.js";

const sets = anyPoints({ max: 40, dimensions: 6 });
const few = fc.integer({ min: 1, max: 5 }).chain((d) => pointsOf(fc.integer({ min: 0, max: 2 }), d, { max: 80 }));

describe("non-dominated filter", () => {
  for (const [name, points] of [
    ["real and tied coordinates", sets],
    ["many ties and duplicates, past the sizes of every special case", few],
  ] as const) {
    law(`equals brute force: ${name}`, [points], (set) => {
      expect([...nondominated(set, { sense: "min" })]).toEqual(paretoIndices(set));
    });

    law(`keeps the weakly non-dominated where asked: ${name}`, [points], (set) => {
      const expected = set.flatMap((p, i) => (set.some((q) => q.every((x, k) => x < (p[k] as number))) ? [] : [i]));
      expect([...nondominated(set, { sense: "min", keep: "weakly" })]).toEqual(expected);
    });

    law(`keeps the first of equal points where asked: ${name}`, [points], (set) => {
      const expected = paretoIndices(set).filter((i) => set.findIndex((q) => String(q) === String(set[i])) === i);
      expect([...nondominated(set, { sense: "min", duplicates: "first" })]).toEqual(expected);
    });
  }

  law("of maximised points is that of their negatives", [sets], (set) => {
    const negated = set.map((p) => p.map((x) => -x));
    expect(nondominated(negated, { sense: "max" })).toEqual(nondominated(set, { sense: "min" }));
  });

  test("equals brute force on large random sets and fronts", () => {
    const generator = seeded(7);
    for (const d of [2, 3, 4]) {
      for (const onFront of [false, true]) {
        const set = Array.from({ length: 900 }, () => {
          const p = normals(generator, d).map(Math.abs);
          const length = onFront ? Math.sqrt(p.reduce((s, x) => s + x * x, 0)) : 1;
          return p.map((x) => 1 - x / length);
        });
        expect([...nondominated(set, { sense: "min" })]).toEqual(paretoIndices(set));
        expect([...nondominated(set, { sense: "min", keep: "weakly" })]).toEqual(paretoIndices(set));
      }
    }
  });

  test("unknown options are errors", () => {
    expect(() => nondominated([[1]], { sense: "min", keep: "all" as "weakly" })).toThrow(MetricsError);
    expect(() => nondominated([[1]], { sense: "min", duplicates: "none" as "keep" })).toThrow(MetricsError);
  });
});

describe("ranking", () => {
  law("peels one front after the other", [fc.oneof(sets, few)], (set) => {
    const expected = new Array<number>(set.length).fill(-1);
    for (let rank = 0, left = set.map((_, i) => i); left.length > 0; rank++) {
      const front = left.filter((i) => !left.some((j) => dominates(set[j] as number[], set[i] as number[])));
      for (const i of front) expected[i] = rank;
      left = left.filter((i) => !front.includes(i));
    }
    expect([...paretoRanks(set, { sense: "min" })]).toEqual(expected);
  });

  law("of maximised points is that of their negatives", [sets], (set) => {
    expect(
      paretoRanks(
        set.map((p) => p.map((x) => -x)),
        { sense: "max" },
      ),
    ).toEqual(paretoRanks(set, { sense: "min" }));
  });
});

describe("attainment", () => {
  const runs = fc
    .integer({ min: 1, max: 3 })
    .chain((d) => fc.array(pointsOf(fc.integer({ min: 0, max: 4 }), d, { max: 5 }), { minLength: 1, maxLength: 5 }));

  /** All goals with coordinates that occur, attained by at least `level` runs; the non-dominated of them, once. */
  function plain(sets: readonly Rows[], level: number): number[][] {
    const d = Math.max(...sets.map((set) => set[0]?.length ?? 0));
    const axes = Array.from({ length: d }, (_, k) =>
      [...new Set(sets.flat().map((p) => p[k] as number))].sort((a, b) => a - b),
    );
    let goals: number[][] = d === 0 ? [] : [[]];
    for (const axis of axes) goals = goals.flatMap((g) => axis.map((x) => [...g, x]));
    const attained = goals.filter((g) => sets.filter((set) => set.some((p) => covers(p, g))).length >= level);
    return attained.filter((g) => !attained.some((h) => dominates(h, g)));
  }

  law("surface equals the enumeration of all goals", [runs, fc.nat()], (sets, by) => {
    const level = 1 + (by % sets.length);
    expect(attainmentSurface(sets, { sense: "min", level })).toEqual(plain(sets, level));
  });

  law("every goal of the k-th surface is attained by at least k runs", [runs, fc.nat()], (sets, by) => {
    const level = 1 + (by % sets.length);
    const negated = sets.map((set) => set.map((p) => p.map((x) => -x)));
    for (const goal of attainmentSurface(negated, { sense: "max", level })) {
      const expected =
        sets.filter((set) =>
          set.some((p) =>
            covers(
              p,
              goal.map((x) => -x),
            ),
          ),
        ).length / sets.length;
      expect(attainment(negated, goal, { sense: "max" })).toBe(expected);
      expect(expected).toBeGreaterThanOrEqual(level / sets.length);
    }
  });

  law("level 1 is the front of the union", [runs], (sets) => {
    const union = sets.flat();
    const front = new Set(paretoIndices(union).map((i) => String(union[i])));
    expect(new Set(attainmentSurface(sets, { sense: "min", level: 1 }).map(String))).toEqual(front);
  });

  test("levels that no run count has are errors", () => {
    expect(() => attainmentSurface([[[1, 2]]], { sense: "min", level: 2 })).toThrow(/level is 2/);
    expect(() => attainmentSurface([], { sense: "min", level: 1 })).toThrow(/no runs/);
    expect(() => attainment([], [1], { sense: "min" })).toThrow(/no runs/);
    expect(attainmentSurface([[[0, 1]]], { sense: "max", level: 1 })).toEqual([[0, 1]]);
  });
});
