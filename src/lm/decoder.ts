/**
 * The forward pass of a Llama-family decoder, written in tfjs ops for an engine's programs: differentiable with respect to
 * whatever the caller asks for (adapters only, or every weight). Weights carry Hugging Face's names and layout ([out, in]).
 *
 * Not here: the loop that generates (`generate.ts`) and the losses.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TfTensors } from "../engine/engine.js";
import type { BankTensors } from "./adapters.js";
import { lowRank } from "./adapters.js";
import { attend, segmentMask } from "./attention.js";
import type { DecoderConfig } from "./config.js";
import { headName } from "./config.js";
import { rmsNorm } from "./rms-norm.js";
import { rotaryTables, rotate } from "./rotary.js";
import { swiGlu } from "./swiglu.js";

/** What a pass reads, all int32 [batch, time]. */
export interface DecoderBatch {
  readonly tokens: tf.Tensor;
  /** Rotary positions, each below `time`: a segment continues from the prompt it follows. */
  readonly positions: tf.Tensor;
  /** 0 = prompt or plain sequence, seen by all later positions; 1, 2, … = seen only from within; −1 = padding. */
  readonly segments: tf.Tensor;
}

/**
 * Hidden states after the final norm, [batch, time, hidden]. `observe` is shown each layer's rotated keys and values,
 * [batch, kvHeads, time, headDim], which a cache wants.
 * @throws Error naming a weight that is missing.
 */
export function decoderHidden(
  config: DecoderConfig,
  weights: TfTensors,
  batch: DecoderBatch,
  adapters?: BankTensors,
  observe?: (layer: number, keys: tf.Tensor, values: tf.Tensor) => void,
): tf.Tensor {
  const [rows, time] = batch.tokens.shape as [number, number];
  const { heads, kvHeads, headDim, hiddenSize, rmsNormEps } = config;
  const mask = segmentMask(batch.segments);
  const positions = tf.reshape(batch.positions, [rows * time]);
  const table = (gain: number): [tf.Tensor, tf.Tensor] => {
    const { cos, sin } = rotaryTables(config, time, gain);
    const at = ({ data }: HostTensor): tf.Tensor =>
      tf.reshape(tf.gather(tf.tensor2d(data, [time, headDim]), positions), [rows, 1, time, headDim]);
    return [at(cos), at(sin)];
  };
  // The softmax's scale rides on the query's rotation.
  const [queryCos, querySin] = table(1 / Math.sqrt(headDim));
  const [keyCos, keySin] = table(1);
  const split = (x: tf.Tensor, count: number): tf.Tensor =>
    tf.transpose(tf.reshape(x, [rows, time, count, headDim]), [0, 2, 1, 3]);

  let x = tf.gather(weight(weights, "model.embed_tokens.weight"), tf.reshape(batch.tokens, [rows * time]));
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `model.layers.${layer}`;
    const attention = `${block}.self_attn`;
    const normed = rmsNorm(x, weight(weights, `${block}.input_layernorm.weight`), rmsNormEps);
    const q = rotate(split(linear(normed, weights, `${attention}.q_proj`, adapters), heads), queryCos, querySin);
    const k = rotate(split(linear(normed, weights, `${attention}.k_proj`, adapters), kvHeads), keyCos, keySin);
    const v = split(linear(normed, weights, `${attention}.v_proj`, adapters), kvHeads);
    observe?.(layer, k, v);
    // Query heads that share a key head are stacked along time, so that keys and values are never repeated.
    const attended = attend(
      tf.reshape(q, [rows * kvHeads, (heads / kvHeads) * time, headDim]),
      tf.reshape(k, [rows * kvHeads, time, headDim]),
      tf.reshape(v, [rows * kvHeads, time, headDim]),
      mask,
    );
    const joined = tf.reshape(tf.transpose(tf.reshape(attended, [rows, heads, time, headDim]), [0, 2, 1, 3]), [
      rows * time,
      heads * headDim,
    ]);
    x = tf.add(x, linear(joined, weights, `${attention}.o_proj`, adapters));

    const second = rmsNorm(x, weight(weights, `${block}.post_attention_layernorm.weight`), rmsNormEps);
    const gate = linear(second, weights, `${block}.mlp.gate_proj`, adapters);
    const up = linear(second, weights, `${block}.mlp.up_proj`, adapters);
    x = tf.add(x, linear(swiGlu(gate, up), weights, `${block}.mlp.down_proj`, adapters));
  }
  return tf.reshape(rmsNorm(x, weight(weights, "model.norm.weight"), rmsNormEps), [rows, time, hiddenSize]);
}

/** Rows of `hidden` [batch, time, hidden] at `flatIndices` int32 [n] (row · time + position) → [n, hidden]. */
export function hiddenAt(hidden: tf.Tensor, flatIndices: tf.Tensor): tf.Tensor {
  const [rows, time, size] = hidden.shape as [number, number, number];
  return tf.gather(tf.reshape(hidden, [rows * time, size]), flatIndices);
}

/** Vocabulary logits at `flatIndices` int32 [n] of `hidden` [batch, time, hidden] → [n, vocab]. */
export function logitsAt(
  config: DecoderConfig,
  weights: TfTensors,
  hidden: tf.Tensor,
  flatIndices: tf.Tensor,
): tf.Tensor {
  return tf.matMul(hiddenAt(hidden, flatIndices), weight(weights, headName(config)), false, true);
}

function linear(x: tf.Tensor, weights: TfTensors, module: string, adapters: BankTensors | undefined): tf.Tensor {
  let y = tf.matMul(x, weight(weights, `${module}.weight`), false, true);
  const bias = weights[`${module}.bias`];
  if (bias !== undefined) y = tf.add(y, bias);
  const adapted = adapters?.get(module);
  return adapted === undefined ? y : tf.add(y, lowRank(x, adapted));
}

function weight(weights: TfTensors, name: string): tf.Tensor {
  const tensor = weights[name];
  if (tensor === undefined) throw new Error(`the model's weights lack "${name}"`);
  return tensor;
}
