/**
 * Ops that a library has as one kernel and TensorFlow.js composes: on ONNX Runtime's CPU, where memory traffic is what an
 * elementwise op costs, and on TensorFlow, where every op costs a call. Where there is none the caller composes it of plain
 * ops. None has a gradient of its own.
 */
import * as tf from "@tensorflow/tfjs";
import { FUSED_ATTENTION, FUSED_RMS_NORM, FUSED_ROTATION } from "./compiled/kernels/fused.js";
import { recordingTarget } from "./compiled/recorder.js";
import { TENSORFLOW_LOG_SOFTMAX } from "./tensorflow-kernels.js";
import { TENSORFLOW_BACKEND } from "./tfjs-node.js";

/** Heads of other sizes are left to plain ops. */
const HEAD_MULTIPLE = 8;

/** Whether `fusedRotation` can be asked for, for heads of this size. */
export function fusesRotation(headDim: number): boolean {
  return recordingTarget() === "cpu" && headDim % HEAD_MULTIPLE === 0;
}

/**
 * Heads [rows, time, heads · headDim], each rotated by half (dimension i with i + headDim/2) to its token's position:
 * `positions` int32 [rows, time], each below the length of the tables `cos` and `sin` [positions, headDim / 2].
 */
export function fusedRotation(x: tf.Tensor, positions: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  return tf.engine().runKernel(FUSED_ROTATION, { x, positions, cos, sin }) as tf.Tensor;
}

/** log softmax over the last axis. */
export function logSoftmax(logits: tf.Tensor): tf.Tensor {
  if (recordingTarget() !== null || tf.getBackend() !== TENSORFLOW_BACKEND) return tf.logSoftmax(logits);
  return tf.engine().runKernel(TENSORFLOW_LOG_SOFTMAX, { logits }) as tf.Tensor;
}

/** x², in the form that ONNX Runtime knows as a part of its norm; TensorFlow's power costs two casts more. */
export function squared(x: tf.Tensor): tf.Tensor {
  return recordingTarget() === null ? tf.square(x) : tf.pow(x, 2);
}

/** x · inverse · weight and inverse = 1 / sqrt(mean(x²) + eps) [n, 1], of `x` [n, size] and `weight` [size]. */
export function fusedRmsNorm(
  x: tf.Tensor,
  weight: tf.Tensor,
  eps: number,
): { readonly normed: tf.Tensor; readonly inverse: tf.Tensor } | null {
  if (recordingTarget() !== "cpu") return null;
  const [normed, inverse] = tf.engine().runKernel(FUSED_RMS_NORM, { x, weight }, { eps }) as tf.Tensor[];
  if (normed === undefined || inverse === undefined) throw new Error(`${FUSED_RMS_NORM} has two outputs`);
  return { normed, inverse };
}

/**
 * Softmax attention of `q` [batch, time, heads · headDim] (scaled already) over `k`, `v` [batch, time, kvHeads · headDim] under
 * `mask` [batch, 1, time, time], which is added to the scores of keys that are not later than the query; later ones are never
 * looked at. `value` is like `q`; `weights` [batch, heads, time, time]; `keys`, `values` [batch, kvHeads, time, headDim].
 *
 * Beside the passes that it saves, it takes no exponential of a masked later score: that one underflows, which costs Intel's
 * processors some 150 cycles for every vector of scores.
 */
export function fusedAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  mask: tf.Tensor,
  headDim: number,
): Readonly<Record<"value" | "keys" | "values" | "weights", tf.Tensor>> | null {
  if (recordingTarget() !== "cpu" || headDim % HEAD_MULTIPLE !== 0) return null;
  const outputs = tf.engine().runKernel(FUSED_ATTENTION, { q, k, v, mask }, { headDim }) as tf.Tensor[];
  const [value, keys, values, weights] = outputs;
  if (!value || !keys || !values || !weights) throw new Error(`${FUSED_ATTENTION} has four outputs`);
  return { value, keys, values, weights };
}
