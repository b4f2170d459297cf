/**
 * Log-probs of the training pairs under frozen policies: the base (the reference of DPO) and margin models. Computed once a
 * worker for a pair and shared by every task that needs them; each task charges for the pairs it uses.
 *
 * Rows go through in fixed chunks (sorted by length, whatever was asked for first), so a pair's number does not depend on
 * who asked: no method's bits depend on another's.
 */
import { setImmediate } from "node:timers/promises";
import { type Engine, FittingRows, type HostTensor, hasOwnMemory, type TensorMap } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { singleAdapter } from "../lm/adapters.js";
import type { DecoderConfig } from "../lm/config.js";
import { forwardFlops } from "../lm/flops.js";
import type { PairRow, PairShape } from "../lm/pairs.js";
import { packPairs, pairLength, pairLogProbs, pairSignature } from "../lm/pairs.js";
import { fewShapes, SHAPE_WORTH, shapeFor, shapeKey, tightShape } from "./batches.js";
import type { ArtefactRef, TaskEnv } from "./task.js";
import { contentKey } from "./task.js";

/** Tokens, padding included, and rows that a chunk may have: on a card enough to keep it busy. */
const CHUNK = { host: { tokens: 4096, rows: 64 }, device: { tokens: 32_768, rows: 256 } };
const SHAPES = 4;

/** No more rows than there are: a chunk is padded to its full size. */
function fewer<T extends { readonly rows: number }>(chunk: T, pairs: number): T {
  return { ...chunk, rows: Math.max(1, Math.min(chunk.rows, pairs)) };
}

interface Chunk {
  readonly rows: readonly number[];
  readonly shape: PairShape;
  done: boolean;
}

interface Table {
  /** [pair, side] flat: chosen, rejected. */
  readonly values: Float32Array;
  readonly chunks: readonly Chunk[];
  readonly chunkOf: Int32Array;
}

/** One policy that log-probs are taken under: the base (`adapter` absent) or the base with an adapter. */
export interface FrozenPolicy {
  readonly adapter?: { readonly ref: ArtefactRef; readonly config: AdapterConfig };
}

export class PairLogProbs {
  readonly #tables = new Map<string, Table>();
  #fitting: FittingRows | undefined;

  fitting(engine: Engine): FittingRows {
    this.#fitting ??= new FittingRows(engine, "pairs under a frozen policy");
    return this.#fitting;
  }

  /** The table of `value`'s pairs under `policy`, empty at first. */
  table(env: TaskEnv, value: string, policy: FrozenPolicy): Table {
    const key = JSON.stringify([value, policy.adapter?.ref ?? null]);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const pairs = env.pairs[value] ?? [];
    const chunks = chunksOf(
      pairs,
      env.model.config,
      hasOwnMemory(env.engine.id) ? fewer(CHUNK.device, pairs.length) : CHUNK.host,
    );
    const chunkOf = new Int32Array(pairs.length);
    chunks.forEach((chunk, i) => {
      for (const row of chunk.rows) chunkOf[row] = i;
    });
    const table = { values: new Float32Array(2 * pairs.length), chunks, chunkOf };
    this.#tables.set(key, table);
    return table;
  }
}

/**
 * Summed response log-probs of the pairs `rows` of `value`, [rows, 2] (chosen, rejected), computed where they are not known.
 */
export async function frozenLogProbs(
  env: TaskEnv,
  value: string,
  rows: readonly number[],
  policy: FrozenPolicy,
  signal: AbortSignal,
): Promise<Float32Array> {
  const table = env.logProbs.table(env, value, policy);
  let adapter: TensorMap | undefined;
  for (const row of rows) {
    const chunk = table.chunks[table.chunkOf[row] ?? -1];
    if (chunk === undefined) throw new Error(`value "${value}" has no pair ${row}`);
    if (chunk.done) continue;
    await setImmediate();
    signal.throwIfAborted();
    if (policy.adapter !== undefined) adapter ??= await env.artefact(policy.adapter.ref);
    await fill(env, value, table, chunk, policy, adapter);
  }
  const result = new Float32Array(2 * rows.length);
  rows.forEach((row, i) => {
    result.set(table.values.subarray(2 * row, 2 * row + 2), 2 * i);
  });
  return result;
}

/** The base's log-probs of a value's pairs: the reference of DPO. */
export function referenceLogProbs(
  env: TaskEnv,
  value: string,
  rows: readonly number[],
  signal: AbortSignal,
): Promise<Float32Array> {
  return frozenLogProbs(env, value, rows, {}, signal);
}

async function fill(
  env: TaskEnv,
  value: string,
  table: Table,
  chunk: Chunk,
  policy: FrozenPolicy,
  adapter: TensorMap | undefined,
): Promise<void> {
  await env.logProbs.fitting(env.engine).inParts(chunk.rows, chunk.rows.length, async (rows) => {
    const pairs = rows.map((row) => pairAt(env, value, row));
    const shape = rows.length === chunk.rows.length ? chunk.shape : tightShape(pairs);
    const logProbs = await logProbsOf(env, pairs, shape, policy, adapter);
    rows.forEach((row, i) => {
      table.values[2 * row] = logProbs.data[2 * i] ?? Number.NaN;
      table.values[2 * row + 1] = logProbs.data[2 * i + 1] ?? Number.NaN;
    });
  });
  chunk.done = true;
}

/** [pairs, 2], with what pads the shape behind. */
async function logProbsOf(
  env: TaskEnv,
  pairs: readonly PairRow[],
  shape: PairShape,
  policy: FrozenPolicy,
  adapter: TensorMap | undefined,
): Promise<HostTensor> {
  const { config, weights } = env.model;
  const adapterConfig = policy.adapter?.config;
  const name = `pair-log-probs/${shapeKey(shape)}/${adapterConfig === undefined ? "base" : contentKey(adapterConfig)}`;
  const executable = await env.executables.get(name, () => ({
    program: ({ inputs, constants }) => {
      const bank = adapterConfig === undefined ? undefined : singleAdapter(config, adapterConfig, inputs);
      return { outputs: { logProbs: pairLogProbs(config, constants, inputs, bank) } };
    },
    signature: {
      inputs: { ...pairSignature(shape), ...specsOf(adapter ?? {}) },
      constants: weights,
    },
  }));
  const { logProbs } = await executable.run({ ...packPairs(pairs, shape).inputs, ...adapter });
  if (logProbs === undefined) throw new Error("pair-log-probs returned nothing");
  return logProbs;
}

/** @throws Error naming the value that has no such pair. */
export function pairAt(env: TaskEnv, value: string, row: number): TaskEnv["pairs"][string][number] {
  const pair = env.pairs[value]?.[row];
  if (pair === undefined) throw new Error(`value "${value}" has no training pair ${row}`);
  return pair;
}

function chunksOf(
  pairs: readonly PairRow[],
  config: DecoderConfig,
  most: { readonly tokens: number; readonly rows: number },
): Chunk[] {
  const lengths = pairs.map(pairLength);
  const order = pairs.map((_, i) => i).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const cost = ({ rows, length, selected }: PairShape) =>
    forwardFlops(config, { tokens: rows * length, attended: rows * length ** 2, logits: selected });
  const planned: { rows: number[]; shape: PairShape }[] = [];
  for (let start = 0; start < order.length; ) {
    const longest = lengths[order[start] ?? 0] ?? 1;
    const size = Math.max(1, Math.min(most.rows, Math.floor(most.tokens / longest)));
    const rows = order.slice(start, start + size);
    const members = rows.flatMap((row) => pairs[row] ?? []);
    planned.push({ rows, shape: { ...tightShape(members), rows: size } });
    start += size;
  }
  const shapes = fewShapes(
    planned.map(({ shape }) => shape),
    SHAPES,
    cost,
    SHAPE_WORTH,
  );
  return planned.map(({ rows, shape }) => ({ rows, shape: shapeFor(shape, shapes, cost), done: false }));
}

function specsOf(tensors: TensorMap): Record<string, Pick<HostTensor, "dtype" | "shape">> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
