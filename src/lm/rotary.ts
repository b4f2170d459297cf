/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's half-rotation layout: dimension i of a head is rotated
 * with dimension i + headDim/2.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
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

/** The same with whole heads on the last axis. */
function turn(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const half = (x.shape[x.rank - 1] ?? 0) / 2;
  const halves = tf.reshape(x, [x.size / (2 * half), 2, half]);
  const swapped = tf.reshape(tf.gather(halves, tf.tensor1d([1, 0], "int32"), 1), x.shape);
  return tf.add(tf.mul(x, cos), tf.mul(swapped, sin));
}

/**
 * Rotates heads on the last axis of `x` by tables (of `rotaryTables`) that broadcast against it. The gradient is the
 * rotation back: the angle's sign changes, the gain stays.
 */
export function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    () => ({ value: turn(x, cos, sin), keep: [cos, sin] }),
    (dy, kept) => {
      const [savedCos, savedSin] = kept as [tf.Tensor, tf.Tensor];
      return [turn(dy, savedCos, tf.neg(savedSin))];
    },
  );
}
