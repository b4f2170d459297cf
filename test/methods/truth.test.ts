/** The KL-regularised optimum of the enumerable task is known: DPO and MODPO must reach it, and must not with hard labels. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import type { PreferenceSettings } from "../../src/methods/method.js";
import { PairLogProbs } from "../../src/methods/pair-log-probs.js";
import { NOTHING_PAID } from "../../src/methods/preference-training.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Task } from "../../src/methods/task.js";
import {
  ADAPTER,
  allPairs,
  BETA,
  drawRewards,
  type EnumerableEnv,
  enumerableEnv,
  optimum,
  policyTable,
  REPLIES,
  scalarise,
  totalVariation,
  VALUES,
} from "./enumerable-task.js";

const WEIGHTS = [
  [1, 0, 0],
  [0.5, 0.5, 0],
  [0.4, 0.3, 0.3],
] as const;

const SETTINGS: PreferenceSettings = {
  beta: BETA,
  nllCoefficient: 0,
  softLabels: true,
  adapter: ADAPTER,
  batchPairs: REPLIES * (REPLIES - 1),
  optimizer: {
    learningRate: 0.02,
    schedule: "cosine",
    warmup: 0.05,
    weightDecay: 0,
    maxGradientNorm: null,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  },
  maxSteps: 150,
};

const rewards = drawRewards();
let engine: Engine;
let base: number[][];

beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
  base = await policyTable(engine);
});
afterAll(() => engine.dispose());

async function distanceToOptimum(task: Task, env: EnumerableEnv, weights: readonly number[]): Promise<number> {
  const { artefacts } = await runTask(task, Number.POSITIVE_INFINITY, env, {
    label: "truth",
    signal: new AbortController().signal,
    emit() {},
  });
  const policy = await policyTable(engine, artefacts["adapter"]);
  return totalVariation(policy, optimum(base, scalarise(rewards, weights)));
}

test("the policy of the enumerable task is a distribution over replies, away from the optimum at the start", () => {
  for (const row of base) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  for (const weights of WEIGHTS) {
    expect(totalVariation(base, optimum(base, scalarise(rewards, weights)))).toBeGreaterThan(0.1);
  }
});

describe.each(WEIGHTS.map((weights) => ({ weights })))("at w = $weights", ({ weights }) => {
  const dpo = (labels: "soft" | "hard") => {
    const env = enumerableEnv(engine, { mixed: allPairs(scalarise(rewards, weights), labels) });
    return distanceToOptimum({ kind: "dpo", value: "mixed", settings: SETTINGS, penalty: null }, env, weights);
  };
  const modpo = (labels: "soft" | "hard") => {
    const pairs = Object.fromEntries(
      VALUES.map((value, k) => {
        const one = VALUES.map((_, j) => (j === k ? 1 : 0));
        return [value, allPairs(scalarise(rewards, one), labels)];
      }),
    );
    const env = { ...enumerableEnv(engine, pairs), logProbs: new ExactMargins(base) };
    const margins = VALUES.flatMap((value, j) => {
      const weight = weights[j] ?? 0;
      return j === 0 || weight === 0 ? [] : [{ weight, policy: { task: "exact", name: value } }];
    });
    return distanceToOptimum(
      {
        kind: "modpo",
        value: VALUES[0],
        weight: weights[0],
        margins,
        settings: SETTINGS,
        paid: NOTHING_PAID,
      },
      env,
      weights,
    );
  };

  test("DPO with soft labels reaches the optimum", async () => {
    expect(await dpo("soft")).toBeLessThanOrEqual(0.01);
  });
  test("MODPO with exact margins reaches the optimum", async () => {
    expect(await modpo("soft")).toBeLessThanOrEqual(0.01);
  });
  test("DPO with deterministic labels does not", async () => {
    expect(await dpo("hard")).toBeGreaterThan(0.01);
  });
  test("MODPO with deterministic labels does not", async () => {
    expect(await modpo("hard")).toBeGreaterThan(0.01);
  });
});

/** Margin models that are exact: log π_j = log π_base + r_j/β on every reply. */
class ExactMargins extends PairLogProbs {
  constructor(readonly base: readonly number[][]) {
    super();
  }

  override table(...[env, value, policy]: Parameters<PairLogProbs["table"]>): ReturnType<PairLogProbs["table"]> {
    const table = super.table(env, value, policy);
    const margin = policy.adapter?.ref.name;
    if (margin === undefined) return table;
    const reward = scalarise(
      rewards,
      VALUES.map((name) => (name === margin ? 1 : 0)),
    );
    (env.pairs[value] ?? []).forEach(({ prompt, chosen, rejected }, row) => {
      const p = env.prompts.findIndex(({ tokens }) => `${tokens}` === `${prompt}`);
      [chosen, rejected].forEach((reply, side) => {
        const y = reply[0] ?? -1;
        table.values[2 * row + side] = Math.log(this.base[p]?.[y] ?? 0) + (reward[p]?.[y] ?? 0) / BETA;
      });
    });
    for (const chunk of table.chunks) chunk.done = true;
    return table;
  }
}
