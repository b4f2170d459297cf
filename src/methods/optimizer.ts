/**
 * AdamW (Loshchilov & Hutter 2019) in program ops, on the flat parameter vector, with the gradient clipped by its
 * global norm. The operations are in PyTorch's order, so that losses can be compared step by step.
 *
 * The state is `parameters`, `moment1`, `moment2` (all [size]); what changes with the step alone is computed on the host
 * and fed as `rates` [3]: learning rate, 1/(1 − beta1^t), 1/sqrt(1 − beta2^t).
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorMap, TensorSpec, TfTensors } from "../engine/index.js";
import { float32 } from "../engine/index.js";
import type { OptimizerSettings } from "./method.js";

export const RATES: TensorSpec = { dtype: "float32", shape: [3] };

/**
 * Learning rate of step `step` (from 0) of `steps`: linear warm-up to the peak, then constant, linear to 0, or half a
 * cosine to 0. The last step's rate is above 0.
 */
export function learningRateAt(settings: OptimizerSettings, step: number, steps: number): number {
  const warmup = Math.ceil(settings.warmup * steps);
  if (step < warmup) return (settings.learningRate * (step + 1)) / (warmup + 1);
  const progress = (step - warmup) / Math.max(1, steps - warmup);
  switch (settings.schedule) {
    case "constant":
      return settings.learningRate;
    case "linear":
      return settings.learningRate * (1 - progress);
    case "cosine":
      return (settings.learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
    default:
      return settings.schedule satisfies never;
  }
}

/** The `rates` input of step `step` (from 0). */
export function ratesAt(settings: OptimizerSettings, step: number, steps: number): HostTensor {
  const t = step + 1;
  return float32(
    [3],
    [learningRateAt(settings, step, steps), 1 / (1 - settings.beta1 ** t), 1 / Math.sqrt(1 - settings.beta2 ** t)],
  );
}

export function initialOptimizerState(parameters: HostTensor): TensorMap {
  return { parameters, moment1: float32(parameters.shape), moment2: float32(parameters.shape) };
}

/** One update. `gradient` is flat [size]. Returns the new state and the gradient's norm before clipping (scalar). */
export function adamW(
  settings: OptimizerSettings,
  state: TfTensors,
  gradient: tf.Tensor,
  rates: tf.Tensor,
): { state: TfTensors; gradientNorm: tf.Tensor } {
  const { parameters, moment1, moment2 } = state;
  if (parameters === undefined || moment1 === undefined || moment2 === undefined) {
    throw new Error("adamW: the state has no parameters, moment1 and moment2");
  }
  const [learningRate, correction1, correction2] = [0, 1, 2].map((i) => tf.reshape(tf.slice(rates, [i], [1]), [])) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const gradientNorm = tf.sqrt(tf.sum(tf.square(gradient)));
  let clipped = gradient;
  if (settings.maxGradientNorm !== null) {
    const scale = tf.minimum(tf.div(settings.maxGradientNorm, tf.add(gradientNorm, 1e-6)), 1);
    clipped = tf.mul(gradient, scale);
  }
  const m = tf.add(tf.mul(moment1, settings.beta1), tf.mul(clipped, 1 - settings.beta1));
  const v = tf.add(tf.mul(moment2, settings.beta2), tf.mul(tf.square(clipped), 1 - settings.beta2));
  const denominator = tf.add(tf.mul(tf.sqrt(v), correction2), settings.epsilon);
  const update = tf.mul(tf.div(m, denominator), tf.mul(learningRate, correction1));
  const decayed =
    settings.weightDecay === 0 ? parameters : tf.mul(parameters, tf.sub(1, tf.mul(learningRate, settings.weightDecay)));
  return { state: { parameters: tf.sub(decayed, update), moment1: m, moment2: v }, gradientNorm };
}
