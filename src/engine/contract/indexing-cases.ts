/** Ops that take or make places: gathers, scatters, ranges, and a penalty made of many ops. */
import * as tf from "@tensorflow/tfjs";
import type { OpCase } from "./op-case.js";
import { all, between, dim, fixed, from, listOf, shape } from "./operands.js";

export const indexingCases: readonly OpCase[] = [
  ...[0, 1].map(
    (axis): OpCase => ({
      name: `gather along axis ${axis}, with repeats`,
      operands: from(all<[number, number, number[]]>(dim, dim, listOf(dim, 1, 2)), ([n, m, picks]) => [
        { shape: [n, m], domain: "any" as const },
        { shape: picks, domain: { below: axis === 0 ? n : m } },
      ]),
      f: (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor1D, axis),
      differentiable: true,
    }),
  ),
  {
    name: "gather with one batch axis",
    operands: fixed({ shape: [3, 5], domain: "any" }, { shape: [3, 2], domain: { below: 5 } }),
    f: (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor2D, 1, 1),
    differentiable: false,
  },
  {
    name: "gatherND",
    operands: fixed({ shape: [3, 3, 2], domain: "any" }, { shape: [4, 2], domain: { below: 3 } }),
    f: (x, i) => tf.gatherND(x as tf.Tensor, i as tf.Tensor),
    differentiable: false,
  },
  {
    name: "scatterND",
    operands: fixed({ shape: [4, 2], domain: "any" }, { shape: [4, 1], domain: { below: 3 } }),
    f: (x, i) => tf.scatterND(i as tf.Tensor, x as tf.Tensor, [3, 2]),
    differentiable: false,
  },
  {
    name: "unsortedSegmentSum, rows out of range dropped",
    operands: from(all<[number, number]>(between(1, 9), dim), ([n, m]) => [
      { shape: [n, m], domain: "positive" as const },
      { shape: [n], domain: { below: 6 } },
    ]),
    f: (x, i) =>
      tf.unsortedSegmentSum(x as tf.Tensor, tf.sub(i as tf.Tensor1D, tf.scalar(1, "int32")) as tf.Tensor1D, 4),
    differentiable: false,
    except: {
      "tfjs-node": "TensorFlow refuses segments beyond the last",
      "tfjs-node-gpu": "TensorFlow refuses segments beyond the last",
    },
  },
  {
    name: "unsortedSegmentSum and its gradient",
    operands: from(all<[number, number]>(between(1, 9), dim), ([n, m]) => [
      { shape: [n, m], domain: "positive" as const },
      { shape: [n], domain: { below: 4 } },
    ]),
    f: (x, i) => tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 4),
    differentiable: true,
  },
  {
    name: "oneHot",
    operands: from(shape(1, 2), (s) => [{ shape: s, domain: { below: 4 } }]),
    f: (x) => tf.oneHot(x as tf.Tensor, 4),
    differentiable: false,
  },
  {
    name: "topk",
    operands: fixed({ shape: [3, 7], domain: "any" }),
    f: (x) => {
      const { values, indices } = tf.topk(x as tf.Tensor, 3);
      return tf.add(values, indices);
    },
    differentiable: false,
  },
  {
    name: "diag and eye",
    operands: fixed({ shape: [4], domain: "any" }),
    f: (x) => tf.add(tf.diag(x as tf.Tensor), tf.eye(4)),
    differentiable: false,
  },
  {
    name: "range, linspace, fill, zeros and ones",
    operands: fixed({ shape: [4], domain: "any" }),
    f: (x) =>
      tf.mul(
        tf.add(tf.range(0, 8, 2), tf.linspace(1, 2, 4)),
        tf.add(tf.fill([4], 3), tf.add(tf.zeros([4]), tf.mul(tf.ones([4]), x as tf.Tensor))),
      ),
    differentiable: true,
  },
  {
    name: "HSIC of row Grams",
    operands: fixed({ shape: [5, 3], domain: "any" }, { shape: [5, 4], domain: "any" }),
    f: (a, b) => {
      const gram = (x: tf.Tensor) => {
        const norms = tf.sum(tf.square(x), 1, true);
        const distance = tf.sub(tf.add(norms, tf.transpose(norms)), tf.mul(tf.matMul(x, x, false, true), 2));
        const k = tf.exp(tf.mul(distance, -0.2));
        return tf.add(tf.sub(tf.sub(k, tf.mean(k, 0, true)), tf.mean(k, 1, true)), tf.mean(k));
      };
      return tf.mean(tf.mul(gram(a as tf.Tensor), gram(b as tf.Tensor)));
    },
    differentiable: true,
  },
];
