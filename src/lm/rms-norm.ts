/** Root-mean-square layer norm (Zhang & Sennrich 2019): y = x · weight / sqrt(mean(x²) + eps) over the last axis. */
import * as tf from "@tensorflow/tfjs";
import { fusedRmsNorm } from "../engine/fused-ops.js";
import { withGradient } from "./custom-gradient.js";

/** `x` [n, hidden], `weight` [hidden] → [n, hidden]. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor {
  const size = x.shape[1] ?? 1;
  return withGradient(
    [x, weight],
    () => {
      const { normed, inverse } = fusedRmsNorm(x, weight, eps) ?? composed(x, weight, eps);
      return { value: normed, keep: [x, weight, inverse] };
    },
    // With u = x · inverse:  dx = inverse · (dy·w − u · mean(dy·w·u)),  dw = Σ_n dy·u. Both sums are over x·dy.
    (dy, kept) => {
      const [x, weight, inverse] = kept as [tf.Tensor, tf.Tensor, tf.Tensor];
      const product = tf.mul(x, dy);
      const sums = tf.matMul(product, tf.reshape(weight, [size, 1]));
      const along = tf.mul(tf.mul(sums, 1 / size), tf.mul(inverse, tf.square(inverse)));
      const dx = tf.sub(tf.mul(tf.mul(dy, weight), inverse), tf.mul(x, along));
      return [dx, tf.reshape(tf.matMul(inverse, product, true, false), [size])];
    },
  );
}

function composed(x: tf.Tensor, weight: tf.Tensor, eps: number): { normed: tf.Tensor; inverse: tf.Tensor } {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.mul(x, x), -1, true), eps));
  return { normed: tf.mul(tf.mul(x, inverse), weight), inverse };
}
