import fc from "fast-check";
import { expect, test } from "vitest";
import { DeviceError } from "../../src/engine/device-error.js";
import { FittingRows } from "../../src/engine/fitting-rows.js";

const noMemory = () => new DeviceError("f: no memory left", "memory");

test("every item is done once and in order, in parts that fit, whatever the memory holds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(40),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      async (n, wanted, holds) => {
        const lines: string[] = [];
        const fitting = new FittingRows({ id: "webgpu", say: (line) => lines.push(line) }, "rows");
        const done: number[] = [];
        await fitting.inParts(
          Array.from({ length: n }, (_, i) => i),
          wanted,
          async (part) => {
            if (part.length > holds) throw noMemory();
            expect(part.length).toBeLessThanOrEqual(wanted);
            done.push(...part);
          },
        );
        expect(done).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(lines.length > 0).toBe(Math.min(n, wanted) > holds);
      },
    ),
  );
});

test("it says how many rows it goes on with, in one line, and keeps to them", async () => {
  const lines: string[] = [];
  const fitting = new FittingRows({ id: "cuda", say: (line) => lines.push(line) }, "replies");
  expect(fitting.halve(noMemory(), 64)).toBe(true);
  expect(lines).toEqual(["replies: the memory of cuda does not hold 64 rows at once; going on with 32"]);
  expect([fitting.of(64), fitting.of(8)]).toEqual([32, 8]);
});

test("another error, a lost device, and the last row are not its business", async () => {
  const fitting = new FittingRows({ id: "webgpu" }, "rows", 2);
  for (const error of [new Error("no"), new DeviceError("gone", "lost")]) {
    await expect(
      fitting.inParts([1, 2, 3], 3, async () => {
        throw error;
      }),
    ).rejects.toBe(error);
  }
  expect(fitting.halve(noMemory(), 2)).toBe(false);
  expect(new FittingRows({ id: "webgpu" }, "rows").halve(noMemory(), 1)).toBe(false);
});

test("an engine that was told how many rows gets no more, and never fewer than a call must have", () => {
  expect(new FittingRows({ id: "cpu", maxRows: 4 }, "rows").of(16)).toBe(4);
  expect(new FittingRows({ id: "cpu", maxRows: 1 }, "rows", 2).of(16)).toBe(2);
  expect(new FittingRows(undefined, "rows").of(16)).toBe(16);
});
