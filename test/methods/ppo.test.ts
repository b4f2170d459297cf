import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, openEngine, type TensorMap } from "../../src/engine/index.js";
import type { Tokenizer } from "../../src/lm/tokenizer.js";
import { BudgetExceeded, Ledger } from "../../src/methods/budget.js";
import { MethodFailure } from "../../src/methods/method.js";
import { PPO_ADAPTER, type PpoSettings, type PpoTask, ppoTask, runPpo } from "../../src/methods/ppo.js";
import type { Checkpoint, TaskEvent, TaskRun } from "../../src/methods/task.js";
import { initRewardModel, SCORE_WEIGHT } from "../../src/rewards/reward-model.js";
import type { Scorer } from "../../src/rewards/scorer.js";
import { randomTensor } from "../lm/model-folder.js";
import {
  ADAPTER,
  BETA,
  baseWeights,
  CONFIG,
  drawRewards,
  type EnumerableEnv,
  enumerableEnv,
  optimum,
  policyTable,
  refKey,
  scalarise,
  totalVariation,
  VALUES,
} from "./enumerable-task.js";

/** A reply's text is its token's id. */
const tokenizer = { decodeContinuation: (ids: ArrayLike<number>) => String(ids[0]) } as unknown as Tokenizer;
const rewards = drawRewards();

/** Exact rewards, by prompt and reply. */
const exact: Scorer = {
  values: VALUES,
  describe: () => "exact rewards",
  score: async (items) =>
    items.map(({ prompt, reply }) => {
      const p = Number(prompt.replace("prompt ", ""));
      return VALUES.map((_, k) => rewards[k]?.[p]?.[Number(reply)] ?? Number.NaN);
    }),
};

const settings: PpoSettings = {
  rolloutReplies: 64,
  maxNewTokens: 1,
  epochs: 2,
  minibatches: 2,
  clip: 0.2,
  klCoefficient: BETA,
  gamma: 1,
  lambda: 0.95,
  valueCoefficient: 0.5,
  normaliseRewards: false,
  normaliseAdvantages: true,
  unendedPenalty: 0,
  optimizer: {
    learningRate: 2e-2,
    schedule: "linear",
    warmup: 0,
    weightDecay: 0,
    maxGradientNorm: 1,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  },
  maxSteps: 90,
};

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

function environment(goldScorer: Scorer = exact): EnumerableEnv {
  const env = enumerableEnv(engine, {});
  return { ...env, model: { config: CONFIG, weights: baseWeights(), tokenizer }, goldScorer };
}

function runWith(ledger = new Ledger(Number.POSITIVE_INFINITY), events: TaskEvent[] = []): TaskRun {
  return { label: "morlhf w=1", ledger, signal: new AbortController().signal, emit: (event) => events.push(event) };
}

const gold = (weights: readonly number[], changes: Partial<PpoSettings> = {}): PpoTask =>
  ppoTask({ kind: "gold" }, VALUES, weights, ADAPTER, { ...settings, ...changes });

function sameBits(a: TensorMap, b: TensorMap): boolean {
  return Object.keys(a).every((name) =>
    Buffer.from(a[name]?.data.buffer as ArrayBuffer).equals(Buffer.from(b[name]?.data.buffer as ArrayBuffer)),
  );
}

async function distanceToOptimum(weights: readonly number[], changes: Partial<PpoSettings> = {}): Promise<number> {
  const env = environment();
  const { artefacts } = await runPpo(gold(weights, changes), env, runWith());
  await env.executables.dispose();
  const best = optimum(await policyTable(engine), scalarise(rewards, weights));
  return totalVariation(await policyTable(engine, artefacts[PPO_ADAPTER]), best);
}

describe("truth: on exact rewards PPO reaches pi* = pi_base exp(sum w_k r_k / beta) / Z", () => {
  for (const weights of [
    [1, 0, 0],
    [0.5, 0, 0.5],
    [0.2, 0.5, 0.3],
  ]) {
    test(`total variation <= 0.05 at w = ${weights.join(", ")}`, async () => {
      const base = await policyTable(engine);
      // Standing still does not pass.
      expect(totalVariation(base, optimum(base, scalarise(rewards, weights)))).toBeGreaterThan(0.1);
      expect(await distanceToOptimum(weights)).toBeLessThanOrEqual(0.05);
    });
  }

  test("another KL coefficient leads elsewhere", async () => {
    expect(await distanceToOptimum([1, 0, 0], { klCoefficient: BETA / 4, maxSteps: 40 })).toBeGreaterThan(0.05);
  });

  test("so do normalised rewards, whose unit is another", async () => {
    expect(await distanceToOptimum([1, 0, 0], { normaliseRewards: true, maxSteps: 40 })).toBeGreaterThan(0.05);
  });
});

describe("PPO", () => {
  const short = { maxSteps: 3, rolloutReplies: 8, minibatches: 2 };

  async function adapterOf(task: PpoTask, env = environment(), run = runWith()): Promise<TensorMap> {
    const { artefacts } = await runPpo(task, env, run);
    return artefacts[PPO_ADAPTER] ?? {};
  }

  test("a vertex preference equals single-reward PPO bit for bit", async () => {
    const env = environment();
    const vertex = await adapterOf(gold([0, 1, 0], short), env);
    const single: PpoTask = { ...gold([0, 1, 0], short), values: ["harmless"], weights: [1] };
    expect(sameBits(vertex, await adapterOf(single, env))).toBe(true);
    expect(sameBits(vertex, await adapterOf(gold([1, 0, 0], short), env))).toBe(false);
    await env.executables.dispose();
  });

  test("so it does on learnt rewards, whatever the other heads say", async () => {
    const model = initRewardModel({ config: CONFIG, weights: baseWeights() }, VALUES);
    const head = randomTensor(3, [VALUES.length, CONFIG.hiddenSize]);
    const trained = async (heads: readonly string[], rows: readonly number[], weights: readonly number[]) => {
      const env = environment();
      const ref = { task: "rm", name: "reward-model" };
      const score = Float32Array.from(rows.flatMap((k) => [...head.data.slice(k * 16, (k + 1) * 16)]));
      const tensor = { dtype: "float32", shape: [rows.length, 16], data: score } as const;
      env.artefacts.set(refKey(ref), { ...model.weights, [SCORE_WEIGHT]: tensor });
      const source = { kind: "reward-model", model: ref, heads } as const;
      const adapter = await adapterOf(
        ppoTask(source, heads, weights, ADAPTER, { ...settings, ...short, normaliseRewards: true }),
        env,
      );
      await env.executables.dispose();
      return adapter;
    };
    const vertex = await trained(VALUES, [0, 1, 2], [0, 1, 0]);
    expect(sameBits(vertex, await trained(["harmless"], [1], [1]))).toBe(true);
    expect(sameBits(vertex, await trained(VALUES, [0, 1, 2], [1, 0, 0]))).toBe(false);
  });

  test("with normalised rewards a reward model's unit does not matter; without, it does", async () => {
    const inUnits = (unit: number): Scorer => ({
      ...exact,
      score: async (items) => (await exact.score(items)).map(([a = 0, b = 0, c = 0]) => [unit * a, b, c]),
    });
    const policy = async (unit: number, normaliseRewards: boolean) => {
      const env = environment(inUnits(unit));
      const adapter = await adapterOf(gold([0.5, 0.5, 0], { maxSteps: 6, normaliseRewards }), env);
      await env.executables.dispose();
      return policyTable(engine, adapter);
    };
    expect(totalVariation(await policy(1, true), await policy(8, true))).toBeLessThan(1e-3);
    expect(totalVariation(await policy(1, false), await policy(8, false))).toBeGreaterThan(0.02);
  });

  test("cannot overspend: where a whole rollout does not fit, as many of its replies as do", async () => {
    const env = environment();
    const free = new Ledger(Number.POSITIVE_INFINITY);
    await runPpo(gold([1, 0, 0], { ...short, maxSteps: 4 }), env, runWith(free));
    for (const share of [0.3, 0.6, 0.99]) {
      const ledger = new Ledger(share * free.spentFlops);
      const { summary } = await runPpo(gold([1, 0, 0], { ...short, maxSteps: 1000 }), env, runWith(ledger));
      expect(ledger.spentFlops).toBeLessThanOrEqual(ledger.budgetFlops);
      // What is left is less than an eighth of a rollout of the longest replies, and its updates: a reply here.
      expect(ledger.budgetFlops - ledger.spentFlops).toBeLessThan((1.1 * free.spentFlops) / 4 / 8);
      expect(summary.ledger.map(({ kind }) => kind).sort()).toEqual(["gradient", "reference", "rollout", "scoring"]);
      expect(summary.ledger.reduce((sum, { flops }) => sum + flops, 0)).toBeCloseTo(ledger.spentFlops, 3);
    }
    const poor = new Ledger(free.spentFlops / 50);
    await expect(runPpo(gold([1, 0, 0], short), env, runWith(poor))).rejects.toThrow(BudgetExceeded);
    expect(poor.spentFlops).toBe(0);
    await env.executables.dispose();
  });

  test("a reward that is no number ends the method, by name", async () => {
    const broken: Scorer = {
      ...exact,
      score: async (items) => (await exact.score(items)).map(([a = 0, , c = 0]) => [a, Number.NaN, c]),
    };
    const env = environment(broken);
    const failing = runPpo(gold([0.5, 0.5, 0], short), env, runWith());
    await expect(failing).rejects.toThrow(MethodFailure);
    await expect(failing).rejects.toThrow(/morlhf w=1.*harmless is NaN/);
    // A value without weight is not read.
    await expect(runPpo(gold([1, 0, 0], short), env, runWith())).resolves.toBeDefined();
    await env.executables.dispose();
  });

  test("resumed from a checkpoint it gives the bits of an uninterrupted run", async () => {
    const env = environment();
    const saved: Checkpoint[] = [];
    const checkpoints = (start: Checkpoint | null) => ({
      every: 2,
      load: async () => start,
      save: async (checkpoint: Checkpoint) => {
        saved.push(checkpoint);
      },
    });
    const task = gold([0.5, 0.5, 0], { ...short, maxSteps: 5, normaliseRewards: true });
    const whole = await runPpo(task, env, { ...runWith(), checkpoints: checkpoints(null) });
    const rest = await runPpo(task, env, { ...runWith(), checkpoints: checkpoints(saved[0] ?? null) });
    expect(saved[0]?.step).toBe(2);
    expect(sameBits(whole.artefacts[PPO_ADAPTER] ?? {}, rest.artefacts[PPO_ADAPTER] ?? {})).toBe(true);
    expect(rest.summary).toEqual(whole.summary);
    await env.executables.dispose();
  });

  test("an aborted run stops with the signal's reason", async () => {
    const abort = new AbortController();
    const env = environment();
    const run: TaskRun = {
      ...runWith(),
      signal: abort.signal,
      emit: ({ type }) => type === "task-step" && abort.abort(new Error("enough")),
    };
    await expect(runPpo(gold([1, 0, 0], short), env, run)).rejects.toThrow("enough");
    await env.executables.dispose();
  });

  test("settings that cannot be run are refused", async () => {
    await expect(runPpo(gold([1, 0, 0], { rolloutReplies: 9 }), environment(), runWith())).rejects.toThrow(
      /do not divide/,
    );
    const { maxSteps: _, ...endless } = settings;
    await expect(runPpo({ ...gold([1, 0, 0]), settings: endless }, environment(), runWith())).rejects.toThrow(
      /when to stop/,
    );
    await expect(runPpo(gold([1, 0, 0], { epochs: 0 }), environment(), runWith())).rejects.toThrow(/epochs/);
  });
});
