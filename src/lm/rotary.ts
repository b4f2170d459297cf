/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's half-rotation layout: dimension i of a head is rotated
 * with dimension i + headDim/2.
 */
import * as tf from "@tensorflow/tfjs";
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

/** cos and sin of position × frequency, both `[positions, headDim / 2]`, computed in double precision, times `gain`. */
export function rotaryTables(
  config: DecoderConfig,
  positions: number,
  gain = 1,
): { cos: Float32Array; sin: Float32Array; shape: [number, number] } {
  const frequencies = rotaryFrequencies(config);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of frequencies.entries()) {
      cos[position * half + i] = gain * Math.cos(position * frequency);
      sin[position * half + i] = gain * Math.sin(position * frequency);
    }
  }
  return { cos, sin, shape: [positions, half] };
}

function turn(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const axis = x.rank - 1;
  const half = (x.shape[axis] ?? 0) / 2;
  const sizes = [...x.shape.slice(0, axis), half];
  const first = tf.slice(x, new Array<number>(x.rank).fill(0), sizes);
  const second = tf.slice(x, [...new Array<number>(axis).fill(0), half], sizes);
  return tf.concat(
    [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))],
    axis,
  );
}

/**
 * Rotates the last axis of `x` by tables that broadcast against its halves. The gradient is the rotation back (times the
 * tables' gain), which spares the pads that slices would leave.
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
