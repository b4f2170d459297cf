/** The decoder's operations with kernels of their own on the CPU, held against the oracle: values and gradients. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { adaptedProduct } from "../../src/lm/adapted-product.js";
import { attend, segmentMask } from "../../src/lm/attention.js";
import { rmsNorm } from "../../src/lm/rms-norm.js";
import { rotate } from "../../src/lm/rotary.js";
import { compareWithOracle, opInputs, opProgram } from "./contract.js";
import type { OpCase } from "./op-cases.js";
import { engineId, openUnderTest, tolerance } from "./under-test.js";

const dim = fc.integer({ min: 1, max: 5 });
const any = (...shape: number[]) => ({ shape, domain: "any" }) as const;

const cases: readonly OpCase[] = [
  {
    name: "RMS norm",
    operands: fc.tuple(dim, dim).map(([n, size]) => [any(n, 4 * size), any(4 * size)]),
    f: (x, weight) => rmsNorm(x as tf.Tensor, weight as tf.Tensor, 1e-5),
    differentiable: true,
  },
  {
    name: "rotation",
    operands: fc
      .tuple(dim, dim, dim, fc.constantFrom(2, 4, 8, 16))
      .map(([rows, time, heads, half]) => [
        any(rows, time, heads * 2 * half),
        { shape: [rows, time], domain: { below: 7 } },
        { shape: [7, half], domain: "unit" },
        { shape: [7, half], domain: "unit" },
      ]),
    f: (x, positions, cos, sin) => rotate(x as tf.Tensor, positions as tf.Tensor, cos as tf.Tensor, sin as tf.Tensor),
    differentiable: false,
  },
  {
    name: "rotation's gradient",
    operands: fc.tuple(dim, dim).map(([rows, heads]) => [any(rows, 5, heads * 16)]),
    f: (x) => {
      const rows = x?.shape[0] ?? 1;
      const angles = tf.reshape(tf.range(0, 40, 1, "float32"), [5, 8]);
      const positions = tf.tile(tf.tensor2d([[0, 1, 2, 1, 4]], [1, 5], "int32"), [rows, 1]);
      return rotate(x as tf.Tensor, positions, tf.cos(angles), tf.sin(angles));
    },
    differentiable: true,
  },
  {
    name: "adapted product",
    operands: fc
      .tuple(fc.integer({ min: 1, max: 30 }), dim, dim, dim)
      .map(([n, inner, out, ranks]) => [any(n, inner), any(out, inner), any(ranks, inner), any(out, ranks)]),
    f: (x, weight, a, b) =>
      adaptedProduct(x as tf.Tensor, weight as tf.Tensor, { a: a as tf.Tensor, b: b as tf.Tensor, scale: 0.5 }),
    differentiable: true,
  },
  {
    name: "attention",
    operands: fc
      .tuple(dim, dim, fc.constantFrom(1, 2))
      .map(([rows, size, group]) => [
        any(rows, 2, group * 6, size),
        any(rows, 2, 6, size),
        any(rows, 2, 6, size),
        { shape: [rows, 6], domain: { below: 3 } },
      ]),
    f: (q, k, v, segments) =>
      attend(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, segmentMask(segments as tf.Tensor)),
    differentiable: true,
  },
];

for (const op of cases) {
  test(`${engineId} agrees with the oracle on the decoder's ${op.name}`, async () => {
    const engine = await openUnderTest();
    await fc.assert(
      fc.asyncProperty(op.operands, fc.nat(), async (operands, seed) => {
        const program = opProgram(op, operands);
        const { worst, output } = await compareWithOracle(engine, op.name, program, opInputs(operands, seed));
        expect(worst, `output ${output}`).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 8, seed: 20 },
    );
  });
}
