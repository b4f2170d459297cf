/** Ops that reduce an axis, and those made of them. */
import * as tf from "@tensorflow/tfjs";
import type { OpCase } from "./op-case.js";
import { reduction, unary } from "./op-case.js";
import { from, one, shape } from "./operands.js";

export const reductionCases: readonly OpCase[] = [
  reduction("sum", tf.sum, "positive"),
  reduction("mean", tf.mean, "positive"),
  reduction("max", tf.max, "any"),
  reduction("min", tf.min, "any"),
  reduction("logSumExp", tf.logSumExp, "any"),
  { ...reduction("prod", tf.prod, "positive"), differentiable: false },
  {
    name: "all and any",
    operands: from(shape(1, 3), (s) => [{ shape: s, domain: { below: 2 } }]),
    f: (x) => {
      const mask = tf.cast(x as tf.Tensor, "bool");
      return tf.add(tf.cast(tf.all(mask, -1), "float32"), tf.cast(tf.any(mask, -1), "float32"));
    },
    differentiable: false,
  },
  {
    ...unary("argMax and argMin", (x) => tf.add(tf.argMax(x, -1), tf.argMin(x, 0).sum())),
    operands: one("any", 1),
    differentiable: false,
  },
  { ...unary("cumsum", (x) => tf.cumsum(x, x.rank - 1)), operands: one("positive", 1) },
  {
    ...unary("cumsum, exclusive and from the end", (x) => tf.cumsum(x, x.rank - 1, true, true)),
    operands: one("positive", 1),
  },
  { ...unary("softmax", (x) => tf.softmax(x)), operands: one("any", 1) },
  { ...unary("logSoftmax", (x) => tf.logSoftmax(x)), operands: one("any", 1) },
  { ...unary("logSoftmax along an inner axis", (x) => tf.logSoftmax(tf.transpose(x))), operands: one("any", 1) },
  {
    ...unary("moments, as layer norm takes them", (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 0.1)));
    }),
    operands: one("any", 1),
  },
  { ...unary("euclidean norm", (x) => tf.norm(x)), operands: one("any", 1) },
];
