/** One rollout of made-up replies, judged by a made-up rule, and the policy updated on it. */
import type { Engine } from "../../src/engine/index.js";
import { initAdapter } from "../../src/lm/adapters.js";
import { Ledger } from "../../src/methods/budget.js";
import { initialOptimizerState } from "../../src/methods/optimizer.js";
import { layoutOf, packParameters } from "../../src/methods/parameters.js";
import type { PpoSettings, PpoTask } from "../../src/methods/ppo.js";
import { initValueHead } from "../../src/methods/ppo-program.js";
import type { Rollout } from "../../src/methods/ppo-rewards.js";
import type { Judged } from "../../src/methods/ppo-update.js";
import { readReplies, updatePolicy } from "../../src/methods/ppo-update.js";
import { ADAPTER, CONFIG, enumerableEnv } from "./enumerable-task.js";
import { OPTIMIZER } from "./tiny-settings.js";

const settings: PpoSettings = {
  rolloutReplies: 8,
  maxNewTokens: 4,
  epochs: 2,
  minibatches: 1,
  clip: 0.2,
  klCoefficient: 0.05,
  gamma: 1,
  lambda: 0.95,
  valueCoefficient: 0.5,
  normaliseRewards: true,
  normaliseAdvantages: true,
  unendedPenalty: 1,
  optimizer: OPTIMIZER,
  maxSteps: 4,
};
const TASK: PpoTask = {
  ...{ kind: "ppo", rewards: { kind: "gold" }, values: ["helpful"], weights: [1] },
  ...{ adapter: ADAPTER, settings },
};
const rollouts = Array.from({ length: 8 }, (_, i): Rollout => {
  const response = Int32Array.from({ length: 1 + (i % 4) }, (_, t) => (2 * i + t) % CONFIG.vocabSize);
  return {
    prompt: { text: "", tokens: Int32Array.of(0, 1 + (i % 3)), key: "" },
    response,
    ended: true,
    logProbs: [],
  };
});
const initial = { ...initAdapter(CONFIG, ADAPTER, 1).tensors, ...initValueHead(CONFIG) };
const layout = layoutOf(initial);
/** Figures and parameters after one rollout's updates. */
export async function updatedPolicy(engine: Engine, minibatches = 1) {
  const task: PpoTask = { ...TASK, settings: { ...TASK.settings, minibatches } };
  const env = enumerableEnv(engine, {});
  const run = {
    label: "ppo",
    signal: new AbortController().signal,
    emit() {},
    ledger: new Ledger(Number.POSITIVE_INFINITY),
  };
  const seen = await readReplies(rollouts, env, task.settings);
  const judged = rollouts.map((rollout, i): Judged => {
    const { baseLogProbs = new Float32Array(), features = new Float32Array() } = seen[i] ?? {};
    const pattern = (phase: number) => Float64Array.from(baseLogProbs, (_, t) => Math.cos(3 * i + t + phase));
    return { rollout: { ...rollout, logProbs: baseLogProbs }, features, advantages: pattern(0), returns: pattern(1) };
  });
  const state = engine.createState(initialOptimizerState(packParameters(layout, initial)));
  const figures = await updatePolicy(judged, task, env, layout, state, { step: 0, progress: 0 }, run);
  const { parameters } = await state.read(["parameters"]);
  await env.executables.dispose();
  return { figures, parameters: Array.from(parameters?.data ?? []) };
}
