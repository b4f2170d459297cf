/** SwiGLU's gate (Shazeer 2020): silu(gate) · up. */
import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.js";

/** Elementwise on equal shapes. */
export function swiGlu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return withGradient(
    [gate, up],
    () => {
      const sigmoid = tf.sigmoid(gate);
      return { value: tf.mul(tf.mul(gate, sigmoid), up), keep: [gate, up, sigmoid] };
    },
    (dy, kept) => {
      const [gate, up, sigmoid] = kept as [tf.Tensor, tf.Tensor, tf.Tensor];
      const silu = tf.mul(gate, sigmoid);
      // d silu / d gate = sigmoid + silu · (1 − sigmoid)
      const slope = tf.sub(tf.add(sigmoid, silu), tf.mul(silu, sigmoid));
      return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)];
    },
  );
}
