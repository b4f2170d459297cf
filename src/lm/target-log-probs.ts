/** Log-probability of given tokens under logits. */
import * as tf from "@tensorflow/tfjs";
import { logSoftmax } from "../engine/fused-ops.js";
import { withGradient } from "./custom-gradient.js";

/** `logits` [n, vocab], `targets` int32 [n] → log softmax(logits)[i, targets[i]], [n]. */
export function targetLogProbs(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const [count, vocab] = logits.shape as [number, number];
  return withGradient(
    [logits],
    () => {
      const logProbs = logSoftmax(logits);
      const flat = tf.add(tf.mul(tf.range(0, count, 1, "int32"), tf.scalar(vocab, "int32")), targets);
      return { value: tf.gather(tf.reshape(logProbs, [count * vocab]), flat), keep: [logProbs, targets] };
    },
    (dy, kept) => {
      const [logProbs, targets] = kept as [tf.Tensor, tf.Tensor];
      // In floats: see the mask of attention.
      const tokens = tf.reshape(tf.range(0, vocab, 1, "float32"), [1, vocab]);
      const wanted = tf.reshape(tf.cast(targets, "float32"), [count, 1]);
      const chosen = tf.cast(tf.equal(tokens, wanted), "float32");
      return [tf.mul(tf.sub(chosen, tf.exp(logProbs)), tf.reshape(dy, [count, 1]))];
    },
  );
}
