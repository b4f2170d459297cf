/** The clipped surrogate of PPO (Schulman et al., 1707.06347) and its value loss, in TensorFlow.js ops. */
import * as tf from "@tensorflow/tfjs";

export interface PolicyBatch {
  /** log pi of the tokens that were sampled, when they were sampled; `[tokens]` */
  readonly oldLogProbs: tf.Tensor1D;
  readonly advantages: tf.Tensor1D;
  /** What a token counts in the mean; 0 for padding, 1 in sum. */
  readonly weights: tf.Tensor1D;
}

/** `-sum_t weight_t min(ratio_t A_t, clip(ratio_t, 1-eps, 1+eps) A_t)`; a scalar. */
export function policyLoss(logProbs: tf.Tensor1D, batch: PolicyBatch, clip: number): tf.Scalar {
  const ratio = tf.exp(tf.sub(logProbs, batch.oldLogProbs));
  const free = tf.mul(ratio, batch.advantages);
  const clipped = tf.mul(tf.clipByValue(ratio, 1 - clip, 1 + clip), batch.advantages);
  return tf.neg(tf.sum(tf.mul(tf.minimum(free, clipped), batch.weights))) as tf.Scalar;
}

/** `1/2 sum_t weight_t (V_t - return_t)^2`; a scalar. */
export function valueLoss(values: tf.Tensor1D, returns: tf.Tensor1D, weights: tf.Tensor1D): tf.Scalar {
  return tf.mul(0.5, tf.sum(tf.mul(tf.square(tf.sub(values, returns)), weights))) as tf.Scalar;
}

/** Share of a batch (by weight) whose ratio left the clip range: 0 at the first update, large when steps are too big. */
export function clippedShare(logProbs: tf.Tensor1D, batch: PolicyBatch, clip: number): tf.Scalar {
  const distance = tf.abs(tf.sub(tf.exp(tf.sub(logProbs, batch.oldLogProbs)), 1));
  return tf.sum(tf.mul(tf.cast(tf.greater(distance, clip), "float32"), batch.weights)) as tf.Scalar;
}
