import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { PairShape } from "../../src/lm/pairs.js";
import { batchOrder, fewShapes, shapeFor, tightShape } from "../../src/methods/batches.js";

const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
const take = (order: Generator<number[]>, count: number): number[][] =>
  Array.from({ length: count }, () => order.next().value as number[]);

test.prop([lengths, fc.integer({ min: 1, max: 9 }), fc.integer()])(
  "the order is the same for the same lengths, batch size and seed",
  (lengths, size, seed) => {
    expect(take(batchOrder(lengths, size, seed), 12)).toEqual(take(batchOrder(lengths, size, seed), 12));
  },
);

test.prop([lengths, fc.integer({ min: 1, max: 9 }), fc.integer()])(
  "over whole windows every row is read equally often, give or take one",
  (lengths, size, seed) => {
    // A window is as many batches as the data holds, at least one, at most 32.
    const batches = 3 * Math.max(1, Math.min(32, Math.floor(lengths.length / size)));
    const reads = new Map<number, number>();
    for (const row of take(batchOrder(lengths, size, seed), batches).flat()) reads.set(row, (reads.get(row) ?? 0) + 1);
    const counts = lengths.map((_, row) => reads.get(row) ?? 0);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(batches * size);
  },
);

test("rows of a batch have similar lengths, and long batches do not come last", () => {
  const lengths = Array.from({ length: 512 }, (_, i) => 10 + ((i * 37) % 200));
  const batches = take(batchOrder(lengths, 16, 3), 64);
  const spread = (rows: number[]) => {
    const own = rows.map((row) => lengths[row] ?? 0);
    return Math.max(...own) - Math.min(...own);
  };
  const mean = batches.reduce((sum, rows) => sum + spread(rows), 0) / batches.length;
  // A batch drawn at random spreads over 177 on average.
  expect(mean).toBeLessThan(40);
  const longest = batches.map((rows) => Math.max(...rows.map((row) => lengths[row] ?? 0)));
  expect(longest).not.toEqual([...longest].sort((a, b) => a - b));
});

const shape = fc.record({
  rows: fc.integer({ min: 1, max: 16 }),
  length: fc.integer({ min: 1, max: 256 }),
  selected: fc.integer({ min: 1, max: 2000 }),
});
const cost = ({ rows, length, selected }: PairShape) => 100 * rows * length + 30 * selected;

test.prop([fc.array(shape, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 6 })])(
  "few shapes are few, and hold every shape they were made of at no less than its cost",
  (shapes, limit) => {
    const chosen = fewShapes(shapes, limit, cost);
    expect(chosen.length).toBeLessThanOrEqual(limit);
    for (const needed of shapes) {
      const fit = shapeFor(needed, chosen, cost);
      expect(chosen).toContainEqual(fit);
      expect(fit.rows >= needed.rows && fit.length >= needed.length && fit.selected >= needed.selected).toBe(true);
    }
  },
);

test("a shape that saves less than its worth is given up, one that saves more is not", () => {
  const shapes = [
    { rows: 1, length: 16, selected: 64 },
    { rows: 1, length: 32, selected: 64 },
  ];
  const saved = (100 * 16) / (100 * (16 + 32) + 2 * 30 * 64);
  expect(fewShapes(shapes, 6, cost, saved + 0.01)).toEqual([shapes[1]]);
  expect(fewShapes(shapes, 6, cost, saved - 0.01)).toEqual(shapes);
});

test("a tight shape holds its pairs, in steps of 16 columns and 64 predicted tokens", () => {
  const row = (prompt: number, chosen: number, rejected: number) => ({
    prompt: new Int32Array(prompt),
    chosen: new Int32Array(chosen),
    rejected: new Int32Array(rejected),
  });
  expect(tightShape([row(3, 4, 5), row(10, 6, 1)])).toEqual({ rows: 2, length: 32, selected: 64 });
  expect(tightShape([row(3, 40, 24)], 1)).toEqual({ rows: 1, length: 80, selected: 128 });
});

test("a shape that none holds is used as it is", () => {
  const needed = { rows: 4, length: 300, selected: 10 };
  expect(shapeFor(needed, [{ rows: 4, length: 256, selected: 100 }], cost)).toEqual(needed);
});
