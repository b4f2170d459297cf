/** Softmax attention under an additive mask that all heads share, with grouped queries. */
import * as tf from "@tensorflow/tfjs";
import { withGradient } from "./custom-gradient.js";

/** Added to the score of a key that a query must not see; finite, so that a wholly masked row stays finite too. */
export const MASKED = -1e9;

/**
 * How far below the score of a query with its own key a score counts as nothing: e⁻⁶⁰ beside a weight that is at least
 * e^(own − largest) vanishes in a float's rounding. Scores are raised to there because exponentials of what lies further
 * down are denormal, and the processor takes six times as long over those.
 */
const NOTHING = 60;

/** Scores of keys at `MASKED`, or as good as, raised to where their exponential is a normal number; `own` broadcasts. */
export function raised(scores: tf.Tensor, own: tf.Tensor): tf.Tensor {
  return tf.maximum(scores, tf.sub(own, NOTHING));
}

/**
 * The mask [batch, 1, time, time] of `segments` [batch, time] int32: position i sees j when j ≤ i, j is no padding
 * (segment −1), and j is in the shared part (segment 0) or in i's own segment. 0 where seen, `MASKED` elsewhere.
 */
export function segmentMask(segments: tf.Tensor): tf.Tensor {
  const [batch, time] = segments.shape as [number, number];
  // In floats, where small integers are exact: TensorFlow computes with integers on the host, and a mask would cross the bus.
  const held = tf.cast(segments, "float32");
  const keys = tf.reshape(held, [batch, 1, time]);
  const queries = tf.reshape(held, [batch, time, 1]);
  const order = tf.range(0, time, 1, "float32");
  const past = tf.lessEqual(tf.reshape(order, [1, 1, time]), tf.reshape(order, [1, time, 1]));
  const shared = tf.logicalOr(tf.equal(keys, 0), tf.equal(keys, queries));
  const real = tf.greaterEqual(keys, 0);
  const seen = tf.logicalAnd(past, tf.logicalAnd(shared, real));
  const mask = tf.mul(tf.sub(tf.cast(seen, "float32"), 1), -MASKED);
  return tf.reshape(mask, [batch, 1, time, time]);
}

/**
 * `q` [batch, kvHeads, group · time, dim] (scaled already), `k`, `v` [batch, kvHeads, time, dim],
 * `mask` [batch, 1, time, time] → like `q`. The gradient takes Σ_j P·dP from dO·O (Dao et al. 2022), over `dim`
 * instead of `time`.
 */
export function attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const [batch, kvHeads, queries, dim] = q.shape as [number, number, number, number];
  const time = mask.shape[2] ?? 1;
  return withGradient(
    [q, k, v],
    () => {
      const heads = (kvHeads * queries) / time;
      const scores = tf.reshape(tf.matMul(q, k, false, true), [batch, heads, time, time]);
      const grouped = tf.reshape(q, [batch, kvHeads, heads / kvHeads, time, dim]);
      const own = tf.sum(tf.mul(grouped, tf.reshape(k, [batch, kvHeads, 1, time, dim])), -1);
      const shown = raised(tf.add(scores, mask), tf.reshape(own, [batch, heads, time, 1]));
      const weights = tf.reshape(tf.softmax(shown), [batch, kvHeads, queries, time]);
      const value = tf.matMul(weights, v);
      return { value, keep: [q, k, v, weights, value] };
    },
    (dy, kept) => {
      const [q, k, v, weights, value] = kept as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dWeights = tf.matMul(dy, v, false, true);
      const expected = tf.sum(tf.mul(dy, value), -1, true);
      const dScores = tf.mul(weights, tf.sub(dWeights, expected));
      return [tf.matMul(dScores, k), tf.matMul(dScores, q, true, false), tf.matMul(weights, dy, true, false)];
    },
  );
}
