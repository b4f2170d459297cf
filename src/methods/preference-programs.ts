/**
 * The programs of preference training: a pass over a part of the batch, which adds to the gradient, and the step along it.
 */
import * as tf from "@tensorflow/tfjs";
import type { Executable, TensorMap, TensorSpec } from "../engine/index.js";
import { singleAdapter } from "../lm/adapters.js";
import type { PairShape } from "../lm/pairs.js";
import { pairLogProbs, pairSignature } from "../lm/pairs.js";
import { shapeKey } from "./batches.js";
import type { PreferenceSettings } from "./method.js";
import { RATES } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import type { AdaptedModule, PenaltyKind } from "./penalty.js";
import { PENALTIES } from "./penalty.js";
import { chosenNll, preferenceLoss } from "./preference-loss.js";
import type { TaskEnv } from "./task.js";
import { contentKey } from "./task.js";
import type { PrepareLoss } from "./training-program.js";
import { gradientProgram, gradientSpec, updateProgram, updateSpec } from "./training-program.js";

const SCALAR: TensorSpec = { dtype: "float32", shape: [] };

/** The preference loss of one pass: its share of the batch's mean. */
export function gradientExecutable(
  env: TaskEnv,
  settings: PreferenceSettings,
  shape: PairShape,
  layout: ParameterLayout,
): Promise<Executable> {
  const { config, weights } = env.model;
  const { beta, nllCoefficient, adapter, batchPairs } = settings;
  const kind = contentKey({ beta, nllCoefficient, adapter, batchPairs });
  return env.executables.get(`preference/${shapeKey(shape)}/${kind}`, () => ({
    program: gradientProgram(layout, () => (trainable, { inputs, constants }) => {
      const { reference, labels, margins, inverseWeight, responseLengths } = inputs;
      if (!reference || !labels || !margins || !inverseWeight || !responseLengths) {
        throw new Error("a preference program lacks inputs");
      }
      const policy = pairLogProbs(config, constants, inputs, singleAdapter(config, adapter, trainable));
      const share = (perPair: tf.Tensor): tf.Tensor => tf.div(tf.sum(perPair), batchPairs);
      const preference = share(preferenceLoss({ policy, reference, labels, margins, inverseWeight, beta }));
      const nll = share(chosenNll(policy, responseLengths));
      const loss = nllCoefficient === 0 ? preference : tf.add(preference, tf.mul(nll, nllCoefficient));
      return { loss, report: { policy, nll } };
    }),
    signature: {
      inputs: {
        ...pairSignature(shape),
        reference: { dtype: "float32", shape: [shape.rows, 2] },
        labels: { dtype: "float32", shape: [shape.rows] },
        margins: { dtype: "float32", shape: [shape.rows] },
        inverseWeight: SCALAR,
      },
      constants: weights,
      state: gradientSpec(layout),
    },
  }));
}

/** The step along the passes' gradient and the penalty's, which is a function of the adapter alone. */
export function updateExecutable(
  env: TaskEnv,
  { optimizer, adapter }: PreferenceSettings,
  layout: ParameterLayout,
  modules: readonly AdaptedModule[],
  penalty: PenaltyKind | null,
  penaltyInputs: TensorMap,
): Promise<Executable> {
  const rule = penalty === null ? null : PENALTIES[penalty];
  const penaltySpecs = rule === null ? {} : { ...specsOf(penaltyInputs), alpha: SCALAR };
  const kind = contentKey({ adapter, optimizer, penalty, penaltySpecs });
  const penaltyTerm: PrepareLoss | null =
    rule === null
      ? null
      : (before) => {
          const constants = rule.constants?.(modules, before) ?? [];
          return (trainable, { inputs }) => {
            const { alpha, rates: _, ...frozen } = inputs;
            if (!alpha) throw new Error("a penalty lacks its input alpha");
            const value = rule.value(modules, trainable, frozen, constants);
            return { loss: tf.mul(value, alpha), report: { penalty: value } };
          };
        };
  return env.executables.get(`preference-update/${kind}`, () => ({
    program: updateProgram(layout, optimizer, penaltyTerm),
    signature: { inputs: { ...penaltySpecs, rates: RATES }, state: updateSpec(layout) },
  }));
}

function specsOf(tensors: TensorMap): Record<string, TensorSpec> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}
