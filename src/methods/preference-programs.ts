/**
 * The programs of preference training: a pass over a part of the batch, which adds to the gradient, and the step along it; or
 * both in one piece, for the whole batch.
 */
import * as tf from "@tensorflow/tfjs";
import type { Executable, TensorMap, TensorSpec } from "../engine/index.js";
import { float32, specsOf } from "../engine/index.js";
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
import {
  gradientProgram,
  gradientSpec,
  stateSpec,
  trainingProgram,
  updateProgram,
  updateSpec,
} from "./training-program.js";

const PENALTY = "penalty.";
const ALPHA = "alpha";

const SCALAR: TensorSpec = { dtype: "float32", shape: [] };

/** The preference loss of one pass: its share of the batch's mean. */
export function gradientExecutable(
  env: TaskEnv,
  settings: PreferenceSettings,
  shape: PairShape,
  layout: ParameterLayout,
): Promise<Executable> {
  const kind = contentKey(lossSettings(settings));
  return env.executables.get(`preference/${shapeKey(shape)}/${kind}`, () => ({
    program: gradientProgram(layout, preferenceTerm(env, settings)),
    signature: { inputs: pairInputs(shape), constants: env.model.weights, state: gradientSpec(layout) },
  }));
}

/** What an update is made of. */
export interface UpdateParts {
  readonly settings: PreferenceSettings;
  readonly layout: ParameterLayout;
  readonly modules: readonly AdaptedModule[];
  readonly penalty: PenaltyKind | null;
  /** Read where there is a penalty. */
  readonly penaltyInputs: TensorMap;
}

/** The step along the passes' gradient and the penalty's, which is a function of the adapter alone. */
export function updateExecutable(
  env: TaskEnv,
  { settings: { optimizer, adapter }, layout, modules, penalty, penaltyInputs }: UpdateParts,
): Promise<Executable> {
  const penaltySpecs = penalty === null ? {} : specsOf(penaltyInputs);
  const kind = contentKey({ adapter, optimizer, penalty, penaltySpecs });
  const term = penalty === null ? null : penaltyTerm(modules, penalty, Object.keys(penaltySpecs));
  return env.executables.get(`preference-update/${kind}`, () => ({
    program: updateProgram(layout, optimizer, term),
    signature: { inputs: { ...penaltySpecs, rates: RATES }, state: updateSpec(layout) },
  }));
}

/** The same step in one piece: the whole batch's loss, the penalty's, and AdamW. */
export function stepExecutable(
  env: TaskEnv,
  shape: PairShape,
  { settings, layout, modules, penalty, penaltyInputs }: UpdateParts,
): Promise<Executable> {
  const { optimizer } = settings;
  const penaltySpecs = penalty === null ? {} : specsOf(penaltyInputs);
  const kind = contentKey({ ...lossSettings(settings), optimizer, penalty, penaltySpecs });
  const terms = [preferenceTerm(env, settings)];
  if (penalty !== null) terms.push(penaltyTerm(modules, penalty, Object.keys(penaltySpecs)));
  return env.executables.step(`preference-step/${shapeKey(shape)}/${kind}`, () => ({
    program: trainingProgram(layout, optimizer, sumOf(terms)),
    signature: {
      inputs: { ...pairInputs(shape), ...penaltySpecs, rates: RATES },
      constants: env.model.weights,
      state: stateSpec(layout),
    },
  }));
}

/** What a penalty reads, under names of their own: a penalty names its factors freely. */
export function penaltyInputsOf(factors: TensorMap, alpha: number): TensorMap {
  const prefixed = Object.entries(factors).map(([name, factor]) => [PENALTY + name, factor]);
  return { ...Object.fromEntries(prefixed), [ALPHA]: float32([], [alpha]) };
}

function lossSettings({ beta, nllCoefficient, adapter, batchPairs }: PreferenceSettings) {
  return { beta, nllCoefficient, adapter, batchPairs };
}

function pairInputs(shape: PairShape): Record<string, TensorSpec> {
  return {
    ...pairSignature(shape),
    reference: { dtype: "float32", shape: [shape.rows, 2] },
    labels: { dtype: "float32", shape: [shape.rows] },
    margins: { dtype: "float32", shape: [shape.rows] },
    inverseWeight: SCALAR,
  };
}

function preferenceTerm(env: TaskEnv, settings: PreferenceSettings): PrepareLoss {
  const { config } = env.model;
  const { beta, nllCoefficient, adapter, batchPairs } = settings;
  return () =>
    (trainable, { inputs, constants }) => {
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
    };
}

/** @param names of its inputs (`penaltyInputsOf`) */
function penaltyTerm(modules: readonly AdaptedModule[], penalty: PenaltyKind, names: readonly string[]): PrepareLoss {
  const rule = PENALTIES[penalty];
  return (before) => {
    const constants = rule.constants?.(modules, before) ?? [];
    return (trainable, { inputs }) => {
      const factors: Record<string, tf.Tensor> = {};
      for (const name of names) {
        const factor = inputs[name];
        if (factor === undefined) throw new Error(`a penalty lacks its input ${name}`);
        if (name !== ALPHA) factors[name.slice(PENALTY.length)] = factor;
      }
      const value = rule.value(modules, trainable, factors, constants);
      return { loss: tf.mul(value, inputs[ALPHA] as tf.Tensor), report: { penalty: value } };
    };
  };
}

/** Several terms of a loss as one, with all that they report. */
function sumOf(terms: readonly PrepareLoss[]): PrepareLoss {
  return (before, values) => {
    const prepared = terms.map((term) => term(before, values));
    return (trainable, same) => {
      const parts = prepared.map((lossOf) => lossOf(trainable, same));
      return {
        loss: tf.addN(parts.map(({ loss }) => loss)),
        report: Object.assign({}, ...parts.map(({ report }) => report)),
      };
    };
  };
}
