/** One optimizer step as an engine program: loss, gradients, AdamW, all in one graph. */
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

/**
 * Program with the state of `stateSpec(layout)`, whatever inputs the loss reads, and `rates` (`optimizer.ts`). Outputs:
 * `loss`, `gradientNorm` (before clipping), and the report.
 */
export function trainingProgram(
  layout: ParameterLayout,
  optimizer: OptimizerSettings,
  /** Called once, before gradients are taken, so that what it computes counts as constant. */
  prepareLoss: (parameters: TfTensors, values: ProgramValues) => LossFunction,
): Program {
  return (values) => {
    const { parameters } = values.state;
    const { rates } = values.inputs;
    if (parameters === undefined || rates === undefined) throw new Error("a training program needs state and rates");
    const tensors = sliceParameters(layout, parameters);
    const lossOf = prepareLoss(named(layout, tensors), values);
    let report: TfTensors = {};
    const { value, grads } = tf.valueAndGrads((...trainable: tf.Tensor[]) => {
      const result = lossOf(named(layout, trainable), values);
      // Taking gradients frees what the loss does not return; a copy, as the loss itself may be reported too.
      report = mapTensors(result.report, (tensor) => tf.keep(tf.clone(tensor)));
      return result.loss;
    })(tensors);
    const outputs = mapTensors(report, (tensor) => tf.clone(tensor));
    tf.dispose(report);
    const { state, gradientNorm } = adamW(optimizer, values.state, flatten(grads), rates);
    return { outputs: { ...outputs, loss: value, gradientNorm }, state };
  };
}

export function stateSpec(layout: ParameterLayout): Record<string, TensorSpec> {
  const flat: TensorSpec = { dtype: "float32", shape: [layout.size] };
  return { parameters: flat, moment1: flat, moment2: flat };
}

function mapTensors(tensors: TfTensors, change: (tensor: tf.Tensor) => tf.Tensor): TfTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}
