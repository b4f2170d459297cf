/** The subject of `generation.mjs` and `mixtures.mjs`: a decoder from scratch, prompts, adapters, and how to time. */

import * as tf from "@tensorflow/tfjs";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { float32 } from "../../dist/engine/index.js";
import { initAdapter } from "../../dist/lm/adapters.js";

/** 0.86 M parameters. */
export const decoder = {
  vocabSize: 512,
  hiddenSize: 128,
  intermediateSize: 344,
  layers: 4,
  heads: 4,
  kvHeads: 4,
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

export const PROMPT_TOKENS = 12;
export const NEW_TOKENS = 64;

/** Rows for a generator: prompts of one length, as the rivals' batches want them. */
export function promptRows(count, seed = 1) {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: count }, (_, i) => ({
    prompt: Int32Array.from({ length: PROMPT_TOKENS }, () => uniformInt(random, 3, decoder.vocabSize - 1)),
    promptKey: `${i}`,
    sample: 0,
  }));
}

/** An adapter whose B is not zero, about as strong as a trained one. */
export function strongAdapter(seed, rank) {
  const random = xoroshiro128plus(seed);
  const config = { rank, alpha: 2 * rank, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };
  const { tensors } = initAdapter(decoder, config, seed);
  for (const [name, { data }] of Object.entries(tensors)) {
    if (name.endsWith(".lora_B")) for (let i = 0; i < data.length; i++) data[i] = uniformInt(random, -1000, 1000) / 2e4;
  }
  return { config, tensors };
}

/** A function that times one 1024³ product through the engine and returns its FLOP/s. */
export async function productRate(engine) {
  const side = 1024;
  const spec = { dtype: "float32", shape: [side, side] };
  const product = await engine.compile(
    "product",
    ({ inputs }) => ({ outputs: { y: tf.max(tf.matMul(inputs.a, inputs.b)) } }),
    { inputs: { a: spec, b: spec } },
  );
  const matrix = float32(
    [side, side],
    Float32Array.from({ length: side * side }, (_, i) => Math.sin(i)),
  );
  return async () => {
    const ms = await timed(10, () => product.run({ a: matrix, b: matrix }));
    return (2 * side ** 3) / (ms / 1000);
  };
}

export async function timed(count, run) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - start) / count;
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Share of rows whose texts are equal. */
export function equalTexts(ours, theirs) {
  const same = ours.filter(({ tokens }, i) => `${tokens}` === `${theirs[i].tokens ?? theirs[i]}`).length;
  return same / ours.length;
}
