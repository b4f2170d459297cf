/**
 * One optimizer step as engine programs: in one piece (loss, gradients, AdamW in one graph), or as passes over parts of the
 * batch that each add to a gradient, and an update.
 */
import * as tf from "@tensorflow/tfjs";
import type { Program, ProgramValues, TensorSpec, TfTensors } from "../engine/index.js";
import type { OptimizerSettings } from "./method.js";
import { adamW } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import { flatten, named, sliceParameters } from "./parameters.js";

/** What a loss returns: the scalar that is minimised, and tensors that only come out. */
export interface LossAndReport {
  readonly loss: tf.Tensor;
  readonly report: TfTensors;
}

/** A differentiable function of the named parameters. `values.state` holds the optimizer's state: leave it alone. */
export type LossFunction = (parameters: TfTensors, values: ProgramValues) => LossAndReport;

/** Called once, before gradients are taken, so that what it computes counts as constant. */
export type PrepareLoss = (parameters: TfTensors, values: ProgramValues) => LossFunction;

/**
 * Program with the state of `stateSpec(layout)`, whatever inputs the loss reads, and `rates` (`optimizer.ts`). Outputs:
 * `loss`, `gradientNorm` (before clipping), and the report.
 */
export function trainingProgram(
  layout: ParameterLayout,
  optimizer: OptimizerSettings,
  prepareLoss: PrepareLoss,
): Program {
  return (values) => {
    const { outputs, gradient } = lossAndGradient(layout, values, prepareLoss);
    const { state, gradientNorm } = adamW(optimizer, values.state, gradient, ratesOf(values));
    return { outputs: { ...outputs, gradientNorm }, state };
  };
}

/** Program with the state of `gradientSpec(layout)` that adds a loss's gradient to it. Outputs: `loss` and the report. */
export function gradientProgram(layout: ParameterLayout, prepareLoss: PrepareLoss): Program {
  return (values) => {
    const { outputs, gradient } = lossAndGradient(layout, values, prepareLoss);
    return { outputs, state: { gradient: tf.add(gradientOf(values), gradient) } };
  };
}

/**
 * Program with the state of `updateSpec(layout)` that takes one AdamW step along the gradient added up so far, plus that of
 * `prepareLoss` where given (a term that does not depend on the batch), and clears it. Outputs: `gradientNorm`, and `loss`
 * and report of that term.
 */
export function updateProgram(
  layout: ParameterLayout,
  optimizer: OptimizerSettings,
  prepareLoss: PrepareLoss | null,
): Program {
  return (values) => {
    const held = gradientOf(values);
    const term = prepareLoss === null ? null : lossAndGradient(layout, values, prepareLoss);
    const gradient = term === null ? held : tf.add(held, term.gradient);
    const { state, gradientNorm } = adamW(optimizer, values.state, gradient, ratesOf(values));
    return { outputs: { ...term?.outputs, gradientNorm }, state: { ...state, gradient: tf.zerosLike(held) } };
  };
}

export function stateSpec(layout: ParameterLayout): Record<string, TensorSpec> {
  const flat: TensorSpec = { dtype: "float32", shape: [layout.size] };
  return { parameters: flat, moment1: flat, moment2: flat };
}

export function gradientSpec(layout: ParameterLayout): Record<string, TensorSpec> {
  const flat: TensorSpec = { dtype: "float32", shape: [layout.size] };
  return { parameters: flat, gradient: flat };
}

export function updateSpec(layout: ParameterLayout): Record<string, TensorSpec> {
  return { ...stateSpec(layout), ...gradientSpec(layout) };
}

function lossAndGradient(
  layout: ParameterLayout,
  values: ProgramValues,
  prepareLoss: PrepareLoss,
): { outputs: TfTensors; gradient: tf.Tensor } {
  const { parameters } = values.state;
  if (parameters === undefined) throw new Error("a training program needs parameters in its state");
  const tensors = sliceParameters(layout, parameters);
  const lossOf = prepareLoss(named(layout, tensors), values);
  let report: TfTensors = {};
  const differentiate = (): tf.Tensor => {
    const result = lossOf(named(layout, tensors), values);
    // Taking gradients frees what the loss does not return; a copy, as the loss itself may be reported too.
    report = mapTensors(result.report, (tensor) => tf.keep(tf.clone(tensor)));
    return result.loss;
  };
  // Unlike `tf.valueAndGrads`, this lets a loss leave tensors out (a penalty on A alone): no gradient, which is zero.
  const { value, grads } = tf.engine().gradients(differentiate, tensors, undefined, true);
  const outputs = mapTensors(report, (tensor) => tf.clone(tensor));
  tf.dispose(report);
  return {
    outputs: { ...outputs, loss: value },
    gradient: flatten(tensors.map((tensor, i) => grads[i] ?? tf.zerosLike(tensor))),
  };
}

function ratesOf({ inputs }: ProgramValues): tf.Tensor {
  const { rates } = inputs;
  if (rates === undefined) throw new Error("an update needs the input rates");
  return rates;
}

function gradientOf({ state }: ProgramValues): tf.Tensor {
  const { gradient } = state;
  if (gradient === undefined) throw new Error("a pass needs a gradient in its state");
  return gradient;
}

function mapTensors(tensors: TfTensors, change: (tensor: tf.Tensor) => tf.Tensor): TfTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
