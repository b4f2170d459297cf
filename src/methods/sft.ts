/**
 * Supervised fine-tuning of the base: next-token likelihood on both replies of the training pairs (and on the prompt, where
 * asked), all weights trainable, from the weights of the environment's model. Every method starts from what this makes, so it
 * is reported and not charged (PROTOCOL §4).
 *
 * A pair is one row, as in preference training: the prompt goes through once for both replies.
 */
import * as tf from "@tensorflow/tfjs";
import { FittingRows } from "../engine/fitting-rows.js";
import type { Executable, HostTensor, TensorSpec } from "../engine/index.js";
import { float32, int32 } from "../engine/index.js";
import type { DecoderConfig } from "../lm/config.js";
import { decoderHiddenAt, headLogits } from "../lm/decoder.js";
import type { PassCount } from "../lm/flops.js";
import { backwardFlops, countPairs, forwardFlops } from "../lm/flops.js";
import type { PairRow, PairShape } from "../lm/pairs.js";
import { packPairs, pairLength, pairSignature } from "../lm/pairs.js";
import { targetLogProbs } from "../lm/target-log-probs.js";
import {
  batchOrder,
  CROSSING_FLOPS,
  equalPart,
  fewShapes,
  SHAPE_WORTH,
  shapeFor,
  shapeKey,
  sharedShapes,
  tightShape,
} from "./batches.js";
import { BudgetExceeded } from "./budget.js";
import type { OptimizerSettings } from "./method.js";
import { RATES } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import { layoutOf } from "./parameters.js";
import { deriveSeed } from "./seeds.js";
import type { TaskEnv, TaskOutput, TaskRun } from "./task.js";
import { contentKey } from "./task.js";
import type { Charge, Pass, PreparedStep } from "./training.js";
import { train } from "./training.js";
import type { PrepareLoss } from "./training-program.js";
import {
  gradientProgram,
  gradientSpec,
  stateSpec,
  trainingProgram,
  updateProgram,
  updateSpec,
} from "./training-program.js";

export interface SftSettings {
  readonly batchPairs: number;
  readonly optimizer: OptimizerSettings;
  /** Learn the prompt's tokens too. */
  readonly promptLoss: boolean;
  /** Upper bound on optimizer steps; the task's budget may end training earlier. */
  readonly maxSteps?: number;
}

export interface SftTask {
  readonly kind: "sft";
  /** Whose pairs are read, all together. */
  readonly values: readonly string[];
  readonly settings: SftSettings;
}

/** Name of the artefact. */
export const SFT_WEIGHTS = "weights";

const SHAPES = 6;

/** Artefact: every weight of the model, under its own name. */
export async function runSft(task: SftTask, budgetFlops: number, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { settings } = task;
  const { config, weights } = env.model;
  const pairs: PairRow[] = task.values.flatMap((value) => [...(env.pairs[value] ?? [])]);
  if (pairs.length === 0) throw new Error(`there are no training pairs of ${task.values.join(", ")}`);
  const layout = layoutOf(weights);
  const steps = planSteps(pairs, settings, budgetFlops, env);
  const cost = (shape: PairShape) =>
    forwardFlops(config, {
      tokens: shape.rows * shape.length,
      attended: shape.rows * shape.length ** 2,
      logits: shape.selected,
    });
  const batches = steps.map(({ rows }) => rows.flatMap((row) => pairs[row] ?? []));
  const tight = batches.map((rows) => tightShape(rows, settings.promptLoss ? promptTargets(rows) : 0));
  const needed = sharedShapes(tight, env.engine.stepsPerCall ?? 1, cost, CROSSING_FLOPS * layout.size);
  const shapes = fewShapes(needed, SHAPES, cost, SHAPE_WORTH);
  const { batchPairs } = settings;
  const fitting = new FittingRows(env.engine, run.label);
  let size = equalPart(batchPairs, fitting.of(batchPairs));

  const trained = await train(
    env.engine,
    {
      layout,
      initial: weights,
      optimizer: settings.optimizer,
      charges: steps.map(({ charge }) => [charge]),
      inPasses: size < batchPairs,
      async shrink(error) {
        if (!fitting.halve(error, size)) return false;
        size = equalPart(batchPairs, fitting.of(batchPairs));
        await env.executables.release();
        return true;
      },
      async prepare(step) {
        const rows = batches[step];
        const fit = needed[step];
        if (rows === undefined || fit === undefined) throw new Error(`step ${step} was not planned`);
        if (size < batchPairs) return passes(env, settings, rows, size, layout);
        const shape = shapeFor(fit, shapes, cost);
        return {
          executable: await sftExecutable(env, settings.optimizer, shape, layout),
          inputs: packSft(rows, shape, settings.promptLoss),
        };
      },
      measure: () => ({}),
    },
    run,
  );
  return { artefacts: { [SFT_WEIGHTS]: trained.parameters }, summary: trained.summary };
}

/** The same step in parts of `size` pairs. */
async function passes(
  env: TaskEnv,
  { optimizer, promptLoss }: SftSettings,
  rows: readonly PairRow[],
  size: number,
  layout: ParameterLayout,
): Promise<PreparedStep> {
  const targets = targetsOf(rows, promptLoss);
  const parts: Pass[] = [];
  for (let from = 0; from < rows.length; from += size) {
    const part = rows.slice(from, from + size);
    const shape = tightShape(part, promptLoss ? promptTargets(part) : 0);
    const executable = await passExecutable(env, shape, layout);
    parts.push({ executable, inputs: packSft(part, shape, promptLoss, targets) });
  }
  const update = await env.executables.get(`sft-update/${contentKey({ optimizer })}`, () => ({
    program: updateProgram(layout, optimizer, null),
    signature: { inputs: { rates: RATES }, state: updateSpec(layout) },
  }));
  return { passes: parts, executable: update, inputs: {} };
}

function planSteps(
  pairs: readonly PairRow[],
  settings: SftSettings,
  budgetFlops: number,
  env: TaskEnv,
): { rows: number[]; charge: Charge }[] {
  const { config } = env.model;
  const maxSteps = settings.maxSteps ?? Number.POSITIVE_INFINITY;
  if (!Number.isFinite(budgetFlops) && !Number.isFinite(maxSteps)) {
    throw new Error("supervised fine-tuning has neither a budget nor a number of steps");
  }
  const order = batchOrder(pairs.map(pairLength), settings.batchPairs, deriveSeed(env.seed, "order", "sft"));
  const steps: { rows: number[]; charge: Charge }[] = [];
  let spent = 0;
  while (steps.length < maxSteps) {
    const rows: number[] = order.next().value;
    const count = countSft(
      rows.flatMap((row) => pairs[row] ?? []),
      settings.promptLoss,
    );
    const flops = forwardFlops(config, count) + backwardFlops(config, count);
    if (spent + flops > budgetFlops) {
      if (steps.length > 0) break;
      throw new BudgetExceeded(`a budget of ${budgetFlops} FLOPs is too small for one step of fine-tuning (${flops})`);
    }
    spent += flops;
    steps.push({ rows, charge: { kind: "gradient", tokens: count.tokens, flops } });
  }
  return steps;
}

function countSft(rows: readonly PairRow[], promptLoss: boolean): PassCount {
  const count = countPairs(rows);
  return promptLoss ? { ...count, logits: count.logits + promptTargets(rows) } : count;
}

/** Prompt tokens that are predicted: all but the first. */
function promptTargets(rows: readonly PairRow[]): number {
  return rows.reduce((sum, { prompt }) => sum + prompt.length - 1, 0);
}

/** Tokens that are predicted. */
function targetsOf(rows: readonly PairRow[], promptLoss: boolean): number {
  const replies = rows.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0);
  return promptLoss ? replies + promptTargets(rows) : replies;
}

/**
 * `packPairs`' inputs with the prompt's targets added where asked; `shares` [selected]: 1/targets, 0 for padding.
 * @param all targets of the whole batch that the rows are a part of
 */
export function packSft(
  rows: readonly PairRow[],
  shape: PairShape,
  promptLoss: boolean,
  all = targetsOf(rows, promptLoss),
): Record<"tokens" | "positions" | "segments" | "predictors" | "targets" | "shares", HostTensor> {
  const { tokens, positions, segments, predictors, targets } = packPairs(rows, shape).inputs;
  if (!tokens || !positions || !segments || !predictors || !targets) throw new Error("packPairs lacks inputs");
  const places = Int32Array.from(predictors.data);
  const ids = Int32Array.from(targets.data);
  let place = rows.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0);
  if (promptLoss) {
    rows.forEach(({ prompt }, row) => {
      for (let i = 1; i < prompt.length; i++) {
        places[place] = row * shape.length + i - 1;
        ids[place] = prompt[i] ?? 0;
        place++;
      }
    });
  }
  const shares = new Float32Array(shape.selected).fill(1 / all, 0, place);
  return {
    tokens,
    positions,
    segments,
    predictors: int32([shape.selected], places),
    targets: int32([shape.selected], ids),
    shares: float32([shape.selected], shares),
  };
}

function sftExecutable(
  env: TaskEnv,
  optimizer: OptimizerSettings,
  shape: PairShape,
  layout: ParameterLayout,
): Promise<Executable> {
  const { config } = env.model;
  return env.executables.step(`sft/${shapeKey(shape)}/${contentKey({ config, optimizer })}`, () => ({
    program: trainingProgram(layout, optimizer, lossOf(config)),
    signature: { inputs: { ...sftSignature(shape), rates: RATES }, state: stateSpec(layout) },
  }));
}

function passExecutable(env: TaskEnv, shape: PairShape, layout: ParameterLayout): Promise<Executable> {
  const { config } = env.model;
  return env.executables.get(`sft-pass/${shapeKey(shape)}/${contentKey({ config })}`, () => ({
    program: gradientProgram(layout, lossOf(config)),
    signature: { inputs: sftSignature(shape), state: gradientSpec(layout) },
  }));
}

function sftSignature(shape: PairShape): Record<string, TensorSpec> {
  const { tokens, positions, segments, predictors, targets } = pairSignature(shape);
  if (!tokens || !positions || !segments || !predictors || !targets) throw new Error("pairSignature lacks inputs");
  const shares: TensorSpec = { dtype: "float32", shape: [shape.selected] };
  return { tokens, positions, segments, predictors, targets, shares };
}

function lossOf(config: DecoderConfig): PrepareLoss {
  return () =>
    (weights, { inputs }) => {
      const { tokens, positions, segments, predictors, targets, shares } = inputs;
      if (!tokens || !positions || !segments || !predictors || !targets || !shares) {
        throw new Error("a fine-tuning program lacks inputs");
      }
      const hidden = decoderHiddenAt(config, weights, { tokens, positions, segments }, predictors);
      const logProbs = targetLogProbs(headLogits(config, weights, hidden), targets);
      return { loss: tf.neg(tf.sum(tf.mul(logProbs, shares))), report: {} };
    };
}
