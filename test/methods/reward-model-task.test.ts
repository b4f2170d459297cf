import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { BudgetExceeded, Ledger } from "../../src/methods/budget.js";
import type { RewardModelSettings, RewardModelTask } from "../../src/methods/reward-model-task.js";
import { REWARD_MODEL, trainRewardModel } from "../../src/methods/reward-model-task.js";
import type { TaskEvent, TaskOutput, TaskRun } from "../../src/methods/task.js";
import { RewardModelScorer } from "../../src/rewards/reward-model-scorer.js";
import { ADAPTER, allPairs, CONFIG, drawRewards, enumerableEnv, PROMPTS, REPLIES } from "./enumerable-task.js";

const VALUES = ["helpful", "harmless"];
const settings: RewardModelSettings = {
  adapter: null,
  batchPairs: 15,
  optimizer: {
    learningRate: 1e-2,
    schedule: "linear",
    warmup: 0,
    weightDecay: 0,
    maxGradientNorm: 1,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  },
  softLabels: true,
  heldOutPairs: 0,
  maxSteps: 400,
};

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

function runWith(ledger: Ledger, events: TaskEvent[] = []): TaskRun {
  return { label: "rm", ledger, signal: new AbortController().signal, emit: (event) => events.push(event) };
}

const rewards = drawRewards();
const pairs = { helpful: allPairs(rewards[0] ?? [], "soft"), harmless: allPairs(rewards[1] ?? [], "soft") };

/** Learnt rewards as [value][prompt][reply], centred per prompt: Bradley–Terry knows differences only. */
async function learntRewards(task: RewardModelTask, budget = Number.POSITIVE_INFINITY, threads = engine) {
  const env = enumerableEnv(threads, pairs);
  const output: TaskOutput = await trainRewardModel(task, env, runWith(new Ledger(budget)));
  const model = { config: CONFIG, values: task.values, weights: output.artefacts[REWARD_MODEL] ?? {} };
  const scorer = new RewardModelScorer(model, {} as never, { programs: env.executables, key: "test" });
  const rows = PROMPTS.flatMap((prompt) =>
    Array.from({ length: REPLIES }, (_, y) => ({ prompt, response: Int32Array.of(y) })),
  );
  const scores = await scorer.scoreRows(rows);
  await env.executables.dispose();
  return task.values.map((_, k) =>
    PROMPTS.map((_, p) =>
      centred(Array.from({ length: REPLIES }, (_, y) => scores[p * REPLIES + y]?.[k] ?? Number.NaN)),
    ),
  );
}

function centred(row: readonly number[]): number[] {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  return row.map((x) => x - mean);
}

function largestError(learnt: number[][][]): number {
  let worst = 0;
  learnt.forEach((table, k) => {
    table.forEach((row, p) => {
      centred(rewards[k]?.[p] ?? []).forEach((truth, y) => {
        worst = Math.max(worst, Math.abs(truth - (row[y] ?? Number.NaN)));
      });
    });
  });
  return worst;
}

describe("reward model", () => {
  test("recovers the known Bradley–Terry scores of both values, a head each", async () => {
    expect(largestError(await learntRewards({ kind: "reward-model", values: VALUES, settings }))).toBeLessThan(0.02);
  });

  test("recovers them through an adapter as well", async () => {
    const adapted = { ...settings, adapter: ADAPTER, maxSteps: 600 };
    expect(largestError(await learntRewards({ kind: "reward-model", values: VALUES, settings: adapted }))).toBeLessThan(
      0.05,
    );
  });

  test("an untrained one is nowhere near them", async () => {
    const idle = { ...settings, maxSteps: 1, optimizer: { ...settings.optimizer, learningRate: 0 } };
    expect(largestError(await learntRewards({ kind: "reward-model", values: VALUES, settings: idle }))).toBeGreaterThan(
      0.3,
    );
  });

  test("stops before the step that would pass its budget, and spends what it says", async () => {
    const task: RewardModelTask = { kind: "reward-model", values: VALUES, settings };
    const env = enumerableEnv(engine, pairs);
    const free = new Ledger(Number.POSITIVE_INFINITY);
    await trainRewardModel({ ...task, settings: { ...settings, maxSteps: 10 } }, env, runWith(free));
    for (const share of [0.35, 0.72]) {
      const ledger = new Ledger(share * free.spentFlops);
      const { summary } = await trainRewardModel(task, env, runWith(ledger));
      expect(ledger.spentFlops).toBeLessThanOrEqual(ledger.budgetFlops);
      expect(ledger.spentFlops).toBeGreaterThan(ledger.budgetFlops - 0.2 * free.spentFlops);
      expect(summary.ledger.map(({ kind }) => kind)).toEqual(["reward-model"]);
      expect(summary.steps).toBe(Math.floor(10 * share + 1e-9));
    }
    await expect(trainRewardModel(task, env, runWith(new Ledger(free.spentFlops / 100)))).rejects.toThrow(
      BudgetExceeded,
    );
    await env.executables.dispose();
  });

  test("held-out pairs are measured, not trained on, and paid for", async () => {
    // Many prompts of two tokens, so that some are held out.
    const prompts = Array.from({ length: 36 }, (_, i) => Int32Array.of(i % 6, Math.floor(i / 6)));
    const many = prompts.flatMap((prompt) => [
      { prompt, chosen: Int32Array.of(1), rejected: Int32Array.of(2) },
      { prompt, chosen: Int32Array.of(1), rejected: Int32Array.of(4) },
    ]);
    const env = enumerableEnv(engine, { helpful: many });
    const task: RewardModelTask = {
      kind: "reward-model",
      values: ["helpful"],
      settings: { ...settings, heldOutPairs: 20, maxSteps: 60 },
    };
    const ledger = new Ledger(Number.POSITIVE_INFINITY);
    const { summary } = await trainRewardModel(task, env, runWith(ledger));
    const [accuracy] = summary.rewardAccuracy ?? [];
    expect(accuracy?.pairs).toBeGreaterThan(3);
    expect(accuracy?.pairs).toBeLessThanOrEqual(20);
    expect(accuracy?.accuracy).toBe(1);
    expect(accuracy?.low).toBeLessThan(1);
    const without = new Ledger(Number.POSITIVE_INFINITY);
    await trainRewardModel({ ...task, settings: { ...task.settings, heldOutPairs: 0 } }, env, runWith(without));
    expect(ledger.spentFlops).toBeGreaterThan(without.spentFlops);
    await env.executables.dispose();
  });

  test("a value without pairs is named", async () => {
    const env = enumerableEnv(engine, pairs);
    const task: RewardModelTask = { kind: "reward-model", values: ["humorous"], settings };
    await expect(trainRewardModel(task, env, runWith(new Ledger(1e12)))).rejects.toThrow(/humorous/);
  });
});
