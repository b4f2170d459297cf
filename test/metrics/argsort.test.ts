import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argsort, denseRanks, lexicographicOrder } from "../../src/metrics/argsort.js";
import { OrderedSet } from "../../src/metrics/ordered-set.js";
import { seeded } from "./generator.js";
import { law } from "./laws.js";

const plain = (keys: ArrayLike<number>): number[] =>
  Array.from({ length: keys.length }, (_, i) => i).sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);

/** Keys of every kind of closeness: ties, equal upper halves, subnormals, both signs, huge. */
const KINDS: Record<string, (u: number) => number> = {
  uniform: (u) => u - 0.5,
  ties: (u) => Math.floor(10 * u) - 5,
  "short ties": (u) => Math.floor(3000 * u) - 1000,
  "equal upper halves": (u) => -1 - u * 1e-12,
  "equal upper halves, above 0": (u) => 1 + Math.floor(u * 1000) * 2 ** -50,
  subnormal: (u) => Math.floor(9 * u) * 5e-324 - 2e-323,
  huge: (u) => (u - 0.5) * 1e300,
  "many magnitudes": (u) => (u < 0.5 ? -1 : 1) * 10 ** (600 * u - 300),
};

describe("argsort", () => {
  for (const [name, key] of Object.entries(KINDS)) {
    test(`orders keys stably, small and large: ${name}`, () => {
      const generator = seeded(name.length);
      for (const n of [0, 1, 2, 31, 32, 33, 34, 700, 4095, 4096, 4097, 20_000]) {
        const keys = Float64Array.from({ length: n }, () => key((generator.next() >>> 0) / 4294967296) + 0);
        const expected = plain(keys);
        expect(argsort(keys).findIndex((at, i) => at !== expected[i])).toBe(-1);
      }
    });
  }

  law("orders small arrays stably", [fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 })], (keys) => {
    expect(Array.from(argsort(Float64Array.from(keys, (x) => x + 0)))).toEqual(plain(keys));
  });

  law(
    "ranks and lexicographic order follow their definitions",
    [
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
        { maxLength: 40 },
      ),
    ],
    (rows) => {
      const data = Float64Array.from(rows.flat());
      for (const first of [0, 2]) {
        const expected = rows
          .map((_, i) => i)
          .sort((a, b) => {
            const [p, q] = [rows[a] as number[], rows[b] as number[]];
            const key = (r: number[]): number[] => [r[first] as number, ...r];
            for (let k = 0; k < 4; k++)
              if (key(p)[k] !== key(q)[k]) return (key(p)[k] as number) - (key(q)[k] as number);
            return a - b;
          });
        expect(Array.from(lexicographicOrder(data, 3, rows.length, first))).toEqual(expected);
      }
      const keys = Float64Array.from(rows, ([x]) => x);
      const distinct = [...new Set(keys)].sort((a, b) => a - b);
      const ranks = denseRanks(keys, argsort(keys));
      expect(ranks.distinct).toBe(distinct.length);
      expect(Array.from(ranks.rank)).toEqual(Array.from(keys, (x) => distinct.indexOf(x)));
    },
  );
});

describe("ordered set", () => {
  law(
    "insert, delete, floor and ceiling are those of a plain set, over one, two, three and four levels",
    [
      fc
        .constantFrom(1, 31, 32, 33, 1023, 1024, 1025, 40_000)
        .chain((size) =>
          fc.tuple(
            fc.constant(size),
            fc.array(
              fc.tuple(
                fc.constantFrom("insert", "delete", "floor", "ceiling"),
                fc.oneof(fc.nat({ max: size - 1 }), fc.nat({ max: Math.min(size - 1, 70) })),
              ),
              { maxLength: 60 },
            ),
          ),
        ),
    ],
    ([size, steps]) => {
      const set = new OrderedSet(size);
      const twin = new Set<number>();
      for (const [what, at] of steps) {
        if (what === "insert") {
          set.insert(at);
          twin.add(at);
        } else if (what === "delete") {
          set.delete(at);
          twin.delete(at);
        } else if (what === "floor") expect(set.floor(at)).toBe(Math.max(-1, ...[...twin].filter((x) => x <= at)));
        else {
          const above = [...twin].filter((x) => x >= at);
          expect(set.ceiling(at)).toBe(above.length === 0 ? -1 : Math.min(...above));
        }
      }
    },
  );
});
