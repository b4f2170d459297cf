/**
 * Trains a reward model: MORLHF's own on the training pairs that everyone has (charged), and a suite's judges on the
 * scorer split (same task, an environment with those pairs and a ledger without a limit).
 *
 *   L = − Σ_i log sigma( r_k(x_i, chosen_i) − r_k(x_i, rejected_i) )      k the pair's value; Bradley–Terry
 *
 * The trunk is the base policy, trained whole or through an adapter that is merged at the end.
 */
import { FittingRows, type TensorMap } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { initAdapter, singleAdapter } from "../lm/adapters.js";
import { adapterBackwardFlops, backwardFlops, countPairs, forwardFlops } from "../lm/flops.js";
import { mergeIntoWeights } from "../lm/merge.js";
import { pairLength } from "../lm/pairs.js";
import { mean } from "../metrics/index.js";
import type { HeldOutAccuracy } from "../rewards/accuracy.js";
import { heldOutAccuracy } from "../rewards/accuracy.js";
import type { RewardModel, RewardPair, RewardPairShape } from "../rewards/reward-model.js";
import {
  bradleyTerryLoss,
  initRewardModel,
  packRewardPairs,
  rewardFlops,
  rewardMargins,
  rewardPairShape,
  rewardPairSignature,
  SCORE_WEIGHT,
} from "../rewards/reward-model.js";
import { batchOrder, CROSSING_FLOPS, sharedShapes } from "./batches.js";
import { BudgetExceeded } from "./budget.js";
import type { OptimizerSettings } from "./method.js";
import { RATES } from "./optimizer.js";
import { layoutOf } from "./parameters.js";
import { promptFraction } from "./prompt-fraction.js";
import { deriveSeed } from "./seeds.js";
import type { TaskEnv, TaskOutput, TaskRun } from "./task.js";
import { contentKey } from "./task.js";
import { type Charge, type Pass, type PreparedStep, train } from "./training.js";
import {
  gradientProgram,
  gradientSpec,
  type PrepareLoss,
  stateSpec,
  trainingProgram,
  updateProgram,
  updateSpec,
} from "./training-program.js";

export interface RewardModelSettings {
  /** What is trained beside the heads: the whole trunk (`null`), or an adapter on it. */
  readonly adapter: AdapterConfig | null;
  /** Pairs a step. */
  readonly batchPairs: number;
  readonly optimizer: OptimizerSettings;
  /** Use the pairs' labels P(chosen is better), where they have one. */
  readonly softLabels: boolean;
  /** At most this many pairs a value are held out to measure accuracy on; their passes are charged too. */
  readonly heldOutPairs: number;
  /** Upper bound on optimizer steps. */
  readonly maxSteps?: number;
  /** Upper bound on passes over the pairs: small data is learnt by heart long before a budget ends. */
  readonly maxEpochs?: number;
}

export interface RewardModelTask {
  readonly kind: "reward-model";
  /** One head each, in this order. */
  readonly values: readonly string[];
  readonly settings: RewardModelSettings;
}

/** Name of the artefact: a reward model's weights (`RewardModel.weights`). */
export const REWARD_MODEL = "reward-model";

/** Held-out pairs may cost at most this share of a task's budget. */
const HELD_OUT_SHARE = 0.05;

/** A bound on planning where neither budget nor settings set one. */
const MOST_STEPS = 100_000;

/** @throws MethodFailure when the loss is not finite. */
export async function trainRewardModel(task: RewardModelTask, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { values, settings } = task;
  const { config } = env.model;
  const { adapter, optimizer, batchPairs } = settings;
  const start = initRewardModel(env.model, values);
  const trunk: TensorMap = adapter === null ? {} : start.weights;
  const trained: TensorMap =
    adapter === null
      ? start.weights
      : {
          ...initAdapter(config, adapter, deriveSeed(env.seed, "reward-model", "adapter")).tensors,
          [SCORE_WEIGHT]: start.weights[SCORE_WEIGHT] as TensorMap[string],
        };
  const layout = layoutOf(trained);

  const { training, heldOut } = splitPairs(task, env, run.ledger.budgetFlops);
  // Before the first step: what measures must still be affordable at the end.
  const measuring = measuringCharge(config, values.length, heldOut);
  if (measuring.flops > 0) run.ledger.charge(measuring.kind, measuring);

  const steps = plan(training, task, env, run.ledger.budgetFlops - measuring.flops);
  if (steps.length === 0) {
    throw new BudgetExceeded(`${run.label}: a budget of ${run.ledger.budgetFlops} FLOPs does not pay for one step`);
  }
  const shapes = sharedShapes(
    steps.map((pairs) => ({ ...rewardPairShape(pairs, batchPairs, values.length), selected: 0 })),
    env.engine.stepsPerCall ?? 1,
    ({ rows, length }) => forwardFlops(config, { tokens: rows * length, attended: rows * length ** 2, logits: 0 }),
    CROSSING_FLOPS * layout.size,
  ).map(({ rows, length }): RewardPairShape => ({ rows, length, values: values.length }));

  const lossOf: PrepareLoss =
    () =>
    (tensors, { inputs, constants }) => {
      const { labels, shares } = inputs;
      if (labels === undefined || shares === undefined) throw new Error("labels and shares are missing");
      const bank = adapter === null ? undefined : singleAdapter(config, adapter, tensors);
      const margins = rewardMargins(config, { ...constants, ...tensors }, inputs, bank);
      return { loss: bradleyTerryLoss(margins, labels, shares), report: { margins } };
    };
  const fitting = new FittingRows(env.engine, run.label);
  let size = fitting.of(batchPairs);
  /** The same step in parts of `size` pairs. */
  const inPasses = async (pairs: readonly RewardPair[]): Promise<PreparedStep> => {
    const passes: Pass[] = [];
    for (let from = 0; from < pairs.length; from += size) {
      const part = pairs.slice(from, from + size);
      const shape = rewardPairShape(part, part.length, values.length);
      const name = `reward-model-pass/${shape.rows}x${shape.length}x${shape.values}/${contentKey({ adapter })}`;
      const executable = await env.executables.get(name, () => ({
        program: gradientProgram(layout, lossOf),
        signature: { inputs: rewardPairSignature(shape), constants: trunk, state: gradientSpec(layout) },
      }));
      passes.push({ executable, inputs: packRewardPairs(part, shape, pairs.length) });
    }
    const executable = await env.executables.get(`reward-model-update/${contentKey({ adapter, optimizer })}`, () => ({
      program: updateProgram(layout, optimizer, null),
      signature: { inputs: { rates: RATES }, state: updateSpec(layout) },
    }));
    return { passes, executable, inputs: {} };
  };

  const { parameters, summary } = await train(
    env.engine,
    {
      layout,
      initial: trained,
      optimizer,
      charges: steps.map((pairs) => [trainingCharge(config, values.length, pairs, adapter)]),
      inPasses: size < batchPairs,
      async shrink(error) {
        if (!fitting.halve(error, size)) return false;
        size = fitting.of(batchPairs);
        await env.executables.release();
        return true;
      },
      async prepare(step) {
        if (size < batchPairs) return inPasses(steps[step] ?? []);
        const shape = shapes[step] as RewardPairShape;
        const name = `reward-model/${shape.rows}x${shape.length}x${shape.values}/${contentKey({ adapter, optimizer })}`;
        const executable = await env.executables.step(name, () => ({
          program: trainingProgram(layout, optimizer, lossOf),
          signature: {
            inputs: { ...rewardPairSignature(shape), rates: RATES },
            constants: trunk,
            state: stateSpec(layout),
          },
        }));
        return { executable, inputs: packRewardPairs(steps[step] ?? [], shape) };
      },
      measure(step, outputs, passes) {
        const given = passes.length === 0 ? [outputs] : passes;
        const margins = given.flatMap((of) => Array.from(of.margins?.data ?? [])).slice(0, steps[step]?.length ?? 0);
        const correct = margins.filter((margin) => margin > 0).length;
        return { accuracy: correct / margins.length, margin: mean(margins) };
      },
    },
    run,
  );

  const score = parameters[SCORE_WEIGHT] as TensorMap[string];
  const model: RewardModel = {
    config,
    values,
    weights:
      adapter === null
        ? parameters
        : mergeIntoWeights(
            { ...start.weights, [SCORE_WEIGHT]: score },
            [{ config: adapter, tensors: parameters }],
            [1],
          ),
  };
  const rewardAccuracy = await measure(model, heldOut, env, batchPairs);
  const planned = summary.planned.map((entry) =>
    entry.kind === measuring.kind
      ? { ...entry, tokens: entry.tokens + measuring.tokens, flops: entry.flops + measuring.flops }
      : entry,
  );
  return { artefacts: { [REWARD_MODEL]: model.weights }, summary: { ...summary, planned, rewardAccuracy } };
}

/** Accuracy of a reward model on pairs, by value; values without a pair are left out. */
export async function measure(
  model: RewardModel,
  pairs: readonly RewardPair[],
  env: Pick<TaskEnv, "engine">,
  batchPairs: number,
): Promise<HeldOutAccuracy[]> {
  const byLength = [...pairs].sort((a, b) => pairLength(a) - pairLength(b));
  const margins = model.values.map((): number[] => []);
  for (let start = 0; start < byLength.length; ) {
    // One program a length: batches end where the bucket does.
    const first = rewardPairShape(byLength.slice(start, start + 1), batchPairs, model.values.length);
    const { config } = model;
    const executable = await env.engine.compile(
      `reward-model accuracy ${first.rows}x${first.length}`,
      ({ inputs, constants }) => ({ outputs: { margins: rewardMargins(config, constants, inputs) } }),
      { inputs: measuringSignature(first), constants: model.weights },
    );
    try {
      for (;;) {
        const batch: RewardPair[] = [];
        for (const pair of byLength.slice(start, start + batchPairs)) {
          if (pairLength(pair) <= first.length) batch.push(pair);
        }
        if (batch.length === 0) break;
        start += batch.length;
        const { labels: _, shares: __, ...inputs } = packRewardPairs(batch, first);
        const result = await executable.run(inputs);
        batch.forEach((pair, row) => {
          margins[pair.head]?.push(result.margins?.data[row] ?? Number.NaN);
        });
      }
    } finally {
      executable.dispose();
    }
  }
  return model.values.flatMap((value, k) => {
    const own = margins[k] ?? [];
    return own.length === 0 ? [] : [heldOutAccuracy(value, own)];
  });
}

function measuringSignature(shape: RewardPairShape) {
  const { labels: _, shares: __, ...inputs } = rewardPairSignature(shape);
  return inputs;
}

/**
 * Pairs to train on and pairs to measure on. Which prompts are held out follows from their tokens alone, so that a prompt
 * is on one side for all values.
 */
function splitPairs(
  { values, settings }: RewardModelTask,
  env: TaskEnv,
  budgetFlops: number,
): { training: RewardPair[]; heldOut: RewardPair[] } {
  const training: RewardPair[] = [];
  const heldOut: RewardPair[] = [];
  let measuringFlops = 0;
  values.forEach((value, head) => {
    const pairs = env.pairs[value] ?? [];
    if (pairs.length === 0) throw new Error(`reward model: there are no pairs for value "${value}"`);
    // Twice the share that is wanted, as some are cut by the limit.
    const share = Math.min(0.2, (2 * settings.heldOutPairs) / pairs.length);
    let measured = 0;
    for (const { label, ...pair } of pairs) {
      const row: RewardPair = settings.softLabels && label !== undefined ? { ...pair, head, label } : { ...pair, head };
      if (promptFraction(pair.prompt) >= share) {
        training.push(row);
        continue;
      }
      const { flops } = measuringCharge(env.model.config, values.length, [row]);
      if (measured < settings.heldOutPairs && measuringFlops + flops <= HELD_OUT_SHARE * budgetFlops) {
        heldOut.push(row);
        measured++;
        measuringFlops += flops;
      }
    }
  });
  return { training, heldOut };
}

/** The pairs of each step, as many as budget, settings and data ask for. */
function plan(pairs: readonly RewardPair[], { settings, values }: RewardModelTask, env: TaskEnv, budget: number) {
  const epochs = settings.maxEpochs ?? Number.POSITIVE_INFINITY;
  const byData = Math.ceil((epochs * pairs.length) / settings.batchPairs);
  const most = Math.min(settings.maxSteps ?? MOST_STEPS, byData, MOST_STEPS);
  const order = batchOrder(pairs.map(pairLength), settings.batchPairs, deriveSeed(env.seed, "reward-model", "order"));
  const steps: RewardPair[][] = [];
  let spent = 0;
  while (steps.length < most) {
    const batch = (order.next().value as number[]).map((i) => pairs[i] as RewardPair);
    spent += trainingCharge(env.model.config, values.length, batch, settings.adapter).flops;
    if (spent > budget) break;
    steps.push(batch);
  }
  return steps;
}

function trainingCharge(
  config: TaskEnv["model"]["config"],
  values: number,
  pairs: readonly RewardPair[],
  adapter: AdapterConfig | null,
): Charge {
  const count = { ...countPairs(pairs), logits: 0 };
  const heads = 3 * rewardFlops(config, values, { ...count, tokens: 0, attended: 0 }, 2 * pairs.length);
  const trunk =
    adapter === null
      ? forwardFlops(config, count) + backwardFlops(config, count)
      : forwardFlops(config, count, [adapter]) + adapterBackwardFlops(config, count, adapter);
  return { kind: "reward-model", tokens: count.tokens, flops: trunk + heads };
}

function measuringCharge(config: TaskEnv["model"]["config"], values: number, pairs: readonly RewardPair[]): Charge {
  const count = countPairs(pairs);
  return { kind: "reward-model", tokens: count.tokens, flops: rewardFlops(config, values, count, 2 * pairs.length) };
}
