/**
 * What a policy makes of a reply: its last hidden states, averaged over the reply's tokens. A linear head on them is the
 * smallest reward model there is; an average is steadier than the state at the last token where pairs are few.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import { FittingRows } from "../engine/fitting-rows.js";
import { bucketLength } from "../lm/buckets.js";
import type { DecoderConfig } from "../lm/config.js";
import { decoderHidden } from "../lm/decoder.js";
import { packSequences, type SequenceRow } from "../lm/sequences.js";
import type { ProgramCache } from "./reward-model-scorer.js";

export interface FeatureOptions {
  readonly programs: ProgramCache;
  /** Tells this model's programs from another's in the cache: its weights are part of them. */
  readonly key: string;
  /** Rows of a full batch; a power of two. */
  readonly batchRows?: number;
}

/** Features `[row][hidden]` of tokenised replies, in the order given; they do not depend on what shares a batch. */
export async function pooledFeatures(
  model: { readonly config: DecoderConfig; readonly weights: TensorMap },
  rows: readonly SequenceRow[],
  { programs, key, batchRows = 32 }: FeatureOptions,
): Promise<Float32Array[]> {
  const { config, weights } = model;
  const size = ({ prompt, response }: SequenceRow): number => prompt.length + response.length;
  // Rows of like length share a batch; ties keep their order, so that the batches are a function of the rows alone.
  const order = rows.map((row, i) => ({ row, i })).sort((a, b) => size(a.row) - size(b.row) || a.i - b.i);
  const features = new Array<Float32Array>(rows.length);
  const fitting = new FittingRows(programs.engine, "replies to read");
  await fitting.inParts(order, batchRows, async (batch) => {
    const count = fitting.of(batchRows);
    const length = bucketLength(Math.max(...batch.map(({ row }) => size(row))));
    const executable = await programs.get(`features/${key}/${count}x${length}`, () => ({
      program: ({ inputs, constants }) => {
        const { tokens, positions, segments, shares } = inputs;
        if (!tokens || !positions || !segments || !shares) throw new Error("features: inputs are missing");
        const hidden = decoderHidden(config, constants, { tokens, positions, segments });
        const states = tf.reshape(hidden, [count, length, config.hiddenSize]);
        return { outputs: { features: tf.matMul(tf.reshape(shares, [count, 1, length]), states) } };
      },
      signature: {
        inputs: {
          tokens: { dtype: "int32", shape: [count, length] },
          positions: { dtype: "int32", shape: [count, length] },
          segments: { dtype: "int32", shape: [count, length] },
          shares: { dtype: "float32", shape: [count, length] },
        },
        constants: weights,
      },
    }));
    const { features: found } = await executable.run(
      pack(
        batch.map(({ row }) => row),
        count,
        length,
      ),
    );
    batch.forEach(({ i }, b) => {
      features[i] = Float32Array.from(found?.data.subarray(b * config.hiddenSize, (b + 1) * config.hiddenSize) ?? []);
    });
  });
  return features;
}

function pack(batch: readonly SequenceRow[], rows: number, length: number): Record<string, HostTensor> {
  const selected = batch.reduce((sum, { response }) => sum + response.length, 0);
  const packed = packSequences(batch, { rows, length, selected });
  const { tokens, positions, segments } = packed.inputs as Record<"tokens" | "positions" | "segments", HostTensor>;
  const shares = new Float32Array(rows * length);
  batch.forEach(({ prompt, response }, row) => {
    const first = row * length + prompt.length;
    shares.fill(1 / response.length, first, first + response.length);
  });
  return { tokens, positions, segments, shares: float32([rows, length], shares) };
}
