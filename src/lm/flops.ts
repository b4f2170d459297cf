/**
 * FLOPs by formula, over non-padding tokens: the unit of every budget. A multiply-add counts 2; norms, softmax,
 * rotation and other elementwise work are not counted.
 *
 * forward = 2·(block weights)·tokens + 4·layers·heads·headDim·(query, key pairs) + 2·hidden·vocab·logits
 *           [+ 2·(adapter weights)·tokens for each adapter applied]
 * backward with respect to all weights = 2 · forward
 * backward with respect to an adapter = forward (gradients of activations) + the attention part once more (two operands)
 *           + 2·(adapter weights)·tokens (its own); nothing for the gradients of frozen weights.
 */
import type { AdapterConfig } from "./adapters.js";
import { adapterShapes } from "./adapters.js";
import type { BlockModule, DecoderConfig } from "./config.js";
import { BLOCK_MODULES, moduleShape } from "./config.js";
import type { PairRow } from "./pairs.js";
import type { SequenceRow } from "./sequences.js";

/** What one pass has to do, without padding. */
export interface PassCount {
  readonly tokens: number;
  /** (query, key) pairs that the mask lets through, per head and layer. */
  readonly attended: number;
  /** Positions whose vocabulary logits are computed. */
  readonly logits: number;
}

const triangle = (n: number): number => (n * (n + 1)) / 2;

/** Pairs packed one a row: the prompt counts once. */
export function countPairs(rows: readonly PairRow[]): PassCount {
  let [tokens, attended, logits] = [0, 0, 0];
  for (const { prompt, chosen, rejected } of rows) {
    tokens += prompt.length + chosen.length + rejected.length;
    attended += triangle(prompt.length);
    for (const side of [chosen, rejected]) attended += side.length * prompt.length + triangle(side.length);
    logits += chosen.length + rejected.length;
  }
  return { tokens, attended, logits };
}

/** Plain sequences, each a row. */
export function countSequences(rows: readonly SequenceRow[]): PassCount {
  let [tokens, attended, logits] = [0, 0, 0];
  for (const { prompt, response } of rows) {
    tokens += prompt.length + response.length;
    attended += triangle(prompt.length + response.length);
    logits += response.length;
  }
  return { tokens, attended, logits };
}

/** Generation with a cache: each token passes once; the last one generated is not fed back. */
export function countGeneration(rows: readonly { promptTokens: number; newTokens: number }[]): PassCount {
  let [tokens, attended, logits] = [0, 0, 0];
  for (const { promptTokens, newTokens } of rows) {
    const fed = promptTokens + Math.max(0, newTokens - 1);
    tokens += fed;
    attended += triangle(fed);
    logits += newTokens;
  }
  return { tokens, attended, logits };
}

/** Weights of the blocks' linear layers. */
export function blockParameters(config: DecoderConfig): number {
  const modules = Object.keys(BLOCK_MODULES) as BlockModule[];
  return config.layers * modules.reduce((sum, module) => sum + product(moduleShape(config, module)), 0);
}

/** Weights of one adapter. */
export function adapterParameters(config: DecoderConfig, adapter: AdapterConfig): number {
  return Object.values(adapterShapes(config, adapter)).reduce((sum, shape) => sum + product(shape), 0);
}

/** A forward pass, with the adapters that it applies. */
export function forwardFlops(config: DecoderConfig, count: PassCount, adapters: readonly AdapterConfig[] = []): number {
  const adapted = adapters.reduce((sum, adapter) => sum + adapterParameters(config, adapter), 0);
  return (
    2 * (blockParameters(config) + adapted) * count.tokens +
    4 * config.layers * config.heads * config.headDim * count.attended +
    2 * config.hiddenSize * config.vocabSize * count.logits
  );
}

/** The backward pass of SFT and of reward models: every weight has a gradient. */
export function backwardFlops(config: DecoderConfig, count: PassCount): number {
  return 2 * forwardFlops(config, count);
}

/** The backward pass of adapter training: the base is frozen. */
export function adapterBackwardFlops(config: DecoderConfig, count: PassCount, adapter: AdapterConfig): number {
  return (
    forwardFlops(config, count, [adapter]) +
    attentionFlops(config, count) +
    2 * adapterParameters(config, adapter) * count.tokens
  );
}

/** Attention's own part of a forward pass. */
function attentionFlops(config: DecoderConfig, count: PassCount): number {
  return 4 * config.layers * config.heads * config.headDim * count.attended;
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, n) => total * n, 1);
}
