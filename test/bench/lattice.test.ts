import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { exploreGrid, simplexLattice } from "../../src/bench/lattice.js";

describe("the lattices of the protocol", () => {
  test("five points of two values, vertices first", () => {
    expect(simplexLattice("five", 2)).toEqual([
      [1, 0],
      [0, 1],
      [0.75, 0.25],
      [0.5, 0.5],
      [0.25, 0.75],
    ]);
  });
  test("eleven steps of two values", () => {
    const lattice = simplexLattice("eleven", 2);
    expect(lattice).toHaveLength(11);
    expect(new Set(lattice.map(([w]) => w)).size).toBe(11);
  });
  test("three values: vertices, edge midpoints, centre", () => {
    expect(simplexLattice("vertices-edges-centre", 3)).toHaveLength(7);
  });
  test("a lattice for two values is refused for three", () => {
    expect(() => simplexLattice("five", 3)).toThrow(RangeError);
  });
  property.prop([fc.constantFrom("vertices-edges-centre" as const), fc.integer({ min: 2, max: 6 })])(
    "every weight is at least 0 and every row sums to 1",
    (name, values) => {
      for (const weights of simplexLattice(name, values)) {
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      }
    },
  );
  property.prop([
    fc.constantFrom("cube" as const, "simplex" as const),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 300 }),
  ])("explored points lie in their region, are distinct and read back as they are written", (space, values, count) => {
    const points = exploreGrid(space, values, count);
    expect(points).toHaveLength(count);
    for (const point of points) {
      for (const x of point) expect(x >= 0 && x <= 1 && Number(x.toFixed(4)) === x).toBe(true);
      if (space === "simplex") expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
    expect(new Set(points.map(String)).size).toBe(count);
  });
  test("fewer explored points are a beginning of more", () => {
    expect(exploreGrid("cube", 3, 20).slice(0, 5)).toEqual(exploreGrid("cube", 3, 5));
  });
});
