/** Ops that move elements and compute nothing. */
import * as tf from "@tensorflow/tfjs";
import type { OpCase } from "./op-case.js";
import { binary, unary } from "./op-case.js";
import { fixed, from, one, shape } from "./operands.js";

const reversed = (rank: number) => Array.from({ length: rank }, (_, i) => rank - 1 - i);

export const shapeCases: readonly OpCase[] = [
  unary("reshape", (x) => tf.reshape(tf.mul(x, 2), [-1])),
  unary("expandDims and squeeze", (x) => tf.squeeze(tf.expandDims(tf.expandDims(x, 0), -1))),
  unary("transpose", (x) => tf.transpose(x, reversed(x.rank))),
  { ...unary("transpose twice", (x) => tf.transpose(tf.transpose(x))), operands: one("any", 1) },
  binary("concat after broadcasting", (a, b) => tf.concat([tf.add(a, tf.mul(b, 0)), tf.add(b, tf.mul(a, 0))], 0)),
  binary("stack after broadcasting", (a, b) => tf.stack([tf.add(a, tf.mul(b, 0)), tf.add(b, tf.mul(a, 0))], 1)),
  {
    ...unary("unstack", (x) => tf.unstack(x, 0).reduce((sum, row, i) => tf.add(sum, tf.mul(row, i + 1)))),
    operands: from(shape(1, 3), (s) => [{ shape: [3, ...s], domain: "any" }]),
  },
  {
    name: "split",
    operands: fixed({ shape: [3, 6, 2], domain: "any" }),
    f: (x) => {
      const [a, b] = tf.split(x as tf.Tensor, [2, 4], 1) as [tf.Tensor, tf.Tensor];
      const [c, d] = tf.split(b, 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.add(tf.mul(a, 2), tf.mul(c, d));
    },
    differentiable: true,
  },
  {
    ...unary("slice", (x) =>
      tf.slice(
        x,
        x.shape.map((n) => Math.floor(n / 2)),
        x.shape.map(() => -1),
      ),
    ),
    operands: one("any", 1),
  },
  {
    ...unary("stridedSlice", (x) =>
      tf.stridedSlice(
        x,
        x.shape.map(() => 0),
        [...x.shape],
        x.shape.map(() => 2),
      ),
    ),
    operands: one("any", 1),
    differentiable: false,
  },
  { ...unary("reverse", (x) => tf.reverse(x, 0)), operands: one("any", 1) },
  {
    ...unary("pad", (x) =>
      tf.pad(
        x,
        x.shape.map((_, i) => [i % 2, 1] as [number, number]),
        0.5,
      ),
    ),
    operands: one("any", 1),
  },
  {
    ...unary("tile", (x) =>
      tf.tile(
        x,
        x.shape.map((_, i) => 1 + (i % 2)),
      ),
    ),
    operands: one("any", 1),
  },
  {
    name: "tile of axes of length 1",
    operands: fixed({ shape: [2, 1, 3], domain: "any" }),
    f: (x) => tf.square(tf.tile(x as tf.Tensor, [1, 4, 1])),
    differentiable: true,
  },
  {
    name: "broadcastTo",
    operands: fixed({ shape: [2, 1, 3], domain: "any" }),
    f: (x) => tf.tanh(tf.broadcastTo(x as tf.Tensor, [4, 2, 5, 3])),
    differentiable: true,
  },
];
