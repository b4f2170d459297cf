/** What a PPO step charges: every pass of it (PROTOCOL §4). */
import { adapterBackwardFlops, countGeneration, countSequences, forwardFlops } from "../lm/flops.js";
import type { SequenceRow } from "../lm/sequences.js";
import type { ChargeKind, LedgerEntry } from "./budget.js";
import type { PpoTask } from "./ppo.js";
import type { RewardCost } from "./ppo-rewards.js";
import type { TaskEnv } from "./task.js";

export interface StepCost {
  readonly charges: readonly LedgerEntry[];
  /** FLOPs. */
  readonly total: number;
}

/** The cost of a step whose replies are `rows`. */
export function stepCost(
  rows: readonly SequenceRow[],
  { adapter, settings }: PpoTask,
  rewards: RewardCost,
  env: TaskEnv,
): StepCost {
  const { config } = env.model;
  const count = countSequences(rows);
  const generated = countGeneration(
    rows.map(({ prompt, response }) => ({ promptTokens: prompt.length, newTokens: response.length })),
  );
  const valueHead = 2 * config.hiddenSize * count.logits;
  const { epochs, minibatches, rolloutReplies } = settings;
  const updates = epochs * Math.ceil((rows.length * minibatches) / rolloutReplies);
  const gradient =
    forwardFlops(config, count, [adapter]) + adapterBackwardFlops(config, count, adapter) + 3 * valueHead;
  const charge = (kind: ChargeKind, tokens: number, flops: number, steps = 0): LedgerEntry => ({
    kind,
    tokens,
    steps,
    flops,
  });
  const charges = [
    charge("rollout", generated.tokens, forwardFlops(config, generated, [adapter])),
    charge("scoring", count.tokens, rewards.flops(count, rows.length)),
    charge("reference", count.tokens, forwardFlops(config, count) + valueHead),
    charge("gradient", epochs * count.tokens, epochs * gradient, updates),
  ];
  return { charges, total: charges.reduce((sum, { flops }) => sum + flops, 0) };
}

/** Steps like this one, as far as `flops` go: what a task means to charge. */
export function planOf({ charges, total }: StepCost, flops: number): LedgerEntry[] {
  const times = flops / total;
  return charges.map((charge) => ({
    kind: charge.kind,
    tokens: Math.round(charge.tokens * times),
    steps: Math.round(charge.steps * times),
    flops: charge.flops * times,
  }));
}
