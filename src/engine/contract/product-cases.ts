/** Products of matrices, as they stand and as attention uses them. */
import * as tf from "@tensorflow/tfjs";
import type { OpCase } from "./op-case.js";
import type { Operands } from "./operands.js";
import { all, dim, fixed, from, listOf } from "./operands.js";

const matrices = (transposeA: boolean, transposeB: boolean): Operands =>
  from(all<[number[], number, number, number]>(listOf(dim, 0, 2), dim, dim, dim), ([batch, n, k, m]) => [
    { shape: [...batch, ...(transposeA ? [k, n] : [n, k])], domain: "any" as const },
    { shape: [...batch, ...(transposeB ? [m, k] : [k, m])], domain: "any" as const },
  ]);

export const productCases: readonly OpCase[] = [
  ...([false, true] as const).flatMap((transposeA) =>
    ([false, true] as const).map(
      (transposeB): OpCase => ({
        name: `matMul${transposeA ? ", left transposed" : ""}${transposeB ? ", right transposed" : ""}`,
        operands: matrices(transposeA, transposeB),
        f: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
        differentiable: true,
      }),
    ),
  ),
  ...[3, 5].map(
    (rows): OpCase => ({
      name: `matMul, left transposed, a long sum to ${rows} rows`,
      operands: fixed({ shape: [1024, rows], domain: "any" }, { shape: [1024, 4], domain: "any" }),
      f: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, true, false),
      differentiable: true,
    }),
  ),
  {
    name: "attention with heads split and joined by transposes",
    operands: from(all<[number, number, number, number]>(dim, dim, dim, dim), ([batch, time, heads, size]) =>
      [0, 1, 2].map(() => ({ shape: [batch * time, heads * size], domain: "any" as const })),
    ),
    f: (...qkv) => {
      const [rows, width] = (qkv[0] as tf.Tensor).shape as [number, number];
      const [time, heads] = [[3, 2, 1].find((n) => rows % n === 0) ?? 1, [3, 2, 1].find((n) => width % n === 0) ?? 1];
      const [q, k, v] = qkv.map((x) =>
        tf.reshape(tf.transpose(tf.reshape(x, [rows / time, time, heads, width / heads]), [0, 2, 1, 3]), [
          (rows / time) * heads,
          time,
          width / heads,
        ]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const attended = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
      const joined = tf.transpose(tf.reshape(attended, [rows / time, heads, time, width / heads]), [0, 2, 1, 3]);
      return tf.reshape(joined, [rows, width]);
    },
    differentiable: true,
  },
  {
    name: "fused matMul with bias and relu",
    operands: fixed({ shape: [3, 4], domain: "any" }, { shape: [4, 5], domain: "any" }, { shape: [5], domain: "any" }),
    f: (a, b, bias) =>
      tf.fused.matMul({
        a: a as tf.Tensor2D,
        b: b as tf.Tensor2D,
        transposeA: false,
        transposeB: false,
        bias: bias as tf.Tensor,
        activation: "relu",
      }),
    differentiable: true,
  },
  {
    name: "einsum",
    operands: fixed({ shape: [2, 3, 4], domain: "any" }, { shape: [2, 4, 5], domain: "any" }),
    f: (a, b) => tf.einsum("bij,bjk->bik", a as tf.Tensor, b as tf.Tensor),
    differentiable: false,
  },
];
