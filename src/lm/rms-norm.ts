/** Root-mean-square layer norm (Zhang & Sennrich 2019): y = x · weight / sqrt(mean(x²) + eps) over the last axis. */
import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.js";

/** `x` [n, hidden], `weight` [hidden] → [n, hidden]. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor {
  return withGradient(
    [x, weight],
    () => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.mul(x, x), -1, true), eps));
      return { value: tf.mul(tf.mul(x, inverse), weight), keep: [x, weight, inverse] };
    },
    (dy, kept) => {
      const [x, weight, inverse] = kept as [tf.Tensor, tf.Tensor, tf.Tensor];
      const unit = tf.mul(x, inverse);
      const scaled = tf.mul(dy, weight);
      const along = tf.mean(tf.mul(scaled, unit), -1, true);
      return [tf.mul(tf.sub(scaled, tf.mul(unit, along)), inverse), tf.sum(tf.mul(dy, unit), 0)];
    },
  );
}
