/** Plain rows: a prompt and one response, and the log-probability of each response token. */
import type * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorSpec, TfTensors } from "../engine/engine.js";
import { int32 } from "../engine/engine.js";
import type { BankTensors } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";
import { decoderHiddenAt, headLogits } from "./decoder.js";
import { targetLogProbs } from "./target-log-probs.js";

export interface SequenceRow {
  readonly prompt: Int32Array;
  /** Ends with the end-of-sequence token where the text ended. */
  readonly response: Int32Array;
}

export interface SequenceShape {
  readonly rows: number;
  /** Columns, a bucket. */
  readonly length: number;
  /** Places for predicted response tokens, a bucket. */
  readonly selected: number;
}

export interface SequenceBatch {
  readonly shape: SequenceShape;
  /** Inputs of a program with `sequenceSignature(shape)`. */
  readonly inputs: Record<string, HostTensor>;
  /** First selected place of each row, and one past the last row's last: row i has `offsets[i] … offsets[i+1] − 1`. */
  readonly offsets: Int32Array;
}

/** The smallest bucketed shape that holds these rows. */
export function sequenceShape(rows: readonly SequenceRow[]): SequenceShape {
  return {
    rows: rows.length,
    length: bucketLength(Math.max(...rows.map((row) => row.prompt.length + row.response.length))),
    selected: bucketLength(rows.reduce((sum, row) => sum + row.response.length, 0)),
  };
}

/**
 * `tokens`, `positions`, `segments` int32 [rows, length]; `predictors`, `targets`, `owners` int32 [selected] (flat
 * position that predicts, token predicted, row; padding has row `rows`).
 */
export function sequenceSignature({ rows, length, selected }: SequenceShape): Record<string, TensorSpec> {
  const ids = { dtype: "int32", shape: [rows, length] } as const;
  const places = { dtype: "int32", shape: [selected] } as const;
  return { tokens: ids, positions: ids, segments: ids, predictors: places, targets: places, owners: places };
}

/**
 * Packs rows into a batch. A `shape` larger than needed changes nothing but the padding.
 * @throws Error for an empty prompt or response, or a row that does not fit `shape`.
 */
export function packSequences(rows: readonly SequenceRow[], shape: SequenceShape = sequenceShape(rows)): SequenceBatch {
  const { length, selected } = shape;
  if (rows.length > shape.rows) throw new Error(`${rows.length} sequences do not fit a batch of ${shape.rows}`);
  const tokens = new Int32Array(shape.rows * length);
  const positions = new Int32Array(shape.rows * length);
  const segments = new Int32Array(shape.rows * length).fill(-1);
  const predictors = new Int32Array(selected);
  const targets = new Int32Array(selected);
  const owners = new Int32Array(selected).fill(shape.rows);
  const offsets = new Int32Array(rows.length + 1);
  let place = 0;
  for (const [index, { prompt, response }] of rows.entries()) {
    const total = prompt.length + response.length;
    if (total > length) throw new Error(`a sequence of ${total} tokens does not fit ${length} columns`);
    if (prompt.length === 0) throw new Error(`sequence ${index} of the batch has an empty prompt`);
    if (response.length === 0) throw new Error(`sequence ${index} of the batch has an empty response`);
    if (place + response.length > selected) throw new Error(`the batch predicts more than ${selected} tokens`);
    const start = index * length;
    tokens.set(prompt, start);
    tokens.set(response, start + prompt.length);
    for (let i = 0; i < total; i++) positions[start + i] = i;
    segments.fill(0, start, start + total);
    for (const target of response) {
      predictors[place] = start + prompt.length - 1 + place - (offsets[index] ?? 0);
      targets[place] = target;
      owners[place] = index;
      place++;
    }
    offsets[index + 1] = place;
  }
  return {
    shape,
    inputs: {
      tokens: int32([shape.rows, length], tokens),
      positions: int32([shape.rows, length], positions),
      segments: int32([shape.rows, length], segments),
      predictors: int32([selected], predictors),
      targets: int32([selected], targets),
      owners: int32([selected], owners),
    },
    offsets,
  };
}

/** In a program: log-prob of each selected response token [selected] of a batch packed by `packSequences`. */
export function sequenceLogProbs(
  config: DecoderConfig,
  weights: TfTensors,
  inputs: TfTensors,
  adapters?: BankTensors,
): tf.Tensor {
  const { targets } = inputs;
  if (!targets) throw new Error("sequenceLogProbs needs the inputs of sequenceSignature");
  return targetLogProbs(headLogits(config, weights, sequenceHidden(config, weights, inputs, adapters)), targets);
}

/** In a program: hidden states [selected, hidden] at the predictors of a batch packed by `packSequences`. */
export function sequenceHidden(
  config: DecoderConfig,
  weights: TfTensors,
  inputs: TfTensors,
  adapters?: BankTensors,
): tf.Tensor {
  const { tokens, positions, segments, predictors } = inputs;
  if (!tokens || !positions || !segments || !predictors) {
    throw new Error("sequences need the inputs of sequenceSignature");
  }
  return decoderHiddenAt(config, weights, { tokens, positions, segments }, predictors, adapters);
}
