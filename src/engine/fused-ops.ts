/**
 * Ops that ONNX Runtime has as one kernel on the CPU, where memory traffic is what an elementwise op costs. Each is `null`
 * where the program is not recorded for the CPU: the caller then composes it of plain ops. None has a gradient of its own.
 */
import * as tf from "@tensorflow/tfjs";
import { FUSED_RMS_NORM, FUSED_ROTATION } from "./compiled/kernels/fused.js";
import { recordingTarget } from "./compiled/recorder.js";

/** Heads of other sizes are left to plain ops. */
const HEAD_MULTIPLE = 8;

/**
 * Heads [rows, time, heads · headDim], each rotated by half (dimension i with i + headDim/2) to its token's position:
 * `positions` int32 [rows, time], each below the length of the tables `cos` and `sin` [positions, headDim / 2].
 */
export function fusedRotation(x: tf.Tensor, positions: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor | null {
  const headDim = 2 * (cos.shape[1] ?? 0);
  if (recordingTarget() !== "cpu" || headDim % HEAD_MULTIPLE !== 0) return null;
  return tf.engine().runKernel(FUSED_ROTATION, { x, positions, cos, sin }) as tf.Tensor;
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
