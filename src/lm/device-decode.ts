/**
 * Decoding where the cache stays on the device: one pass over the prompts, then calls that decode several tokens each, chosen
 * inside the graph, so that a call moves a few numbers a token over the bus and not the cache.
 *
 * Each row's tokens lie at the end of its slots: prompts are padded on the left, and a call drops as many slots at the front as
 * it adds tokens at the end. So every row is written at the same place, whatever its length, by one copy a call.
 */
import * as tf from "@tensorflow/tfjs";
import type { Program, ProgramValues, TensorSpec, TfTensors } from "../engine/engine.js";
import { logSoftmax } from "../engine/fused-ops.js";
import type { Bank } from "./adapters.js";
import { mixBank } from "./adapters.js";
import { MASKED } from "./attention.js";
import type { DecoderConfig } from "./config.js";
import { decodeToken, groupProducts, need, stepTables } from "./decode-step.js";
import { decoderHidden, logitsAt } from "./decoder.js";
import type { FusedBank } from "./fused-weights.js";

export interface DeviceShape {
  readonly rows: number;
  /** Slots of the cache; at least the longest text and the tokens of one call. */
  readonly capacity: number;
}

/** How tokens are chosen and what is said of them. */
export interface Choice {
  /** The largest logit's; else drawn by `noise`. */
  readonly greedy: boolean;
  readonly logProbs: boolean;
}

/** `keys.<layer>`, `values.<layer>` [rows · kvHeads, capacity, headDim]; `length`, `token` int32 [rows]. */
export function deviceState(config: DecoderConfig, { rows, capacity }: DeviceShape): Record<string, TensorSpec> {
  const { kvHeads, headDim, layers } = config;
  const cache: TensorSpec = { dtype: "float32", shape: [rows * kvHeads, capacity, headDim] };
  const state: Record<string, TensorSpec> = {
    length: { dtype: "int32", shape: [rows] },
    token: { dtype: "int32", shape: [rows] },
  };
  for (let layer = 0; layer < layers; layer++) {
    state[`keys.${layer}`] = cache;
    state[`values.${layer}`] = cache;
  }
  return state;
}

/** `noise` [rows, tokens] in [0, 1) and `inverseTemperature` [1], unless greedy; `coefficients` [rows, adapters] with a bank. */
export function choiceSignature(
  rows: number,
  tokens: number,
  choice: Choice,
  adapters: number,
): Record<string, TensorSpec> {
  return {
    ...(choice.greedy
      ? {}
      : {
          noise: { dtype: "float32", shape: [rows, tokens] },
          inverseTemperature: { dtype: "float32", shape: [1] },
        }),
    ...(adapters === 0 ? {} : { coefficients: { dtype: "float32", shape: [rows, adapters] } }),
  } as const;
}

/**
 * Whole prompts, padded on the left: `tokens`, `positions`, `segments` int32 [rows, length] (segment −1 for padding), `lengths`
 * int32 [rows]. Fills the cache and yields each row's first token: outputs `tokens` int32 [rows, 1], `logitSums` [rows] (not
 * finite where some logit is not) and, where asked, `logProbs` [rows, 1].
 */
export function devicePrefillProgram(
  config: DecoderConfig,
  { rows, capacity }: DeviceShape,
  length: number,
  choice: Choice,
  bank: Bank | null,
): Program {
  const { kvHeads, headDim } = config;
  return (values) => {
    const all = merged(values);
    const { coefficients } = values.inputs;
    const adapters = bank !== null && coefficients !== undefined ? mixBank(bank, all, coefficients) : undefined;
    const state: TfTensors = {};
    const empty = [rows * kvHeads, capacity - length, headDim] as const;
    const cached = (part: tf.Tensor): tf.Tensor => {
      const laid = tf.reshape(part, [rows * kvHeads, length, headDim]);
      return capacity === length ? tf.clone(laid) : tf.concat([tf.zeros([...empty]), laid], 1);
    };
    const batch = { tokens: need(all, "tokens"), positions: need(all, "positions"), segments: need(all, "segments") };
    const hidden = decoderHidden(config, all, batch, adapters, (layer, keys, values) => {
      state[`keys.${layer}`] = cached(keys);
      state[`values.${layer}`] = cached(values);
    });
    const last = tf.tensor1d(
      Int32Array.from({ length: rows }, (_, row) => (row + 1) * length - 1),
      "int32",
    );
    const chosen = choose(logitsAt(config, all, hidden, last), choice, all, 0);
    return {
      outputs: together([chosen], rows),
      state: { ...state, token: chosen.token, length: tf.clone(need(all, "lengths")) },
    };
  };
}

/** `count` more tokens a row, from the state: the same outputs, of `count` columns. */
export function deviceStepProgram(
  config: DecoderConfig,
  { rows, capacity }: DeviceShape,
  count: number,
  choice: Choice,
  bank: FusedBank | null,
): Program {
  const { heads, kvHeads, layers } = config;
  // A row that has ended goes on until the batch does; nobody reads what it says.
  const tables = stepTables(config, capacity + count);
  return (values) => {
    const all = merged(values);
    const linear = groupProducts(all, bank, rows);
    const length = need(all, "length");
    const mask = pastMask(length, capacity, kvHeads);
    const fresh = Array.from({ length: layers }, (): { keys: tf.Tensor[]; values: tf.Tensor[] } => ({
      keys: [],
      values: [],
    }));
    const chosen: Chosen[] = [];
    let token = need(all, "token");
    for (let step = 0; step < count; step++) {
      const positions = tf.add(length, tf.scalar(step, "int32"));
      const rotation = ["cos", "sin"].map((side) => {
        const table = tables[side];
        if (table === undefined) throw new Error(`no table ${side}`);
        return tf.gather(tf.tensor(table.data, [...table.shape]), positions);
      }) as [tf.Tensor, tf.Tensor];
      const hidden = decodeToken(config, all, rows, linear, token, rotation, (layer, q, k, v) => {
        const own = fresh[layer];
        if (own === undefined) throw new Error(`no layer ${layer}`);
        own.keys.push(k);
        own.values.push(v);
        const [keys, values] = [joined(own.keys), joined(own.values)];
        const past = tf.add(tf.matMul(q, need(all, `keys.${layer}`), false, true), mask);
        const weights = tf.softmax(tf.concat([tf.matMul(q, keys, false, true), past], 2));
        const group = [rows * kvHeads, heads / kvHeads] as const;
        const seen = own.keys.length;
        return tf.add(
          tf.matMul(tf.slice(weights, [0, 0, seen], [...group, capacity]), need(all, `values.${layer}`)),
          tf.matMul(tf.slice(weights, [0, 0, 0], [...group, seen]), values),
        );
      });
      const next = choose(tf.matMul(hidden, need(all, "head")), choice, all, step);
      chosen.push(next);
      token = next.token;
    }
    const state: TfTensors = { token, length: tf.add(length, tf.scalar(count, "int32")) };
    for (const [layer, { keys, values }] of fresh.entries()) {
      state[`keys.${layer}`] = shifted(need(all, `keys.${layer}`), keys);
      state[`values.${layer}`] = shifted(need(all, `values.${layer}`), values);
    }
    return { outputs: together(chosen, rows), state };
  };
}

interface Chosen {
  /** int32 [rows]. */
  readonly token: tf.Tensor;
  /** [rows]. */
  readonly logitSum: tf.Tensor;
  /** [rows]. */
  readonly logProb: tf.Tensor | null;
}

function choose(logits: tf.Tensor, choice: Choice, all: TfTensors, column: number): Chosen {
  const [rows, vocab] = logits.shape as [number, number];
  const token = choice.greedy ? largest(logits) : draw(logits, all, column);
  const logitSum = tf.sum(logits, -1);
  if (!choice.logProbs) return { token, logitSum, logProb: null };
  const ids = tf.reshape(tf.range(0, vocab, 1, "float32"), [1, vocab]);
  const own = tf.cast(tf.equal(ids, tf.reshape(tf.cast(token, "float32"), [rows, 1])), "float32");
  return { token, logitSum, logProb: tf.sum(tf.mul(logSoftmax(logits), own), -1) };
}

/** The first of the largest logits, int32 [rows]: ArgMax yields 64-bit integers, which WebGPU does not have. */
function largest(logits: tf.Tensor): tf.Tensor {
  const vocab = logits.shape[1] ?? 0;
  const ids = tf.reshape(tf.range(0, vocab, 1, "float32"), [1, vocab]);
  const rank = tf.where(tf.equal(logits, tf.max(logits, -1, true)), ids, tf.scalar(vocab - 1));
  return tf.cast(tf.min(rank, -1), "int32");
}

/** Inverts the running sum of probabilities at the row's noise, as `drawToken` does. */
function draw(logits: tf.Tensor, all: TfTensors, column: number): tf.Tensor {
  const [rows, vocab] = logits.shape as [number, number];
  const sums = tf.cumsum(tf.softmax(tf.mul(logits, need(all, "inverseTemperature"))), 1);
  const total = tf.slice(sums, [0, vocab - 1], [rows, 1]);
  const threshold = tf.mul(tf.slice(need(all, "noise"), [0, column], [rows, 1]), total);
  const passed = tf.sum(tf.cast(tf.lessEqual(sums, threshold), "float32"), -1);
  return tf.cast(tf.minimum(passed, vocab - 1), "int32");
}

/** 0 at the last `length` slots of a row and `MASKED` before them, [rows · kvHeads, 1, capacity]. */
function pastMask(length: tf.Tensor, capacity: number, kvHeads: number): tf.Tensor {
  const rows = length.shape[0] ?? 0;
  // In floats: see the mask of attention.
  const slots = tf.reshape(tf.range(0, capacity, 1, "float32"), [1, capacity]);
  const first = tf.reshape(tf.sub(capacity, tf.cast(length, "float32")), [rows, 1]);
  const seen = tf.cast(tf.greaterEqual(slots, first), "float32");
  const mask = tf.reshape(tf.mul(tf.sub(seen, 1), -MASKED), [rows, 1, capacity]);
  return tf.reshape(tf.tile(mask, [1, kvHeads, 1]), [rows * kvHeads, 1, capacity]);
}

/** The cache without its first slots, and the new tokens behind. */
function shifted(cache: tf.Tensor, fresh: tf.Tensor[]): tf.Tensor {
  const [rows, capacity, size] = cache.shape as [number, number, number];
  const kept = tf.slice(cache, [0, fresh.length, 0], [rows, capacity - fresh.length, size]);
  return tf.concat([kept, ...fresh], 1);
}

function joined(tensors: tf.Tensor[]): tf.Tensor {
  const [first] = tensors;
  return tensors.length === 1 && first !== undefined ? first : tf.concat(tensors, 1);
}

function together(chosen: readonly Chosen[], rows: number): TfTensors {
  const columns = (part: (of: Chosen) => tf.Tensor): tf.Tensor =>
    joined(chosen.map((each) => tf.reshape(part(each), [rows, 1])));
  const logProbs = chosen.flatMap(({ logProb }) => (logProb === null ? [] : [tf.reshape(logProb, [rows, 1])]));
  return {
    tokens: columns(({ token }) => token),
    logitSums: chosen.map(({ logitSum }) => logitSum).reduce((sum, each) => tf.add(sum, each)),
    ...(logProbs.length === 0 ? {} : { logProbs: joined(logProbs) }),
  };
}

function merged({ constants, state, inputs }: ProgramValues): TfTensors {
  return { ...constants, ...state, ...inputs };
}
