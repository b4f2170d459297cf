/** The two things PPO does with finished replies: the base reads them once, the policy is updated on them several times. */
import { setImmediate } from "node:timers/promises";
import type { EngineState, HostTensor, TensorMap } from "../engine/index.js";
import { FittingRows, float32 } from "../engine/index.js";
import { forwardFlops } from "../lm/flops.js";
import type { SequenceShape } from "../lm/sequences.js";
import { CROSSING_FLOPS, shapeKey, sharedShapes } from "./batches.js";
import { MethodFailure } from "./method.js";
import { learningRateAt, RATES, ratesAt } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import type { PpoSettings, PpoTask } from "./ppo.js";
import type { UpdateSettings } from "./ppo-program.js";
import { basePass, packReplies, rolloutShape, updatePass, updateStep } from "./ppo-program.js";
import type { Rollout } from "./ppo-rewards.js";
import { sequenceOf } from "./ppo-rewards.js";
import { deriveSeed } from "./seeds.js";
import { shuffledIndices } from "./shuffle.js";
import type { CurvePoint, TaskEnv, TaskRun } from "./task.js";
import { contentKey } from "./task.js";
import { scalarOf } from "./training.js";
import { updateProgram, updateSpec } from "./training-program.js";

/** A reply with what the update needs of each of its tokens. */
export interface Judged {
  readonly rollout: Rollout;
  readonly features: Float32Array;
  readonly advantages: Float64Array;
  readonly returns: Float64Array;
}

/** What the base sees in a reply: the log-prob of each token, and the features `[tokens][hidden]` of the states before. */
export interface Seen {
  readonly baseLogProbs: Float32Array;
  readonly features: Float32Array;
}

/** Epochs of clipped steps, over minibatches of about one size; returns means of what they reported. */
export async function updatePolicy(
  judged: readonly Judged[],
  task: PpoTask,
  env: TaskEnv,
  layout: ParameterLayout,
  state: EngineState,
  at: { step: number; progress: number },
  run: TaskRun,
  fitting = new FittingRows(env.engine, run.label),
): Promise<CurvePoint> {
  const { settings, adapter } = task;
  const { config, weights } = env.model;
  const { optimizer, clip, valueCoefficient } = settings;
  const size = settings.rolloutReplies / settings.minibatches;
  const updates = settings.epochs * settings.minibatches;
  // A rollout that was cut short by the budget has fewer minibatches, not a stray reply in one of its own.
  const minibatches = Math.ceil(judged.length / size);
  const share = Math.ceil(judged.length / minibatches);
  const batches = Array.from({ length: settings.epochs }, (_, epoch) => {
    const order = shuffledIndices(judged.length, deriveSeed(env.seed, "ppo", "minibatches", `${at.step}`, `${epoch}`));
    return Array.from({ length: minibatches }, (_, i) =>
      order.slice(i * share, (i + 1) * share).map((row) => judged[row] as Judged),
    ).filter((minibatch) => minibatch.length > 0);
  }).flat();
  const perCall = env.engine.stepsPerCall ?? 1;
  const shapes = sharedShapes(
    batches.map((minibatch) =>
      rolloutShape(
        minibatch.map(({ rollout }) => sequenceOf(rollout)),
        size,
      ),
    ),
    perCall,
    ({ rows, length, selected }) =>
      forwardFlops(config, { tokens: rows * length, attended: rows * length ** 2, logits: selected }),
    CROSSING_FLOPS * layout.size,
  );
  const own = { adapter, optimizer, clip, valueCoefficient };
  const learningRate = Math.fround(learningRateAt(optimizer, Math.floor(at.progress * 1000), 1000));
  const ratesOf = (taken: number): HostTensor => {
    const rates = ratesAt(optimizer, at.step * updates + taken, Number.POSITIVE_INFINITY);
    rates.data[0] = learningRate;
    return rates;
  };

  /** The updates from `first` on that share a call; where memory is short, the first alone. */
  const take = async (first: number): Promise<TensorMap[]> => {
    const shape = shapes[first] as SequenceShape;
    const key = shapeKey(shape);
    const last = Math.min(batches.length, first + perCall);
    let end = first + 1;
    while (end < last && shapeKey(shapes[end] as SequenceShape) === key) end++;
    const together = batches.slice(first, end);
    const rows = fitting.of(size);
    try {
      if (rows < size) {
        return [await inPasses(together[0] ?? [], rows, ratesOf(first), own, env, layout, state)];
      }
      const name = `ppo-update/${key}/${contentKey(own)}`;
      const executable = await env.executables.step(name, () => updateStep(config, weights, layout, shape, own));
      const series = together.map((minibatch, i) => ({
        ...updateInputs(minibatch, shape, config.hiddenSize),
        rates: ratesOf(first + i),
      }));
      if (series.length > 1) return await executable.runSeries(series, state);
      return [await executable.run(series[0] ?? {}, state)];
    } catch (error) {
      if (!fitting.halve(error, rows)) throw error;
      await env.executables.release();
      return take(first);
    }
  };

  const totals: Record<string, number> = {};
  for (let taken = 0; taken < batches.length; ) {
    for (const outputs of await take(taken)) {
      for (const figure of ["loss", "policyLoss", "valueLoss", "clipped", "gradientNorm"]) {
        const value = scalarOf(outputs, figure);
        if (!Number.isFinite(value)) throw new MethodFailure(run.label, at.step, `${figure} is ${value}`);
        totals[figure] = (totals[figure] ?? 0) + value / (settings.epochs * minibatches);
      }
      taken++;
    }
    await setImmediate();
    run.signal.throwIfAborted();
  }
  return { ...totals, learningRate };
}

const SUMMED = ["loss", "policyLoss", "valueLoss", "clipped"] as const;

/** The same step in parts of `rows` replies, on a state of its own that holds a gradient too. */
async function inPasses(
  minibatch: readonly Judged[],
  rows: number,
  rates: HostTensor,
  settings: UpdateSettings,
  env: TaskEnv,
  layout: ParameterLayout,
  state: EngineState,
): Promise<TensorMap> {
  const { config, weights } = env.model;
  const all = minibatch.reduce((sum, { rollout }) => sum + sequenceOf(rollout).response.length, 0);
  const own = env.engine.createState({ ...(await state.read()), gradient: float32([layout.size]) });
  try {
    const sums = new Map<string, number>();
    for (let from = 0; from < minibatch.length; from += rows) {
      const part = minibatch.slice(from, from + rows);
      const shape = rolloutShape(
        part.map(({ rollout }) => sequenceOf(rollout)),
        part.length,
      );
      const name = `ppo-pass/${shape.rows}x${shape.length}x${shape.selected}/${contentKey(settings)}`;
      const pass = await env.executables.get(name, () => updatePass(config, weights, layout, shape, settings));
      const outputs = await pass.run(updateInputs(part, shape, config.hiddenSize, all), own);
      for (const figure of SUMMED) sums.set(figure, (sums.get(figure) ?? 0) + scalarOf(outputs, figure));
    }
    const update = await env.executables.get(`ppo-along/${contentKey(settings)}`, () => ({
      program: updateProgram(layout, settings.optimizer, null),
      signature: { inputs: { rates: RATES }, state: updateSpec(layout) },
    }));
    const { gradientNorm = float32([], [Number.NaN]) } = await update.run({ rates }, own);
    const { gradient: _, ...after } = await own.read();
    state.write(after);
    const figures = [...sums].map(([figure, sum]): [string, HostTensor] => [figure, float32([], [sum])]);
    return { ...Object.fromEntries(figures), gradientNorm };
  } finally {
    own.dispose();
  }
}

/** @param all tokens of the whole minibatch that these replies are a part of */
function updateInputs(minibatch: readonly Judged[], shape: SequenceShape, hidden: number, all?: number): TensorMap {
  const { inputs, offsets } = packReplies(
    minibatch.map(({ rollout }) => sequenceOf(rollout)),
    shape,
  );
  const tokens = offsets[minibatch.length] ?? 0;
  const places = () => new Float32Array(shape.selected);
  const [oldLogProbs, advantages, returns, weights] = [places(), places(), places(), places()];
  const features = new Float32Array(shape.selected * hidden);
  minibatch.forEach((row, i) => {
    const at = offsets[i] ?? 0;
    oldLogProbs?.set(row.rollout.logProbs, at);
    advantages?.set(row.advantages, at);
    returns?.set(row.returns, at);
    features.set(row.features, at * hidden);
  });
  weights?.fill(1 / (all ?? tokens), 0, tokens);
  return {
    ...inputs,
    oldLogProbs: float32([shape.selected], oldLogProbs),
    advantages: float32([shape.selected], advantages),
    returns: float32([shape.selected], returns),
    weights: float32([shape.selected], weights),
    features: float32([shape.selected, hidden], features),
  };
}

/** The base's pass over a rollout's replies, in batches of the minibatch's size. */
export async function readReplies(rollouts: readonly Rollout[], env: TaskEnv, settings: PpoSettings): Promise<Seen[]> {
  const { config, weights } = env.model;
  const size = settings.rolloutReplies / settings.minibatches;
  const seen: Seen[] = [];
  const fitting = new FittingRows(env.engine, "replies to read");
  await fitting.inParts(rollouts, size, async (part) => {
    const rows = part.map(sequenceOf);
    const shape = rolloutShape(rows, fitting.of(size));
    const executable = await env.executables.get(`ppo-base/${shape.rows}x${shape.length}x${shape.selected}`, () =>
      basePass(config, weights, shape),
    );
    const { inputs, offsets } = packReplies(rows, shape);
    const { logProbs, features } = await executable.run(inputs);
    rows.forEach((_, i) => {
      const [from, to] = [offsets[i] ?? 0, offsets[i + 1] ?? 0];
      seen.push({
        baseLogProbs: Float32Array.from(logProbs?.data.subarray(from, to) ?? []),
        features: Float32Array.from(features?.data.subarray(from * config.hiddenSize, to * config.hiddenSize) ?? []),
      });
    });
  });
  return seen;
}
