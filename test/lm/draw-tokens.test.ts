import { fc, test } from "@fast-check/vitest";
import { afterAll, describe, expect } from "vitest";
import type { Engine, Executable } from "../../src/engine/index.js";
import { float32 } from "../../src/engine/index.js";
import { drawTokens, MOST_NOISE } from "../../src/lm/draw-tokens.js";
import { drawToken } from "../../src/lm/sampling.js";
import { ENGINES, openTestEngine } from "./engines.js";

const ROWS = 64;
/** One block and less, blocks that fill the vocabulary, blocks that do not. */
const SIZES = [1, 3, 16, 64, 97, 970];

async function compileDraw(engine: Engine, size: number): Promise<Executable> {
  return engine.compile(
    "draw",
    ({ inputs }) => {
      const { probabilities, noise } = inputs;
      if (!probabilities || !noise) throw new Error("drawing needs probabilities and noise");
      const { token, total, probability } = drawTokens(probabilities, noise);
      return { outputs: { token, total, probability: probability() } };
    },
    {
      inputs: {
        probabilities: { dtype: "float32", shape: [ROWS, size] },
        noise: { dtype: "float32", shape: [ROWS, 1] },
      },
    },
  );
}

for (const id of ENGINES) {
  describe(`drawing in a program on ${id}`, async () => {
    const engine = await openTestEngine(id);
    const programs = new Map<number, Executable>();
    for (const size of SIZES) programs.set(size, await compileDraw(engine, size));
    afterAll(() => {
      for (const program of programs.values()) program.dispose();
      engine.dispose();
    });

    test.prop([fc.constantFrom(...SIZES), fc.integer({ min: 0, max: 2 ** 30 })], { numRuns: 40 })(
      "inverts the running sum as the host does, and never draws an impossible token",
      async (size, seed) => {
        // Mostly zeros, whose places are where a rounding may not lead.
        const weight = (i: number): number => {
          const bits = Math.imul(i + seed, 0x9e3779b1) >>> 7;
          return bits % 4 === 0 ? (bits % 1009) / 1009 : 0;
        };
        const data = new Float32Array(ROWS * size);
        const probabilities = float32([ROWS, size], data);
        const noise = float32([ROWS, 1]);
        for (let row = 0; row < ROWS; row++) {
          const own = Array.from({ length: size }, (_, i) => weight(row * size + i) + (i === row % size ? 0.01 : 0));
          const sum = own.reduce((total, p) => total + p, 0);
          for (let i = 0; i < size; i++) data[row * size + i] = (own[i] ?? 0) / sum;
          noise.data[row] = row === 0 ? 0 : row === 1 ? MOST_NOISE : row / ROWS + 0.3 / ROWS;
        }
        const outputs = await programs.get(size)?.run({ probabilities, noise });
        for (let row = 0; row < ROWS; row++) {
          const token = outputs?.token?.data[row] ?? -1;
          const start = row * size;
          const before = data.subarray(start, start + token).reduce((sum, p) => sum + p, 0);
          const own = data[start + token] ?? 0;
          expect(own).toBeGreaterThan(0);
          expect(before).toBeLessThanOrEqual((noise.data[row] ?? 0) + 1e-5);
          expect(before + own).toBeGreaterThanOrEqual((noise.data[row] ?? 0) - 1e-5);
          expect(outputs?.probability?.data[row]).toBe(own);
          expect(outputs?.total?.data[row]).toBeCloseTo(1, 5);
          const host = drawToken(data, start, size, 1, noise.data[row] ?? 0);
          if (
            Math.abs(before - (noise.data[row] ?? 0)) > 1e-5 &&
            Math.abs(before + own - (noise.data[row] ?? 0)) > 1e-5
          ) {
            expect(token).toBe(host);
          }
        }
      },
    );

    test("says of a row, and of no other, that a probability is not a number", async () => {
      const size = 97;
      const probabilities = float32([ROWS, size], new Float32Array(ROWS * size).fill(1 / size));
      probabilities.data[3 * size + 50] = Number.NaN;
      const noise = float32([ROWS, 1], new Float32Array(ROWS).fill(0.5));
      const outputs = await programs.get(size)?.run({ probabilities, noise });
      expect([...(outputs?.total?.data ?? [])].map(Number.isFinite)).toEqual(
        Array.from({ length: ROWS }, (_, row) => row !== 3),
      );
      expect(outputs?.token?.data[4]).toBe(48);
    });
  });
}
