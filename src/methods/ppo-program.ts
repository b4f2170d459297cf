/**
 * PPO's two passes over finished replies as engine programs: the base's (log-probs of what was sampled, and the features
 * that the value head reads) and the update of adapter and value head.
 *
 * The value head is linear in the hidden states of the *base*: one frozen pass serves both the KL penalty and the values, and
 * the value loss does not pull at the policy's weights.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, Program, Signature, TensorMap, TensorSpec, TfTensors } from "../engine/index.js";
import { float32 } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { singleAdapter } from "../lm/adapters.js";
import { bucketLength } from "../lm/buckets.js";
import type { DecoderConfig } from "../lm/config.js";
import { headLogits } from "../lm/decoder.js";
import type { SequenceRow, SequenceShape } from "../lm/sequences.js";
import { packSequences, sequenceHidden, sequenceLogProbs, sequenceSignature } from "../lm/sequences.js";
import { targetLogProbs } from "../lm/target-log-probs.js";
import type { OptimizerSettings } from "./method.js";
import { RATES } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import { clippedShare, policyLoss, valueLoss } from "./ppo-loss.js";
import type { PrepareLoss } from "./training-program.js";
import { gradientProgram, gradientSpec, stateSpec, trainingProgram } from "./training-program.js";

export const VALUE_WEIGHT = "value.weight";
export const VALUE_BIAS = "value.bias";

/** A value head that says 0. */
export function initValueHead(config: DecoderConfig): TensorMap {
  return { [VALUE_WEIGHT]: float32([config.hiddenSize]), [VALUE_BIAS]: float32([1]) };
}

/** Lengths and places in few sizes: every shape is a program to compile. */
export function rolloutShape(rows: readonly SequenceRow[], size: number): SequenceShape {
  const selected = rows.reduce((sum, row) => sum + row.response.length, 0);
  const quantum = 16 * size;
  return {
    rows: size,
    length: bucketLength(Math.max(...rows.map((row) => row.prompt.length + row.response.length))),
    selected: Math.ceil(selected / quantum) * quantum,
  };
}

/** Inputs and first places of packed replies; the owners of places are not needed here. */
export function packReplies(
  rows: readonly SequenceRow[],
  shape: SequenceShape,
): { inputs: Record<string, HostTensor>; offsets: Int32Array } {
  const { inputs, offsets } = packSequences(rows, shape);
  const { owners: _, ...kept } = inputs;
  return { inputs: kept, offsets };
}

function replySignature(shape: SequenceShape): Record<string, TensorSpec> {
  const { owners: _, ...kept } = sequenceSignature(shape);
  return kept;
}

/** Outputs `logProbs` [selected] and `features` [selected, hidden] under the base. */
export function basePass(
  config: DecoderConfig,
  weights: TensorMap,
  shape: SequenceShape,
): { program: Program; signature: Signature } {
  return {
    program: ({ inputs, constants }) => {
      const { targets } = inputs;
      if (targets === undefined) throw new Error("a base pass needs packed replies");
      const features = sequenceHidden(config, constants, inputs);
      return { outputs: { logProbs: targetLogProbs(headLogits(config, constants, features), targets), features } };
    },
    signature: { inputs: replySignature(shape), constants: weights },
  };
}

/** V of each place: `features` `[places][hidden]`, flat. */
export function valuesOf(features: ArrayLike<number>, places: number, weight: ArrayLike<number>, bias: number) {
  const hidden = weight.length;
  const values = new Float64Array(places);
  for (let place = 0; place < places; place++) {
    let sum = bias;
    for (let i = 0; i < hidden; i++) sum += (features[place * hidden + i] ?? 0) * (weight[i] ?? 0);
    values[place] = sum;
  }
  return values;
}

export interface UpdateSettings {
  readonly adapter: AdapterConfig;
  readonly optimizer: OptimizerSettings;
  readonly clip: number;
  readonly valueCoefficient: number;
}

/** What the update reads of each place, beside the packed replies; padding has weight 0. */
export interface PlaceInputs {
  readonly oldLogProbs: HostTensor;
  readonly advantages: HostTensor;
  readonly returns: HostTensor;
  readonly weights: HostTensor;
  readonly features: HostTensor;
}

/**
 * `L = policyLoss + valueCoefficient · valueLoss`, one AdamW step. Outputs `loss`, `gradientNorm`, `policyLoss`, `valueLoss`,
 * `clipped` (share).
 */
export function updateStep(
  config: DecoderConfig,
  base: TensorMap,
  layout: ParameterLayout,
  shape: SequenceShape,
  settings: UpdateSettings,
): { program: Program; signature: Signature } {
  return {
    program: trainingProgram(layout, settings.optimizer, lossOf(config, shape, settings)),
    signature: {
      inputs: { ...placesSignature(config, shape), rates: RATES },
      constants: base,
      state: stateSpec(layout),
    },
  };
}

/** A part of a minibatch, which adds to the gradient; the same outputs but for `gradientNorm`, as shares of the minibatch's. */
export function updatePass(
  config: DecoderConfig,
  base: TensorMap,
  layout: ParameterLayout,
  shape: SequenceShape,
  settings: UpdateSettings,
): { program: Program; signature: Signature } {
  return {
    program: gradientProgram(layout, lossOf(config, shape, settings)),
    signature: { inputs: placesSignature(config, shape), constants: base, state: gradientSpec(layout) },
  };
}

function placesSignature(config: DecoderConfig, shape: SequenceShape): Record<string, TensorSpec> {
  const place: TensorSpec = { dtype: "float32", shape: [shape.selected] };
  return {
    ...replySignature(shape),
    oldLogProbs: place,
    advantages: place,
    returns: place,
    weights: place,
    features: { dtype: "float32", shape: [shape.selected, config.hiddenSize] },
  };
}

function lossOf(config: DecoderConfig, shape: SequenceShape, settings: UpdateSettings): PrepareLoss {
  return () =>
    (parameters, { inputs, constants }) => {
      const { oldLogProbs, advantages, returns, weights, features } = inputs as TfTensors & Record<string, tf.Tensor1D>;
      const head = parameters[VALUE_WEIGHT];
      const bias = parameters[VALUE_BIAS];
      if (!oldLogProbs || !advantages || !returns || !weights || !features || !head || !bias) {
        throw new Error("a PPO update lacks an input");
      }
      const bank = singleAdapter(config, settings.adapter, parameters);
      const logProbs = sequenceLogProbs(config, constants, inputs, bank) as tf.Tensor1D;
      const values = tf.add(
        tf.reshape(tf.matMul(features, tf.reshape(head, [config.hiddenSize, 1])), [shape.selected]),
        bias,
      ) as tf.Tensor1D;
      const batch = { oldLogProbs, advantages, weights };
      const policy = policyLoss(logProbs, batch, settings.clip);
      const value = valueLoss(values, returns, weights);
      return {
        loss: tf.add(policy, tf.mul(value, settings.valueCoefficient)),
        report: { policyLoss: policy, valueLoss: value, clipped: clippedShare(logProbs, batch, settings.clip) },
      };
    };
}
