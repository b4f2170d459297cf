/**
 * The loss of every DPO-type method, in program ops.
 *
 * DPO (Rafailov et al. 2023):  L = −log σ(β·Δ),  Δ = (log π/ref)(chosen) − (log π/ref)(rejected)
 * MODPO (Zhou et al. 2024):    L = −log σ((β·Δ − w_{−k}ᵀ(r_{−k}(chosen) − r_{−k}(rejected))) / w_k)
 * With a soft label p = P(chosen is better): p·L(z) + (1 − p)·L(−z), whose minimum is at σ(z) = p.
 */
import * as tf from "@tensorflow/tfjs";

export interface PreferenceTerms {
  /** Summed response log-probs under the policy, [pairs, 2]: chosen, rejected. */
  readonly policy: tf.Tensor;
  /** The same under the base. */
  readonly reference: tf.Tensor;
  /** p, [pairs]. */
  readonly labels: tf.Tensor;
  /** w_{−k}ᵀ(r_{−k}(chosen) − r_{−k}(rejected)), [pairs]; 0 for DPO. */
  readonly margins: tf.Tensor;
  /** 1/w_k, a scalar; 1 for DPO. */
  readonly inverseWeight: tf.Tensor;
  readonly beta: number;
}

/** z of each pair, [pairs]: what the sigmoid is taken of. Linear in the margin. */
export function preferenceLogits({ policy, reference, margins, inverseWeight, beta }: PreferenceTerms): tf.Tensor {
  const [pairs] = policy.shape as [number, number];
  const logRatio = tf.sub(policy, reference);
  const chosen = tf.reshape(tf.slice(logRatio, [0, 0], [pairs, 1]), [pairs]);
  const rejected = tf.reshape(tf.slice(logRatio, [0, 1], [pairs, 1]), [pairs]);
  const delta = tf.sub(chosen, rejected);
  return tf.mul(tf.sub(tf.mul(delta, beta), margins), inverseWeight);
}

/** Loss of each pair, [pairs]. */
export function preferenceLoss(terms: PreferenceTerms): tf.Tensor {
  const z = preferenceLogits(terms);
  // −log σ(z) = softplus(−z).
  const wins = tf.mul(terms.labels, tf.softplus(tf.neg(z)));
  const loses = tf.mul(tf.sub(1, terms.labels), tf.softplus(z));
  return tf.add(wins, loses);
}

/** Per-token negative log-likelihood of the chosen reply, [pairs]. `lengths` [pairs, 2] in tokens. */
export function chosenNll(policy: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
  const [pairs] = policy.shape as [number, number];
  const perToken = tf.div(tf.slice(policy, [0, 0], [pairs, 1]), tf.slice(lengths, [0, 0], [pairs, 1]));
  return tf.neg(tf.reshape(perToken, [pairs]));
}
