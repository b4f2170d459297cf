/**
 * The forward pass of a Llama-family decoder, written in tfjs ops for an engine's programs: differentiable with respect to
 * whatever the caller asks for (adapters only, or every weight). Weights carry Hugging Face's names and layout ([out, in]).
 *
 * Not here: the loop that generates (`generate.ts`) and the losses.
 */
import * as tf from "@tensorflow/tfjs";
import type { TfTensors } from "../engine/engine.js";
import { adaptedProduct } from "./adapted-product.js";
import type { BankTensors } from "./adapters.js";
import { adaptersAt } from "./adapters.js";
import { attend, segmentMask, splitHeads } from "./attention.js";
import type { DecoderConfig } from "./config.js";
import { headName } from "./config.js";
import { rmsNorm } from "./rms-norm.js";
import { type Rotation, rotaryAngles, rotation } from "./rotary.js";
import { swiGlu } from "./swiglu.js";

/** What a pass reads, all int32 [batch, time]. */
export interface DecoderBatch {
  readonly tokens: tf.Tensor;
  /** Rotary positions, each below `time`: a segment continues from the prompt it follows. */
  readonly positions: tf.Tensor;
  /** 0 = prompt or plain sequence, seen by all later positions; 1, 2, … = seen only from within; −1 = padding. */
  readonly segments: tf.Tensor;
}

/** Shown each layer's rotated keys and values, [batch, kvHeads, time, headDim], which a cache wants. */
export type LayerObserver = (layer: number, keys: tf.Tensor, values: tf.Tensor) => void;

/**
 * Hidden states after the final norm, [batch, time, hidden].
 * @throws Error naming a weight that is missing.
 */
export function decoderHidden(
  config: DecoderConfig,
  weights: TfTensors,
  batch: DecoderBatch,
  adapters?: BankTensors,
  observe?: LayerObserver,
): tf.Tensor {
  const [rows, time] = batch.tokens.shape as [number, number];
  return tf.reshape(pass(config, weights, batch, null, adapters, observe), [rows, time, config.hiddenSize]);
}

/**
 * The same at `places` int32 [n] (row · time + position) alone → [n, hidden]: the last layer's part after attention is
 * computed for no other token.
 */
export function decoderHiddenAt(
  config: DecoderConfig,
  weights: TfTensors,
  batch: DecoderBatch,
  places: tf.Tensor,
  adapters?: BankTensors,
  observe?: LayerObserver,
): tf.Tensor {
  return pass(config, weights, batch, places, adapters, observe);
}

/** Hidden states [n, hidden], of all tokens or of those at `places`. */
function pass(
  config: DecoderConfig,
  weights: TfTensors,
  batch: DecoderBatch,
  places: tf.Tensor | null,
  adapters: BankTensors | undefined,
  observe: LayerObserver | undefined,
): tf.Tensor {
  const [rows, time] = batch.tokens.shape as [number, number];
  const { heads, headDim, rmsNormEps } = config;
  const mask = segmentMask(batch.segments);
  const rotated = (gain: number): Rotation => {
    const { cos, sin } = rotaryAngles(config, time, gain);
    const tables = [cos, sin].map(({ data }) => tf.tensor2d(data, [time, headDim / 2])) as [tf.Tensor, tf.Tensor];
    const rotate = rotation(batch.positions, ...tables);
    return (x) => rotate(apart(x));
  };
  // The softmax's scale rides on the query's rotation.
  const [rotateQuery, rotateKey] = [rotated(1 / Math.sqrt(headDim)), rotated(1)];
  const apart = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [rows, time, x.size / (rows * time)]);

  let x = tf.gather(weight(weights, "model.embed_tokens.weight"), tf.reshape(batch.tokens, [rows * time]));
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `model.layers.${layer}`;
    const attention = `${block}.self_attn`;
    const normed = rmsNorm(x, weight(weights, `${block}.input_layernorm.weight`), rmsNormEps);
    const q = rotateQuery(linear(normed, weights, `${attention}.q_proj`, adapters));
    const k = rotateKey(linear(normed, weights, `${attention}.k_proj`, adapters));
    const v = apart(linear(normed, weights, `${attention}.v_proj`, adapters));
    observe?.(layer, splitHeads(k, headDim), splitHeads(v, headDim));
    let joined = tf.reshape(attend(q, k, v, mask, headDim), [rows * time, heads * headDim]);
    let bank = adapters;
    if (places !== null && layer === config.layers - 1) {
      [joined, x] = [tf.gather(joined, places), tf.gather(x, places)];
      bank = adapters === undefined ? undefined : adaptersAt(adapters, places, time);
    }
    x = tf.add(x, linear(joined, weights, `${attention}.o_proj`, bank));

    const second = rmsNorm(x, weight(weights, `${block}.post_attention_layernorm.weight`), rmsNormEps);
    const gate = linear(second, weights, `${block}.mlp.gate_proj`, bank);
    const up = linear(second, weights, `${block}.mlp.up_proj`, bank);
    x = tf.add(x, linear(swiGlu(gate, up), weights, `${block}.mlp.down_proj`, bank));
  }
  return rmsNorm(x, weight(weights, "model.norm.weight"), rmsNormEps);
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
  return headLogits(config, weights, hiddenAt(hidden, flatIndices));
}

/** Vocabulary logits of hidden states [n, hidden] → [n, vocab]. */
export function headLogits(config: DecoderConfig, weights: TfTensors, hidden: tf.Tensor): tf.Tensor {
  return tf.matMul(hidden, weight(weights, headName(config)), false, true);
}

function linear(x: tf.Tensor, weights: TfTensors, module: string, adapters: BankTensors | undefined): tf.Tensor {
  const matrix = weight(weights, `${module}.weight`);
  const adapted = adapters?.get(module);
  const y = adapted === undefined ? tf.matMul(x, matrix, false, true) : adaptedProduct(x, matrix, adapted);
  const bias = weights[`${module}.bias`];
  return bias === undefined ? y : tf.add(y, bias);
}

function weight(weights: TfTensors, name: string): tf.Tensor {
  const tensor = weights[name];
  if (tensor === undefined) throw new Error(`the model's weights lack "${name}"`);
  return tensor;
}
