import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/index.js";
import type { Tokenizer } from "../../src/lm/tokenizer.js";
import { BudgetExceeded, type MethodBudget, Purse } from "../../src/methods/budget.js";
import type { MethodContext, MethodSettings, OptimizerSettings } from "../../src/methods/method.js";
import { type MorlhfSettings, morlhf, morlhfGold } from "../../src/methods/morlhf.js";
import { runTask } from "../../src/methods/run-task.js";
import { contentKey, type Task, type TaskResult } from "../../src/methods/task.js";
import type { Scorer } from "../../src/rewards/scorer.js";
import {
  ADAPTER,
  allPairs,
  baseWeights,
  CONFIG,
  drawRewards,
  enumerableEnv,
  policyTable,
  refKey,
} from "./enumerable-task.js";

const VALUES = ["helpful", "humorous"];
const LATTICE = [
  [0, 1],
  [0.5, 0.5],
  [1, 0],
];
const optimizer: OptimizerSettings = {
  learningRate: 2e-2,
  schedule: "linear",
  warmup: 0,
  weightDecay: 0,
  maxGradientNorm: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};
const settings: MorlhfSettings = {
  rewardModelShare: 0.3,
  rewardModel: {
    adapter: null,
    batchPairs: 15,
    optimizer: { ...optimizer, learningRate: 1e-2 },
    softLabels: true,
    heldOutPairs: 0,
  },
  ppo: {
    rolloutReplies: 32,
    maxNewTokens: 1,
    epochs: 2,
    minibatches: 2,
    clip: 0.2,
    klCoefficient: 0.1,
    gamma: 1,
    lambda: 0.95,
    valueCoefficient: 0.5,
    normaliseRewards: true,
    normaliseAdvantages: true,
    unendedPenalty: 0,
    optimizer,
  },
};
const [helpfulness = [], , humour = []] = drawRewards();
const rewards = [helpfulness, humour];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

/** What `bench` gives a method, with the real tasks, the real purse, and no workers. */
function contextOf(budget: MethodBudget, goldScorer?: Scorer) {
  const env = enumerableEnv(engine, {
    helpful: allPairs(helpfulness, "soft"),
    humorous: allPairs(humour, "soft"),
  });
  const tokenizer = { decodeContinuation: (ids: ArrayLike<number>) => String(ids[0]) } as unknown as Tokenizer;
  const full = {
    ...env,
    model: { config: CONFIG, weights: baseWeights(), tokenizer },
    ...(goldScorer ? { goldScorer } : {}),
  };
  const purse = new Purse(budget, LATTICE.length);
  const tasks: { task: Task; budgetFlops: number; result: TaskResult }[] = [];
  const context: MethodContext = {
    values: VALUES,
    lattice: LATTICE,
    seed: env.seed,
    settings: { preference: { adapter: ADAPTER }, morlhf: settings } as unknown as MethodSettings,
    budget,
    async train(task, budgetFlops) {
      const settle = purse.reserve(budgetFlops);
      const { artefacts, summary } = await runTask(task, budgetFlops, full, {
        label: `morlhf ${task.kind}`,
        signal: new AbortController().signal,
        emit: () => {},
      });
      settle(summary.ledger.reduce((sum, { flops }) => sum + flops, 0));
      const key = contentKey({ task, budgetFlops });
      const refs = Object.keys(artefacts).map((name) => [name, { task: key, name }] as const);
      for (const [name, ref] of refs) env.artefacts.set(refKey(ref), artefacts[name] ?? {});
      const result = { artefacts: Object.fromEntries(refs), summary };
      tasks.push({ task, budgetFlops, result });
      return result;
    },
  };
  return { context, purse, tasks, env };
}

/** Mean true reward of value k under a policy. */
function meanReward(policy: readonly number[][], k: number): number {
  const means = policy.map((row, p) => row.reduce((sum, share, y) => sum + share * (rewards[k]?.[p]?.[y] ?? 0), 0));
  return means.reduce((a, b) => a + b, 0) / means.length;
}

const exact: Scorer = {
  values: VALUES,
  describe: () => "exact",
  score: async (items) =>
    items.map(({ prompt, reply }) =>
      VALUES.map((_, k) => rewards[k]?.[Number(prompt.slice(-1))]?.[Number(reply)] ?? Number.NaN),
    ),
};

describe("MORLHF", () => {
  test("learns rewards from the training pairs, then one policy a preference, each better on what it was asked for", async () => {
    const { context, env, tasks } = contextOf({ per: "method", flops: 1e8 });
    const offer = await morlhf.run(context);
    expect(tasks.map(({ task }) => task.kind)).toEqual(["reward-model", "ppo", "ppo", "ppo"]);
    expect(offer.mixes).toBeNull();
    expect(offer.candidates.map(({ weights }) => weights)).toEqual(LATTICE);
    expect(offer.candidates.map(({ coefficients }) => coefficients)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(offer.adapters.map(({ value }) => value)).toEqual(["humorous", null, "helpful"]);
    const policies = await Promise.all(
      offer.adapters.map(async ({ ref }) => policyTable(engine, await env.artefact(ref))),
    );
    const base = await policyTable(engine);
    const [humorous, , helpful] = policies as [number[][], number[][], number[][]];
    expect(meanReward(helpful, 0)).toBeGreaterThan(meanReward(base, 0) + 0.2);
    expect(meanReward(humorous, 1)).toBeGreaterThan(meanReward(base, 1) + 0.2);
    expect(meanReward(helpful, 0)).toBeGreaterThan(meanReward(humorous, 0) + 0.1);
    expect(meanReward(humorous, 1)).toBeGreaterThan(meanReward(helpful, 1) + 0.1);
    await env.executables.dispose();
  });

  for (const per of ["method", "policy"] as const) {
    test(`spends what it was given and no more, per ${per}`, async () => {
      const budget: MethodBudget = { per, flops: per === "method" ? 3e7 : 1e7 };
      const { context, purse, tasks, env } = contextOf(budget);
      await morlhf.run(context);
      const total = per === "method" ? budget.flops : LATTICE.length * budget.flops;
      expect(purse.spentFlops).toBeLessThanOrEqual(total * (1 + 1e-9));
      expect(purse.spentFlops).toBeGreaterThan(0.8 * total);
      const [model, ...policies] = tasks;
      expect(model?.budgetFlops).toBeLessThanOrEqual(settings.rewardModelShare * total * (1 + 1e-9));
      expect(new Set(policies.map(({ budgetFlops }) => budgetFlops)).size).toBe(1);
      await env.executables.dispose();
    });
  }

  test("a budget too small for one rollout is an error, and nothing is spent beyond it", async () => {
    const { context, purse, env } = contextOf({ per: "method", flops: 2e6 });
    await expect(morlhf.run(context)).rejects.toThrow(BudgetExceeded);
    expect(purse.spentFlops).toBeLessThanOrEqual(2e6);
    await env.executables.dispose();
  });
});

describe("MORLHF on gold rewards", () => {
  test("is never ranked, trains no reward model and pays for none", async () => {
    expect(morlhf.ranked).toBe(true);
    expect(morlhfGold.ranked).toBe(false);
    const { context, tasks, env } = contextOf({ per: "method", flops: 2e7 }, exact);
    await morlhfGold.run(context);
    expect(tasks.map(({ task }) => task.kind)).toEqual(["ppo", "ppo", "ppo"]);
    const scoring = tasks.flatMap(({ result }) => result.summary.ledger).filter(({ kind }) => kind === "scoring");
    expect(scoring.reduce((sum, { flops }) => sum + flops, 0)).toBe(0);
    await env.executables.dispose();
  });

  test("without gold rules there is none", async () => {
    const { context, env } = contextOf({ per: "method", flops: 2e7 });
    await expect(morlhfGold.run(context)).rejects.toThrow(/gold/);
    await env.executables.dispose();
  });
});
