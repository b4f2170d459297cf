/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's half-rotation layout: dimension i of a head is rotated
 * with dimension i + headDim/2.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import { fusedRotation, fusesRotation } from "../engine/fused-ops.js";
import type { DecoderConfig } from "./config.js";
import { withGradient } from "./custom-gradient.js";

/**
 * Angle per position of each rotated pair, `[headDim / 2]`, after the config's scaling ("linear": all divided by the
 * factor; "llama3": long waves divided, short ones kept, smooth in between, as transformers' `_compute_llama3_parameters`).
 */
export function rotaryFrequencies(config: DecoderConfig): Float64Array {
  const half = config.headDim / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => config.ropeTheta ** (-i / half));
  const scaling = config.ropeScaling;
  if (scaling === null) return frequencies;
  switch (scaling.kind) {
    case "linear":
      return frequencies.map((frequency) => frequency / scaling.factor);
    case "llama3": {
      const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
      return frequencies.map((frequency) => {
        const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
        if (turns < lowFreqFactor) return frequency / factor;
        if (turns > highFreqFactor) return frequency;
        const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      });
    }
    default:
      return scaling satisfies never;
  }
}

/** cos and sin of every position's angles, [positions, headDim / 2], computed in double precision, times `gain`. */
export function rotaryAngles(config: DecoderConfig, positions: number, gain = 1): { cos: HostTensor; sin: HostTensor } {
  const frequencies = rotaryFrequencies(config);
  const table = (of: (angle: number) => number): HostTensor =>
    float32(
      [positions, frequencies.length],
      Float32Array.from(
        { length: positions * frequencies.length },
        (_, at) => gain * of(Math.floor(at / frequencies.length) * (frequencies[at % frequencies.length] ?? 0)),
      ),
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/**
 * Tables [positions, headDim] that rotate a head by x·cos + swapped(x)·sin, where `swapped` exchanges the head's halves:
 * cos = (cos, cos) and sin = (−sin, sin), computed in double precision, times `gain`.
 */
export function rotaryTables(config: DecoderConfig, positions: number, gain = 1): { cos: HostTensor; sin: HostTensor } {
  const frequencies = rotaryFrequencies(config);
  const half = frequencies.length;
  const cos = float32([positions, 2 * half]);
  const sin = float32([positions, 2 * half]);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of frequencies.entries()) {
      const at = 2 * half * position + i;
      cos.data[at] = gain * Math.cos(position * frequency);
      cos.data[at + half] = gain * Math.cos(position * frequency);
      sin.data[at] = -gain * Math.sin(position * frequency);
      sin.data[at + half] = gain * Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/** x·cos + swapped(x)·sin without a gradient of its own; the two halves of a head lie on the last axis but one. */
export function turnHalves(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const swapped = tf.gather(x, tf.tensor1d([1, 0], "int32"), x.rank - 2);
  return tf.add(tf.mul(x, cos), tf.mul(swapped, sin));
}

export type Rotation = (x: tf.Tensor) => tf.Tensor;

/**
 * Rotates the heads of `x` [rows, time, heads · headDim] to `positions` int32 [rows, time] by tables [positions, headDim / 2]
 * (of `rotaryAngles`). The gradient is the rotation back: the angle's sign changes, the gain stays. What does not depend on x
 * is computed here, once for all layers.
 */
export function rotation(positions: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): Rotation {
  const [rows, time] = positions.shape as [number, number];
  const half = cos.shape[1] ?? 1;
  if (fusesRotation(2 * half)) return fused(positions, cos, sin);
  const flat = tf.reshape(positions, [rows * time]);
  const at = (table: tf.Tensor): tf.Tensor => tf.reshape(tf.gather(table, flat), [rows * time, 1, 1, half]);
  const [cosines, sines] = [at(cos), at(sin)];
  const signed = tf.concat([tf.neg(sines), sines], 2);
  return (x) =>
    withGradient(
      [x],
      () => ({ value: turn(x, cosines, signed), keep: [cosines, signed] }),
      (dy, kept) => {
        const [cosines, signed] = kept as [tf.Tensor, tf.Tensor];
        return [turn(dy, cosines, tf.neg(signed))];
      },
    );
}

function fused(positions: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): Rotation {
  return (x) =>
    withGradient(
      [x],
      () => ({ value: fusedRotation(x, positions, cos, sin), keep: [positions, cos, sin] }),
      (dy, kept) => {
        const [positions, cos, sin] = kept as [tf.Tensor, tf.Tensor, tf.Tensor];
        return [fusedRotation(dy, positions, cos, tf.neg(sin))];
      },
    );
}

/** `cosines` [rows · time, 1, 1, headDim / 2], `signed` sines [rows · time, 1, 2, headDim / 2]. */
function turn(x: tf.Tensor, cosines: tf.Tensor, signed: tf.Tensor): tf.Tensor {
  const [tokens, , , half] = cosines.shape as [number, number, number, number];
  const halves = tf.reshape(x, [tokens, x.size / (tokens * 2 * half), 2, half]);
  return tf.reshape(turnHalves(halves, cosines, signed), x.shape);
}
