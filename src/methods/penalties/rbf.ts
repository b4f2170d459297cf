/** RBF kernels and HSIC from Gram matrices: what `a-rows` and `dw-rbf` share. */
import * as tf from "@tensorflow/tfjs";
import type { Matrix } from "./module-groups.js";
import { at, centreColumns, transpose } from "./module-groups.js";

/** Squared distances [n, k, k] between the samples of Gram matrices [n, k, k]. */
export function squaredDistances(gram: tf.Tensor): tf.Tensor {
  const [, k] = gram.shape as [number, number, number];
  const order = tf.range(0, k, 1, "float32");
  const diagonal = tf.cast(tf.equal(tf.reshape(order, [k, 1]), tf.reshape(order, [1, k])), "float32");
  const own = tf.mul(gram, diagonal);
  const squares = tf.add(tf.sum(own, 1, true), tf.sum(own, 2, true));
  return tf.sub(squares, tf.mul(gram, 2));
}

/** exp(−d² / width), with `width` a number or [n, 1, 1]. */
export function rbfKernel(gram: tf.Tensor, width: number | tf.Tensor): tf.Tensor {
  return tf.exp(tf.neg(tf.div(squaredDistances(gram), width)));
}

/** HSIC_b = tr(K H L H)/k² per module [n], with L centred already (H L H). */
export function biasedHsic(kernel: tf.Tensor, centred: tf.Tensor): tf.Tensor {
  const [, k] = kernel.shape as [number, number, number];
  return tf.div(tf.sum(tf.mul(kernel, centred), [1, 2]), k * k);
}

/** On the host: squared distances of a Gram matrix. */
export function hostSquaredDistances(gram: Matrix): Matrix {
  const k = gram.rows;
  const data = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      data[i * k + j] = i === j ? 0 : Math.max(0, at(gram, i, i) + at(gram, j, j) - 2 * at(gram, i, j));
    }
  }
  return { rows: k, columns: k, data };
}

/** On the host: H K H of the kernel exp(−d² / width). */
export function hostCentredKernel(distances: Matrix, width: number): Matrix {
  const kernel = { ...distances, data: distances.data.map((d2) => Math.exp(-d2 / width)) };
  return centreColumns(transpose(centreColumns(kernel)));
}

/** The matrices' mean. */
export function meanOf(matrices: readonly Matrix[]): Matrix {
  const first = matrices[0];
  if (first === undefined) throw new Error("the mean of no matrices");
  const data = first.data.map((_, i) => matrices.reduce((sum, { data }) => sum + (data[i] ?? 0), 0) / matrices.length);
  return { ...first, data };
}
