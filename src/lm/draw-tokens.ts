/**
 * Drawing tokens inside a program, by noise that is fed: what comes out is a number a row, not a probability a token. The running
 * sum of the probabilities is inverted in two levels, sums of blocks first and then the block that the noise falls into,
 * which is far less than a running sum over the vocabulary.
 */
import * as tf from "@tensorflow/tfjs";

/** The largest float below 1: noise must be less than 1, and so must what it is rounded to. */
export const MOST_NOISE = 1 - 2 ** -24;

export interface Drawn {
  /** int32 [rows]; its probability is not 0. */
  readonly token: tf.Tensor;
  /** The token's probability as it was given, [rows]. */
  probability(): tf.Tensor;
  /** Sum of the row's probabilities, [rows]: not a number where one of them is none. */
  readonly total: tf.Tensor;
}

/** One token a row of `probabilities` [rows, vocab] by `noise` [rows, 1] in [0, `MOST_NOISE`]. */
export function drawTokens(probabilities: tf.Tensor, noise: tf.Tensor): Drawn {
  const [rows, vocab] = probabilities.shape as [number, number];
  const size = 2 ** Math.ceil(Math.log2(vocab) / 2);
  const count = Math.ceil(vocab / size);
  const filled =
    count * size === vocab ? probabilities : tf.concat([probabilities, tf.zeros([rows, count * size - vocab])], 1);
  const blocks = tf.reshape(filled, [rows * count, size]);
  const ends = tf.cumsum(tf.reshape(tf.sum(blocks, 1), [rows, count]), 1);
  const total = tf.slice(ends, [0, count - 1], [rows, 1]);
  const threshold = tf.mul(noise, total);
  const passed = tf.cast(tf.lessEqual(ends, threshold), "float32");
  const block = tf.minimum(tf.sum(passed, 1), count - 1);
  const firsts = tf.range(0, rows * count, count, "float32");
  const own = tf.gather(blocks, tf.cast(tf.add(block, firsts), "int32"));
  const sums = tf.cumsum(own, 1);
  // The block's sum and its running sum may round differently: what is left of the noise stays within the latter.
  const left = tf.sub(threshold, tf.max(tf.mul(ends, passed), 1, true));
  const most = tf.mul(tf.slice(sums, [0, size - 1], [rows, 1]), MOST_NOISE);
  const rest = tf.maximum(tf.minimum(left, most), 0);
  const place = tf.sum(tf.cast(tf.lessEqual(sums, rest), "float32"), 1);
  return {
    token: tf.cast(tf.add(tf.mul(block, size), place), "int32"),
    probability: () => {
      const here = tf.equal(tf.range(0, size, 1, "float32"), tf.reshape(place, [rows, 1]));
      return tf.sum(tf.mul(own, tf.cast(here, "float32")), 1);
    },
    total: tf.reshape(total, [rows]),
  };
}
