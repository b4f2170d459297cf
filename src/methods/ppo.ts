/**
 * PPO for one declared preference (METHODS §2.1): maximise
 *
 *   E_{y ~ pi(.|x)} [ Σ_k w_k (r_k(x, y) − mean_k) / sd_k ] − beta_KL · KL(pi ‖ pi_base)
 *
 * as RLHF does it: roll out, penalise each token by `beta_KL · log(pi / pi_base)`, estimate advantages (GAE), and take
 * several epochs of clipped-ratio steps (1707.06347) on the adapter and a value head. The policy starts at the base.
 *
 * A step is a rollout with all its updates. It is taken only if its dearest outcome (no reply ends early) fits the budget;
 * what is charged is what it did.
 */
import { setImmediate } from "node:timers/promises";
import type { TensorMap } from "../engine/index.js";
import { FittingRows, float32 } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { adapterShapes, initAdapter } from "../lm/adapters.js";
import { NotFiniteError } from "../lm/not-finite.js";
import type { SequenceRow } from "../lm/sequences.js";
import type { RewardScale } from "../rewards/normalisation.js";
import { measureScale, scalarise, unitScale } from "../rewards/normalisation.js";
import type { LedgerEntry } from "./budget.js";
import { BudgetExceeded } from "./budget.js";
import type { OptimizerSettings } from "./method.js";
import { MethodFailure } from "./method.js";
import { initialOptimizerState } from "./optimizer.js";
import { layoutOf, packParameters, unpackParameters } from "./parameters.js";
import { generalisedAdvantages, penalisedRewards, whiten } from "./ppo-advantages.js";
import { planOf, stepCost } from "./ppo-costs.js";
import { summariseRollout } from "./ppo-curve.js";
import { initValueHead, VALUE_BIAS, VALUE_WEIGHT, valuesOf } from "./ppo-program.js";
import type { RewardSource, RolloutRewards } from "./ppo-rewards.js";
import { openRewards, rewardCost, sequenceOf } from "./ppo-rewards.js";
import { RolloutSampler } from "./ppo-rollouts.js";
import type { Seen } from "./ppo-update.js";
import { readReplies, updatePolicy } from "./ppo-update.js";
import { deriveSeed } from "./seeds.js";
import { shuffledIndices } from "./shuffle.js";
import type { CurvePoint, TaskEnv, TaskOutput, TaskRun, TrainingPrompt } from "./task.js";
import { checkTrained } from "./training.js";

export interface PpoSettings {
  /** Replies a rollout, one a prompt. */
  readonly rolloutReplies: number;
  /** A reply is cut after so many tokens. */
  readonly maxNewTokens: number;
  /** Passes over a rollout's replies. */
  readonly epochs: number;
  /** Optimizer steps a pass; divides `rolloutReplies`. */
  readonly minibatches: number;
  /** The ratio is clipped to [1 − clip, 1 + clip]. */
  readonly clip: number;
  /** beta_KL, in units of the scalarised reward per nat. */
  readonly klCoefficient: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly valueCoefficient: number;
  /** Divide each reward by its standard deviation over the first rollout, which the base policy wrote. */
  readonly normaliseRewards: boolean;
  /** Advantages have mean 0 and standard deviation 1 over a rollout's tokens. */
  readonly normaliseAdvantages: boolean;
  /** Taken from the scalarised reward of a reply that was cut. */
  readonly unendedPenalty: number;
  readonly optimizer: OptimizerSettings;
  /** Upper bound on rollouts; the budget usually ends training earlier. */
  readonly maxSteps?: number;
}

export interface PpoTask {
  readonly kind: "ppo";
  readonly rewards: RewardSource;
  /** Values with a weight other than 0, and their weights: `ppoTask` leaves the others out. */
  readonly values: readonly string[];
  readonly weights: readonly number[];
  readonly adapter: AdapterConfig;
  readonly settings: PpoSettings;
}

/** Name of the artefact. */
export const PPO_ADAPTER = "adapter";

/** The task of a declared preference. At a vertex it is the single-reward task: other values do not enter it at all. */
export function ppoTask(
  rewards: RewardSource,
  values: readonly string[],
  weights: readonly number[],
  adapter: AdapterConfig,
  settings: PpoSettings,
): PpoTask {
  const wanted = values.map((value, k) => ({ value, weight: weights[k] ?? 0 })).filter(({ weight }) => weight !== 0);
  return {
    kind: "ppo",
    rewards,
    values: wanted.map(({ value }) => value),
    weights: wanted.map(({ weight }) => weight),
    adapter,
    settings,
  };
}

const SCALE_MEAN = "reward.mean";
const SCALE_SD = "reward.sd";

/**
 * @throws MethodFailure when a reward, a loss or a gradient is not finite; the signal's reason when aborted.
 */
export async function runPpo(task: PpoTask, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { settings, adapter } = task;
  const { config } = env.model;
  checkSettings(settings);
  if (settings.maxSteps === undefined && !Number.isFinite(run.ledger.budgetFlops)) {
    throw new RangeError(`${run.label}: neither a budget nor a number of rollouts says when to stop`);
  }
  // Before anything is asked for: a rehearsal finds out so, while nothing is trained yet.
  const { value: opening } = promptsOf(settings, env).next();
  const dearest = stepCost(longestReplies(opening, settings), task, rewardCost(task.rewards, config), env);
  if (!run.ledger.affords(dearest.total)) {
    throw new BudgetExceeded(
      `${run.label}: a budget of ${run.ledger.budgetFlops} FLOPs does not pay for one rollout, which takes up to ${dearest.total}`,
    );
  }
  const rewards = await openRewards(task.rewards, env);
  const columns = task.values.map((value) => columnOf(rewards, value));
  const start = { ...initAdapter(config, adapter, deriveSeed(env.seed, "adapter")).tensors, ...initValueHead(config) };
  const layout = layoutOf(start);
  const { rolloutReplies: replies, maxNewTokens } = settings;
  const sampler = new RolloutSampler(
    env,
    adapter,
    { rows: replies, maxNewTokens },
    deriveSeed(env.seed, "ppo", "noise"),
  );

  const saved = (await run.checkpoints?.load()) ?? null;
  if (saved !== null) run.ledger.restore(saved.ledger);
  const curve: CurvePoint[] = [...(saved?.curve ?? [])];
  const { [SCALE_MEAN]: savedMean, [SCALE_SD]: savedSd, ...savedState } = saved?.state ?? {};
  let scale: RewardScale | null = settings.normaliseRewards ? null : unitScale(columns.length);
  if (savedMean !== undefined && savedSd !== undefined) scale = { mean: [...savedMean.data], sd: [...savedSd.data] };
  const state = env.engine.createState(
    saved === null ? initialOptimizerState(packParameters(layout, start)) : savedState,
  );

  const fitting = new FittingRows(env.engine, run.label);
  const prompts = promptsOf(settings, env);
  const most = settings.maxSteps ?? Number.POSITIVE_INFINITY;
  let planned: LedgerEntry[] | null = null;
  try {
    for (let step = 0; step < most; step++) {
      const whole = prompts.next().value;
      const longest = longestReplies(whole, settings);
      const boundOf = (rows: number): number => stepCost(longest.slice(0, rows), task, rewards, env).total;
      if (planned === null) {
        // Replies that end early leave room for further rollouts: the whole budget is meant to be spent.
        const bound = stepCost(longest, task, rewards, env);
        planned = planOf(bound, Math.min(run.ledger.budgetFlops, most * bound.total));
        const flops = planned.reduce((sum, entry) => sum + entry.flops, 0);
        run.emit({ type: "task-planned", task: run.label, steps: Math.floor(flops / bound.total), flops });
      }
      if (saved !== null && step < saved.step) continue;
      await setImmediate();
      run.signal.throwIfAborted();
      // Where a whole rollout does not fit any more, as many of its replies as do, down to an eighth.
      let rows = replies;
      while (rows >= replies / 8 && !run.ledger.affords(boundOf(rows))) rows--;
      if (rows < replies / 8) break;
      const batch = whole.slice(0, rows);
      const progress = Math.max(run.ledger.spentFlops / run.ledger.budgetFlops, step / most) || 0;

      // Roll out.
      const { parameters } = await state.read(["parameters"]);
      const now = unpackParameters(layout, parameters as TensorMap[string]);
      const first = step * settings.rolloutReplies;
      const rollouts = await sampler.sample(adapterOf(now, env, adapter), batch, first, run.signal).catch((error) => {
        throw error instanceof NotFiniteError ? new MethodFailure(run.label, step, error.message) : error;
      });
      const cost = stepCost(rollouts.map(sequenceOf), task, rewards, env);
      for (const charge of cost.charges) run.ledger.charge(charge.kind, charge);
      await setImmediate();
      run.signal.throwIfAborted();

      // Reward.
      const scores = (await rewards.score(rollouts)).map((row) => columns.map((column) => row[column] ?? Number.NaN));
      checkRewards(scores, task.values, run.label, step);
      // Rounded to what a checkpoint holds, so that a resumed training goes on with the same bits.
      scale ??= rounded(measureScale(scores, columns.length));
      const scalars = scores.map((row, i) => {
        const cut = rollouts[i]?.ended === false ? settings.unendedPenalty : 0;
        return scalarise(row, task.weights, scale as RewardScale) - cut;
      });

      // Judge each token: base log-probs, values, advantages.
      const seen = await readReplies(rollouts, env, settings);
      const judged = rollouts.map((rollout, i) => {
        const { baseLogProbs, features } = seen[i] as Seen;
        const values = valuesOf(
          features,
          rollout.response.length,
          now[VALUE_WEIGHT]?.data ?? [],
          now[VALUE_BIAS]?.data[0] ?? 0,
        );
        const tokenRewards = penalisedRewards(
          scalars[i] ?? Number.NaN,
          rollout.logProbs,
          baseLogProbs,
          settings.klCoefficient,
        );
        return { rollout, features, ...generalisedAdvantages(tokenRewards, values, settings.gamma, settings.lambda) };
      });
      if (settings.normaliseAdvantages) whiten(judged.map(({ advantages }) => advantages));

      // Update.
      const totals = await updatePolicy(judged, task, env, layout, state, { step, progress }, run, fitting);

      const point = { ...totals, ...summariseRollout(rollouts, seen, scores, scalars, task.values) };
      curve.push(point);
      const spentFlops = run.ledger.spentFlops;
      const steps = Math.min(
        most,
        step + 1 + Math.floor(Math.max(0, run.ledger.budgetFlops - spentFlops) / cost.total),
      );
      run.emit({ type: "task-step", task: run.label, step: step + 1, steps, spentFlops, curve: point });
      if (run.probe?.due(step + 1, steps) === true) {
        const after = (await state.read(["parameters"])).parameters as TensorMap[string];
        await run.probe.look(step + 1, steps, adapterOf(unpackParameters(layout, after), env, adapter));
      }
      if (run.checkpoints !== undefined && (step + 1) % run.checkpoints.every === 0) {
        const held = {
          ...(await state.read()),
          [SCALE_MEAN]: float32([columns.length], scale.mean),
          [SCALE_SD]: float32([columns.length], scale.sd),
        };
        await run.checkpoints.save({ step: step + 1, state: held, curve: [...curve], ledger: run.ledger.entries() });
      }
    }
    const { parameters } = await state.read(["parameters"]);
    checkTrained(parameters, run.label, curve.length);
    const trained = adapterOf(unpackParameters(layout, parameters as TensorMap[string]), env, adapter);
    return {
      artefacts: { [PPO_ADAPTER]: trained },
      summary: { steps: curve.length, curve, planned: planned ?? [], ledger: run.ledger.entries() },
    };
  } finally {
    state.dispose();
  }
}

/** Batches of a rollout's prompts, for ever. */
function promptsOf({ rolloutReplies }: PpoSettings, { prompts, seed }: TaskEnv) {
  return promptOrder(prompts, rolloutReplies, deriveSeed(seed, "ppo", "prompts"));
}

/** Rows as dear as replies to these prompts can get. */
function longestReplies(prompts: readonly TrainingPrompt[], { maxNewTokens }: PpoSettings): SequenceRow[] {
  return prompts.map(({ tokens }) => ({ prompt: tokens, response: new Int32Array(maxNewTokens) }));
}

function checkRewards(
  scores: readonly (readonly number[])[],
  values: readonly string[],
  label: string,
  step: number,
): void {
  for (const row of scores) {
    row.forEach((score, k) => {
      if (!Number.isFinite(score)) throw new MethodFailure(label, step, `the reward of ${values[k]} is ${score}`);
    });
  }
}

function checkSettings({ rolloutReplies, minibatches, epochs, maxNewTokens }: PpoSettings): void {
  for (const [name, count] of Object.entries({ rolloutReplies, minibatches, epochs, maxNewTokens })) {
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`ppo: ${name} is ${count}; it must be at least 1`);
  }
  if (rolloutReplies % minibatches !== 0) {
    throw new RangeError(`ppo: ${minibatches} minibatches do not divide ${rolloutReplies} replies`);
  }
}

function columnOf(rewards: RolloutRewards, value: string): number {
  const column = rewards.values.indexOf(value);
  if (column < 0) throw new Error(`ppo: nothing rewards "${value}" here (there is ${rewards.values.join(", ")})`);
  return column;
}

function adapterOf(tensors: TensorMap, env: TaskEnv, adapter: AdapterConfig): TensorMap {
  const names = Object.keys(adapterShapes(env.model.config, adapter));
  return Object.fromEntries(names.map((name) => [name, tensors[name] as TensorMap[string]]));
}

function rounded({ mean, sd }: RewardScale): RewardScale {
  return { mean: mean.map(Math.fround), sd: sd.map(Math.fround) };
}

/** Batches of prompts without end: shuffled epochs end to end. */
function* promptOrder(
  prompts: readonly TrainingPrompt[],
  size: number,
  seed: number,
): Generator<TrainingPrompt[], never> {
  if (prompts.length === 0) throw new Error("ppo: there are no prompts");
  let batch: TrainingPrompt[] = [];
  for (let epoch = 0; ; epoch++) {
    for (const i of shuffledIndices(prompts.length, deriveSeed(seed, `${epoch}`))) {
      batch.push(prompts[i] as TrainingPrompt);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  }
}
