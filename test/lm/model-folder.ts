/** Folders in Hugging Face's layout, written by hand, for the tests that read them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { float32, type HostTensor } from "../../src/engine/engine.js";
import { trainBpe } from "../../src/lm/bpe.js";
import { type DecoderConfig, weightShapes } from "../../src/lm/config.js";
import type { ModelFolder } from "../../src/lm/huggingface.js";
import { Tokenizer } from "../../src/lm/tokenizer.js";

export const SMALL: DecoderConfig = {
  vocabSize: 270,
  hiddenSize: 8,
  intermediateSize: 12,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  rmsNormEps: 1e-5,
  ropeTheta: 5000,
  ropeScaling: null,
  tieWordEmbeddings: false,
  attentionBias: false,
  maxPositions: 64,
  bosTokenId: null,
  eosTokenIds: [1],
};

export function randomTensor(seed: number, shape: readonly number[]): HostTensor {
  const random = xoroshiro128plus(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    shape,
    Float32Array.from({ length: size }, () => uniformInt(random, -1000, 1000) / 1000),
  );
}

export function smallModel(config: DecoderConfig = SMALL): ModelFolder {
  const weights: Record<string, HostTensor> = {};
  let seed = 1;
  for (const [name, shape] of Object.entries(weightShapes(config))) weights[name] = randomTensor(seed++, shape);
  const tokenizer = new Tokenizer(trainBpe(["the cat and the cat and the cat"], { vocabSize: 265 }));
  return { config, weights, tokenizer };
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}

/** Changes keys of a JSON file; undefined removes one. */
export function editJson(dir: string, file: string, changes: Record<string, unknown>): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, file), JSON.stringify({ ...readJson(join(dir, file)), ...changes }));
}
