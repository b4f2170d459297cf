/**
 * A reward model: the decoder as one trunk and one linear head a value, which reads the hidden state at a reply's last
 * token (its end token, where it ended). Under Bradley–Terry P(chosen is better) = sigma(r(chosen) − r(rejected)), so the
 * loss of a pair of value k is `-log sigma(r_k(x, y_chosen) − r_k(x, y_rejected))`.
 *
 * Weights are those of a Hugging Face sequence classifier: the trunk's names, and `score.weight` [values, hidden].
 *
 * Not here: how it is trained (a task of `methods`) and how text is scored with it (`reward-model-scorer.ts`).
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorMap, TensorSpec, TfTensors } from "../engine/engine.js";
import { float32, int32 } from "../engine/engine.js";
import type { BankTensors } from "../lm/adapters.js";
import { bucketLength } from "../lm/buckets.js";
import type { DecoderConfig } from "../lm/config.js";
import { headName } from "../lm/config.js";
import { decoderHiddenAt } from "../lm/decoder.js";
import type { PassCount } from "../lm/flops.js";
import { forwardFlops } from "../lm/flops.js";
import type { PairRow } from "../lm/pairs.js";
import { packPairs, pairLength } from "../lm/pairs.js";
import type { SequenceRow } from "../lm/sequences.js";
import { packSequences } from "../lm/sequences.js";

export interface RewardModel {
  readonly config: DecoderConfig;
  /** One head each, in this order. */
  readonly values: readonly string[];
  readonly weights: TensorMap;
}

export const SCORE_WEIGHT = "score.weight";

/** The base as it stands under heads of zero: every reply scores 0. The vocabulary head, where it has its own, is left out. */
export function initRewardModel(
  base: { readonly config: DecoderConfig; readonly weights: TensorMap },
  values: readonly string[],
): RewardModel {
  const weights: Record<string, HostTensor> = { ...base.weights };
  const head = headName(base.config);
  if (!base.config.tieWordEmbeddings) delete weights[head];
  weights[SCORE_WEIGHT] = float32([values.length, base.config.hiddenSize]);
  return { config: base.config, values: [...values], weights };
}

/** In a program: rewards `[n, values]` at `ends` int32 [n], flat positions of last tokens. */
export function rewardsAt(
  config: DecoderConfig,
  weights: TfTensors,
  batch: { readonly tokens: tf.Tensor; readonly positions: tf.Tensor; readonly segments: tf.Tensor },
  ends: tf.Tensor,
  adapters?: BankTensors,
): tf.Tensor {
  const score = weights[SCORE_WEIGHT];
  if (score === undefined) throw new Error(`the reward model's weights lack "${SCORE_WEIGHT}"`);
  return tf.matMul(decoderHiddenAt(config, weights, batch, ends, adapters), score, false, true);
}

/** A pair and the value whose head judges it. */
export interface RewardPair extends PairRow {
  /** Index of the value. */
  readonly head: number;
  /** P(chosen is better), in [0, 1]; 1 where absent. */
  readonly label?: number;
}

export interface RewardPairShape {
  readonly rows: number;
  /** Columns, a bucket. */
  readonly length: number;
  /** Heads of the model. */
  readonly values: number;
}

export function rewardPairShape(pairs: readonly RewardPair[], rows: number, values: number): RewardPairShape {
  return { rows, length: bucketLength(Math.max(...pairs.map(pairLength))), values };
}

/**
 * `tokens`, `positions`, `segments` int32 [rows, length]; `ends` int32 [2·rows] (last tokens of chosen and rejected);
 * `heads` float32 [rows, values], one-hot; `labels` float32 [rows]; `shares` float32 [rows]: what a pair counts in the mean.
 */
export function rewardPairSignature({ rows, length, values }: RewardPairShape): Record<string, TensorSpec> {
  const ids = { dtype: "int32", shape: [rows, length] } as const;
  return {
    tokens: ids,
    positions: ids,
    segments: ids,
    ends: { dtype: "int32", shape: [2 * rows] },
    heads: { dtype: "float32", shape: [rows, values] },
    labels: { dtype: "float32", shape: [rows] },
    shares: { dtype: "float32", shape: [rows] },
  };
}

/** Packs pairs, the prompt once a row; rows beyond the pairs are padding that counts nothing. */
/** @param all pairs of the whole batch that these are a part of */
export function packRewardPairs(
  pairs: readonly RewardPair[],
  shape: RewardPairShape,
  all = pairs.length,
): Record<string, HostTensor> {
  const selected = pairs.reduce((sum, pair) => sum + pair.chosen.length + pair.rejected.length, 0);
  const packed = packPairs(pairs, { rows: shape.rows, length: shape.length, selected });
  const { tokens, positions, segments } = packed.inputs as Record<"tokens" | "positions" | "segments", HostTensor>;
  const ends = new Int32Array(2 * shape.rows);
  const heads = new Float32Array(shape.rows * shape.values);
  const labels = new Float32Array(shape.rows);
  const shares = new Float32Array(shape.rows);
  pairs.forEach((pair, row) => {
    const prompt = row * shape.length + pair.prompt.length;
    ends[2 * row] = prompt + pair.chosen.length - 1;
    ends[2 * row + 1] = prompt + pair.chosen.length + pair.rejected.length - 1;
    heads[row * shape.values + pair.head] = 1;
    labels[row] = pair.label ?? 1;
    shares[row] = 1 / all;
  });
  return {
    tokens,
    positions,
    segments,
    ends: int32([2 * shape.rows], ends),
    heads: float32([shape.rows, shape.values], heads),
    labels: float32([shape.rows], labels),
    shares: float32([shape.rows], shares),
  };
}

/** In a program: `r_k(chosen) − r_k(rejected)` [rows] of a batch packed by `packRewardPairs`. */
export function rewardMargins(
  config: DecoderConfig,
  weights: TfTensors,
  inputs: TfTensors,
  adapters?: BankTensors,
): tf.Tensor {
  const { tokens, positions, segments, ends, heads } = inputs;
  if (!tokens || !positions || !segments || !ends || !heads) {
    throw new Error("rewardMargins needs the inputs of rewardPairSignature");
  }
  const [rows, values] = heads.shape as [number, number];
  const batch = { tokens, positions, segments };
  const rewards = tf.reshape(rewardsAt(config, weights, batch, ends, adapters), [rows, 2, values]);
  const own = tf.sum(tf.mul(rewards, tf.reshape(heads, [rows, 1, values])), 2);
  const chosen = tf.reshape(tf.slice(own, [0, 0], [rows, 1]), [rows]);
  const rejected = tf.reshape(tf.slice(own, [0, 1], [rows, 1]), [rows]);
  return tf.sub(chosen, rejected);
}

/** `sum_i share_i (-p_i log sigma(m_i) - (1 - p_i) log sigma(-m_i))`: Bradley–Terry with soft labels p; a scalar. */
export function bradleyTerryLoss(margins: tf.Tensor, labels: tf.Tensor, shares: tf.Tensor): tf.Tensor {
  const better = tf.mul(labels, tf.softplus(tf.neg(margins)));
  const worse = tf.mul(tf.sub(1, labels), tf.softplus(margins));
  return tf.sum(tf.mul(tf.add(better, worse), shares));
}

/** Columns and rows of a scoring batch; its inputs are `tokens`, `positions`, `segments` [rows, length] and `ends` [rows]. */
export interface RewardShape {
  readonly rows: number;
  readonly length: number;
}

export function rewardSignature({ rows, length }: RewardShape): Record<string, TensorSpec> {
  const ids = { dtype: "int32", shape: [rows, length] } as const;
  return { tokens: ids, positions: ids, segments: ids, ends: { dtype: "int32", shape: [rows] } };
}

export function packRewardRows(rows: readonly SequenceRow[], shape: RewardShape): Record<string, HostTensor> {
  const selected = rows.reduce((sum, row) => sum + row.response.length, 0);
  const packed = packSequences(rows, { ...shape, selected });
  const { tokens, positions, segments } = packed.inputs as Record<"tokens" | "positions" | "segments", HostTensor>;
  const ends = new Int32Array(shape.rows);
  rows.forEach(({ prompt, response }, row) => {
    ends[row] = row * shape.length + prompt.length + response.length - 1;
  });
  return { tokens, positions, segments, ends: int32([shape.rows], ends) };
}

/** Forward FLOPs of judging `replies` replies: the trunk without vocabulary logits, and the heads. */
export function rewardFlops(config: DecoderConfig, values: number, count: PassCount, replies: number): number {
  return forwardFlops(config, { ...count, logits: 0 }) + 2 * config.hiddenSize * values * replies;
}
