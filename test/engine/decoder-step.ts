/** A whole train step of a small decoder, as a program: loss, gradients of every weight, AdamW. */
import * as tf from "@tensorflow/tfjs";
import { stream } from "../../src/engine/contract/operands.js";
import type { HostTensor, Program, Signature, TensorMap } from "../../src/engine/index.js";
import { float32, int32 } from "../../src/engine/index.js";
import type { DecoderConfig } from "../../src/lm/config.js";
import { decoderHidden, logitsAt } from "../../src/lm/decoder.js";
import { initWeights } from "../../src/lm/init.js";
import { targetLogProbs } from "../../src/lm/target-log-probs.js";

export interface TrainStep {
  readonly program: Program;
  readonly signature: Signature;
  readonly state: TensorMap;
  /** Inputs of step `step`, from 0. */
  inputs(step: number): Record<string, HostTensor>;
}

export const tinyDecoder: DecoderConfig = {
  vocabSize: 29,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  tieWordEmbeddings: false,
  attentionBias: false,
  maxPositions: 64,
  bosTokenId: null,
  eosTokenIds: [1],
};

/** Next-token training of every weight, each with its two moments as state of its own. */
export function decoderTrainStep(config: DecoderConfig, batch: number, time: number, seed = 5): TrainStep {
  const weights = initWeights(config, seed);
  const names = Object.keys(weights);
  const state: Record<string, HostTensor> = {};
  for (const name of names) {
    const value = weights[name] as HostTensor;
    state[name] = value;
    state[`m.${name}`] = float32(value.shape);
    state[`v.${name}`] = float32(value.shape);
  }
  const ids = { dtype: "int32", shape: [batch, time] } as const;
  const every = Int32Array.from({ length: batch * time }, (_, i) => i);
  const program: Program = ({ inputs, state: held }) => {
    const { tokens, targets, positions, segments, rates } = inputs as Record<string, tf.Tensor>;
    if (!tokens || !targets || !positions || !segments || !rates) throw new Error("an input is missing");
    const flat = tf.tensor1d(every, "int32");
    const loss = (...values: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
      const hidden = decoderHidden(config, named, { tokens, positions, segments });
      const logits = logitsAt(config, named, hidden, flat);
      return tf.neg(tf.mean(targetLogProbs(logits, tf.reshape(targets, [batch * time])))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => held[name] as tf.Tensor));
    const [rate, correction1, correction2] = tf.unstack(rates) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const next: Record<string, tf.Tensor> = {};
    for (const [i, name] of names.entries()) {
      const gradient = grads[i] as tf.Tensor;
      const m = tf.add(tf.mul(held[`m.${name}`] as tf.Tensor, 0.9), tf.mul(gradient, 0.1));
      const v = tf.add(tf.mul(held[`v.${name}`] as tf.Tensor, 0.999), tf.mul(tf.square(gradient), 0.001));
      const direction = tf.div(tf.mul(m, correction1), tf.add(tf.mul(tf.sqrt(v), correction2), 1e-8));
      next[name] = tf.sub(held[name] as tf.Tensor, tf.mul(direction, rate));
      next[`m.${name}`] = m;
      next[`v.${name}`] = v;
    }
    return { outputs: { loss: value }, state: next };
  };
  return {
    program,
    signature: {
      inputs: { tokens: ids, targets: ids, positions: ids, segments: ids, rates: { dtype: "float32", shape: [3] } },
      state: Object.fromEntries(Object.entries(state).map(([key, { dtype, shape }]) => [key, { dtype, shape }])),
    },
    state,
    inputs(step) {
      const random = stream(1000 + step);
      // Sequences that count upwards by a step of 1 to 3: something to learn.
      const rows = Array.from({ length: batch }, () => {
        const start = Math.floor(random() * config.vocabSize);
        const stride = 1 + Math.floor(random() * 3);
        return Array.from({ length: time + 1 }, (_, t) => (start + t * stride) % config.vocabSize);
      });
      return {
        tokens: int32(
          [batch, time],
          rows.flatMap((row) => row.slice(0, time)),
        ),
        targets: int32(
          [batch, time],
          rows.flatMap((row) => row.slice(1)),
        ),
        positions: int32(
          [batch, time],
          rows.flatMap((row) => row.slice(1).map((_, t) => t)),
        ),
        segments: int32([batch, time]),
        rates: float32([3], [0.01, 1 / (1 - 0.9 ** (step + 1)), 1 / Math.sqrt(1 - 0.999 ** (step + 1))]),
      };
    },
  };
}
