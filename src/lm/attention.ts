/** Softmax attention under an additive mask that all heads share, with grouped queries. */
import * as tf from "@tensorflow/tfjs";
import { fusedAttention } from "../engine/fused-ops.js";
import { withGradient } from "./custom-gradient.js";

/** Added to the score of a key that a query must not see; finite, so that a wholly masked row stays finite too. */
export const MASKED = -1e9;

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
 * `q` [batch, time, heads · headDim] (scaled already), `k`, `v` [batch, time, kvHeads · headDim],
 * `mask` [batch, 1, time, time] → like `q`. The gradient takes Σ_j P·dP from dO·O (Dao et al. 2022), over `headDim`
 * instead of `time`.
 *
 * The mask must be causal. What a query that sees no key at all attends to is not told: no two engines need agree on it.
 */
export function attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor, headDim: number): tf.Tensor {
  const [batch, time, width] = q.shape as [number, number, number];
  const heads = width / headDim;
  const kvHeads = (k.shape[2] ?? 0) / headDim;
  // Query heads that share a key head are stacked along time, so that keys and values are never repeated.
  const grouped = [batch, kvHeads, (heads / kvHeads) * time];
  const stack = (x: tf.Tensor): tf.Tensor => tf.reshape(splitHeads(x, headDim), [...grouped, headDim]);
  const unstack = (x: tf.Tensor): tf.Tensor => joinHeads(tf.reshape(x, [batch, heads, time, headDim]));
  return withGradient(
    [q, k, v],
    () => {
      const [queries, fused] = [stack(q), fusedAttention(q, k, v, mask, headDim)];
      if (fused !== null) {
        const { value, keys, values, weights } = fused;
        return { value, keep: [queries, keys, values, tf.reshape(weights, [...grouped, time]), value] };
      }
      const [keys, values] = [splitHeads(k, headDim), splitHeads(v, headDim)];
      const scores = tf.reshape(tf.matMul(queries, keys, false, true), [batch, heads, time, time]);
      const weights = tf.reshape(tf.softmax(tf.add(scores, mask)), [...grouped, time]);
      const value = unstack(tf.matMul(weights, values));
      return { value, keep: [queries, keys, values, weights, value] };
    },
    (dy, kept) => {
      const [q, k, v, weights, value] = kept as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const upstream = stack(dy);
      const dWeights = tf.matMul(upstream, v, false, true);
      const expected = tf.sum(tf.reshape(tf.mul(dy, value), [batch, time, heads, headDim]), -1);
      const dScores = tf.mul(weights, tf.sub(dWeights, tf.reshape(tf.transpose(expected, [0, 2, 1]), [...grouped, 1])));
      return [
        unstack(tf.matMul(dScores, k)),
        joinHeads(tf.matMul(dScores, q, true, false)),
        joinHeads(tf.matMul(weights, upstream, true, false)),
      ];
    },
  );
}

/** [batch, time, heads · headDim] → [batch, heads, time, headDim]. */
export function splitHeads(x: tf.Tensor, headDim: number): tf.Tensor {
  const [batch, time, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, time, width / headDim, headDim]), [0, 2, 1, 3]);
}

/** [batch, heads, time, headDim] → [batch, time, heads · headDim]. */
function joinHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, time, headDim] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, time, heads * headDim]);
}
