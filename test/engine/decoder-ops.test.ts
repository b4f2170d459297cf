/** The decoder's operations with kernels of their own on the CPU, held against the oracle: values and gradients. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareEngines, opInputs, opProgram } from "../../src/engine/contract/agreement.js";
import { toleranceOf } from "../../src/engine/contract/check.js";
import type { OpCase } from "../../src/engine/contract/op-case.js";
import { all, between, dim, from, oneOf, stream } from "../../src/engine/contract/operands.js";
import { openEngine } from "../../src/engine/index.js";
import { adaptedProduct } from "../../src/lm/adapted-product.js";
import { attend, segmentMask } from "../../src/lm/attention.js";
import { rmsNorm } from "../../src/lm/rms-norm.js";
import { rotation } from "../../src/lm/rotary.js";
import { engineId, openUnderTest } from "./under-test.js";

const any = (...shape: number[]) => ({ shape, domain: "any" }) as const;

const cases: readonly OpCase[] = [
  {
    name: "RMS norm",
    operands: from(all<[number, number]>(dim, dim), ([n, size]) => [any(n, 4 * size), any(4 * size)]),
    f: (x, weight) => rmsNorm(x as tf.Tensor, weight as tf.Tensor, 1e-5),
    differentiable: true,
  },
  {
    name: "rotation",
    operands: from(
      all<[number, number, number, number]>(dim, dim, dim, oneOf(2, 4, 8, 16)),
      ([rows, time, heads, half]) => [
        any(rows, time, heads * 2 * half),
        { shape: [rows, time], domain: { below: 7 } },
        { shape: [7, half], domain: "unit" },
        { shape: [7, half], domain: "unit" },
      ],
    ),
    f: (x, positions, cos, sin) => rotation(positions as tf.Tensor, cos as tf.Tensor, sin as tf.Tensor)(x as tf.Tensor),
    differentiable: false,
  },
  {
    name: "rotation's gradient",
    operands: from(all<[number, number]>(dim, dim), ([rows, heads]) => [any(rows, 5, heads * 16)]),
    f: (x) => {
      const rows = x?.shape[0] ?? 1;
      const angles = tf.reshape(tf.range(0, 40, 1, "float32"), [5, 8]);
      const positions = tf.tile(tf.tensor2d([[0, 1, 2, 1, 4]], [1, 5], "int32"), [rows, 1]);
      return rotation(positions, tf.cos(angles), tf.sin(angles))(x as tf.Tensor);
    },
    differentiable: true,
  },
  {
    name: "adapted product",
    operands: from(all<[number, number, number, number]>(between(1, 30), dim, dim, dim), ([n, inner, out, ranks]) => [
      any(n, inner),
      any(out, inner),
      any(ranks, inner),
      any(out, ranks),
    ]),
    f: (x, weight, a, b) =>
      adaptedProduct(x as tf.Tensor, weight as tf.Tensor, { a: a as tf.Tensor, b: b as tf.Tensor, scale: 0.5 }),
    differentiable: true,
  },
  {
    name: "attention",
    operands: from(
      all<[number, number, number, number]>(dim, oneOf(1, 3, 8, 16), oneOf(1, 2), dim),
      ([rows, size, group, time]) => [
        any(rows, time, 2 * group * size),
        any(rows, time, 2 * size),
        any(rows, time, 2 * size),
        { shape: [rows, time], domain: { below: 3 } },
      ],
    ),
    f: (q, k, v, segments) => {
      const headDim = (k?.shape[2] ?? 0) / 2;
      return attend(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, segmentMask(segments as tf.Tensor), headDim);
    },
    differentiable: true,
  },
];

for (const op of cases) {
  test(`${engineId} agrees with the oracle on the decoder's ${op.name}`, async () => {
    const engine = await openUnderTest();
    const oracle = await openEngine("tfjs-cpu", { threads: 1 });
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const operands = op.operands(stream(seed));
        const inputs = opInputs(operands, seed);
        const { worst, output } = await compareEngines(engine, oracle, op.name, opProgram(op, operands), inputs);
        expect(worst, `output ${output}`).toBeLessThanOrEqual(toleranceOf(engineId));
      }),
      { numRuns: 8, seed: 20 },
    );
  });
}
