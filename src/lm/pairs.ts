/**
 * A preference pair is one row: the prompt once, then chosen and rejected side by side, each attending to the prompt and
 * to itself, with positions that both continue from the prompt. Exact: loss and gradients equal two separate rows.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorSpec, TfTensors } from "../engine/engine.js";
import { float32, int32 } from "../engine/engine.js";
import type { BankTensors } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";
import { decoderHiddenAt, headLogits } from "./decoder.js";
import { targetLogProbs } from "./target-log-probs.js";

/** Token ids; a response ends with the end-of-sequence token where the text ended. */
export interface PairRow {
  readonly prompt: Int32Array;
  readonly chosen: Int32Array;
  readonly rejected: Int32Array;
}

export interface PairShape {
  readonly rows: number;
  /** Columns, a bucket. */
  readonly length: number;
  /** Places for predicted response tokens, a bucket. */
  readonly selected: number;
}

export interface PairBatch {
  readonly shape: PairShape;
  /** Inputs of a program with `pairSignature(shape)`. */
  readonly inputs: Record<string, HostTensor>;
}

/** Tokens of the row that holds the pair. */
export function pairLength(row: PairRow): number {
  return row.prompt.length + row.chosen.length + row.rejected.length;
}

/** The smallest bucketed shape that holds these pairs. */
export function pairShape(rows: readonly PairRow[]): PairShape {
  const selected = rows.reduce((sum, row) => sum + row.chosen.length + row.rejected.length, 0);
  return {
    rows: rows.length,
    length: bucketLength(Math.max(...rows.map(pairLength))),
    selected: bucketLength(selected),
  };
}

/**
 * The inputs that `pairLogProbs` reads: `tokens`, `positions`, `segments` int32 [rows, length]; `predictors`, `targets`,
 * `sides` int32 [selected] (flat position that predicts, token predicted, 2·row + side; padding has side 2·rows);
 * `responseLengths` float32 [rows, 2].
 */
export function pairSignature({ rows, length, selected }: PairShape): Record<string, TensorSpec> {
  const ids = { dtype: "int32", shape: [rows, length] } as const;
  const places = { dtype: "int32", shape: [selected] } as const;
  return {
    tokens: ids,
    positions: ids,
    segments: ids,
    predictors: places,
    targets: places,
    sides: places,
    responseLengths: { dtype: "float32", shape: [rows, 2] },
  };
}

/**
 * Packs pairs into a batch. A `shape` larger than needed changes nothing but the padding.
 * @throws Error for an empty prompt or response, or a pair that does not fit `shape`.
 */
export function packPairs(rows: readonly PairRow[], shape: PairShape = pairShape(rows)): PairBatch {
  const { length, selected } = shape;
  if (rows.length > shape.rows) throw new Error(`${rows.length} pairs do not fit a batch of ${shape.rows}`);
  const tokens = new Int32Array(shape.rows * length);
  const positions = new Int32Array(shape.rows * length);
  const segments = new Int32Array(shape.rows * length).fill(-1);
  const predictors = new Int32Array(selected);
  const targets = new Int32Array(selected);
  const sides = new Int32Array(selected).fill(2 * shape.rows);
  const responseLengths = new Float32Array(shape.rows * 2);
  let place = 0;
  for (const [index, row] of rows.entries()) {
    const { prompt } = row;
    if (pairLength(row) > length) throw new Error(`a pair of ${pairLength(row)} tokens does not fit ${length} columns`);
    if (prompt.length === 0) throw new Error(`pair ${index} of the batch has an empty prompt`);
    const start = index * length;
    tokens.set(prompt, start);
    for (let i = 0; i < prompt.length; i++) positions[start + i] = i;
    segments.fill(0, start, start + prompt.length);
    let offset = start + prompt.length;
    for (const [side, response] of [row.chosen, row.rejected].entries()) {
      if (response.length === 0) throw new Error(`pair ${index} of the batch has an empty response`);
      if (place + response.length > selected) throw new Error(`the batch predicts more than ${selected} tokens`);
      tokens.set(response, offset);
      segments.fill(side + 1, offset, offset + response.length);
      for (let i = 0; i < response.length; i++) {
        positions[offset + i] = prompt.length + i;
        predictors[place] = i === 0 ? start + prompt.length - 1 : offset + i - 1;
        targets[place] = response[i] ?? 0;
        sides[place] = 2 * index + side;
        place++;
      }
      responseLengths[2 * index + side] = response.length;
      offset += response.length;
    }
  }
  return {
    shape,
    inputs: {
      tokens: int32([shape.rows, length], tokens),
      positions: int32([shape.rows, length], positions),
      segments: int32([shape.rows, length], segments),
      predictors: int32([selected], predictors),
      targets: int32([selected], targets),
      sides: int32([selected], sides),
      responseLengths: float32([shape.rows, 2], responseLengths),
    },
  };
}

/** In a program: summed response log-probs [rows, 2] (chosen, rejected) of a batch packed by `packPairs`. */
export function pairLogProbs(
  config: DecoderConfig,
  weights: TfTensors,
  inputs: TfTensors,
  adapters?: BankTensors,
): tf.Tensor {
  const { tokens, positions, segments, predictors, targets, sides } = inputs;
  if (!tokens || !positions || !segments || !predictors || !targets || !sides) {
    throw new Error("pairLogProbs needs the inputs of pairSignature");
  }
  const rows = tokens.shape[0] ?? 0;
  const hidden = decoderHiddenAt(config, weights, { tokens, positions, segments }, predictors, adapters);
  const logProbs = targetLogProbs(headLogits(config, weights, hidden), targets);
  // The last segment collects the padding.
  const sums = tf.unsortedSegmentSum(logProbs, sides as tf.Tensor1D, 2 * rows + 1);
  return tf.reshape(tf.slice(sums, [0], [2 * rows]), [rows, 2]);
}
