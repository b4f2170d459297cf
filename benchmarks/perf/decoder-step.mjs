/**
 * One full train step of a decoder as a program: forward, backward and AdamW over every weight. The subject of
 * `train-step.mjs`; `peers/train_step.py` does the same in PyTorch.
 */
import * as tf from "@tensorflow/tfjs";
import { float32, int32 } from "../../dist/engine/index.js";
import { decoderHidden, logitsAt } from "../../dist/lm/decoder.js";
import { initWeights } from "../../dist/lm/init.js";
import { targetLogProbs } from "../../dist/lm/target-log-probs.js";

/** 3.43 M parameters. */
export const decoder = {
  vocabSize: 1024,
  hiddenSize: 256,
  intermediateSize: 688,
  layers: 4,
  heads: 8,
  kvHeads: 8,
  headDim: 32,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  tieWordEmbeddings: true,
  attentionBias: false,
  maxPositions: 256,
  bosTokenId: null,
  eosTokenIds: [1],
};

export const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 };

/** FLOPs of the matrix products in one step: forward, and twice that backward. Attention is counted whole, as computed. */
export function stepFlops(config, batch, time) {
  const { hiddenSize, intermediateSize, layers, heads, kvHeads, headDim, vocabSize } = config;
  const block = hiddenSize * headDim * (2 * heads + 2 * kvHeads) + 3 * hiddenSize * intermediateSize;
  const forward =
    2 * batch * time * (layers * block + hiddenSize * vocabSize) + 4 * layers * batch * heads * time * time * headDim;
  return 3 * forward;
}

export function trainStep(config, batch, time) {
  const weights = initWeights(config, 7);
  const names = Object.keys(weights);
  const state = {};
  for (const name of names) {
    state[name] = weights[name];
    state[`m.${name}`] = float32(weights[name].shape);
    state[`v.${name}`] = float32(weights[name].shape);
  }
  const ids = { dtype: "int32", shape: [batch, time] };
  const every = Int32Array.from({ length: batch * time }, (_, i) => i);
  const program = ({ inputs, state: held }) => {
    const { tokens, targets, positions, segments, rates } = inputs;
    const flat = tf.tensor1d(every, "int32");
    const loss = (...values) => {
      const named = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      const hidden = decoderHidden(config, named, { tokens, positions, segments });
      const logits = logitsAt(config, named, hidden, flat);
      return tf.neg(tf.mean(targetLogProbs(logits, tf.reshape(targets, [batch * time]))));
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => held[name]));
    // AdamW on moments without their (1 − beta), which go into the rates: three passes fewer over every weight.
    const [decay, root, floor] = tf.unstack(rates);
    const next = {};
    for (const [i, name] of names.entries()) {
      const m = tf.add(tf.mul(held[`m.${name}`], adam.beta1), grads[i]);
      const v = tf.add(tf.mul(held[`v.${name}`], adam.beta2), tf.square(grads[i]));
      next[name] = tf.sub(tf.mul(held[name], decay), tf.div(m, tf.add(tf.mul(tf.sqrt(v), root), floor)));
      next[`m.${name}`] = m;
      next[`v.${name}`] = v;
    }
    return { outputs: { loss: value }, state: next };
  };
  const rows = (shift) =>
    Array.from({ length: batch * time }, (_, i) => {
      const [row, t] = [Math.floor(i / time), (i % time) + shift];
      return (row * 37 + t * (1 + (row % 5)) + ((t * t) % 7)) % config.vocabSize;
    });
  const inputs = (step) => {
    const rate = (adam.rate * (1 - adam.beta1)) / (1 - adam.beta1 ** (step + 1));
    return {
      tokens: int32([batch, time], rows(0)),
      targets: int32([batch, time], rows(1)),
      positions: int32(
        [batch, time],
        Array.from({ length: batch * time }, (_, i) => i % time),
      ),
      segments: int32([batch, time]),
      rates: float32(
        [3],
        [
          1 - adam.rate * adam.weightDecay,
          Math.sqrt((1 - adam.beta2) / (1 - adam.beta2 ** (step + 1))) / rate,
          adam.epsilon / rate,
        ],
      ),
    };
  };
  const signature = {
    inputs: { tokens: ids, targets: ids, positions: ids, segments: ids, rates: { dtype: "float32", shape: [3] } },
    state: Object.fromEntries(Object.entries(state).map(([key, { dtype, shape }]) => [key, { dtype, shape }])),
  };
  const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  return { program, signature, state, inputs, parameters, weights };
}
