/** Small decoders, adapters and rows that the tests of this folder share. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { HostTensor } from "../../src/engine/engine.js";
import type { Adapter, AdapterConfig } from "../../src/lm/adapters.js";
import { initAdapter } from "../../src/lm/adapters.js";
import type { DecoderConfig } from "../../src/lm/config.js";

export const TINY: DecoderConfig = {
  vocabSize: 23,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  ropeScaling: null,
  tieWordEmbeddings: false,
  attentionBias: false,
  maxPositions: 128,
  bosTokenId: 1,
  eosTokenIds: [2],
};

export const TINY_ADAPTER: AdapterConfig = { rank: 3, alpha: 6, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };

/** An adapter whose B is not zero, so that it changes something. */
export function trainedAdapter(
  seed: number,
  adapter: AdapterConfig = TINY_ADAPTER,
  config: DecoderConfig = TINY,
): Adapter {
  const fresh = initAdapter(config, adapter, seed);
  const random = xoroshiro128plus(seed + 1000);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(fresh.tensors)) {
    const data = name.endsWith(".lora_B")
      ? Float32Array.from(tensor.data, () => uniformInt(random, -1000, 1000) / 3000)
      : Float32Array.from(tensor.data);
    tensors[name] = { dtype: "float32", shape: tensor.shape, data };
  }
  return { config: adapter, tensors };
}

/** Seeded token ids from 3 up. */
export function randomIds(seed: number, length: number, vocabSize = TINY.vocabSize): Int32Array {
  const random = xoroshiro128plus(seed);
  return Int32Array.from({ length }, () => uniformInt(random, 3, vocabSize - 1));
}

/** Largest |a − b|; NaN where either has one. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
