/**
 * MORLHF (METHODS §2.1): one reward model a value, learnt from the training pairs that everyone has; then, for each declared
 * preference w, one policy by PPO on the linear scalarisation Σ_k w_k r_k of normalised rewards. Everything is charged:
 * reward models, rollouts, scoring, reference passes, updates.
 *
 * `morlhf-gold` is the same on the gold rules: what PPO could do with perfect rewards. It sees the ruler, so it is a
 * labelled row and never ranked.
 */
import { policyShare } from "./budget.js";
import { candidateName, isVertex } from "./lattice.js";
import type { Candidate, Method, MethodContext, Offer, OfferedAdapter } from "./method.js";
import type { PpoSettings } from "./ppo.js";
import { PPO_ADAPTER, ppoTask } from "./ppo.js";
import type { RewardSource } from "./ppo-rewards.js";
import type { RewardModelSettings } from "./reward-model-task.js";
import { REWARD_MODEL } from "./reward-model-task.js";

export interface MorlhfSettings {
  /** What the reward model may cost, as a share of all that the method may spend, in (0, 1). */
  readonly rewardModelShare: number;
  readonly rewardModel: RewardModelSettings;
  readonly ppo: PpoSettings;
}

export const morlhf: Method = {
  id: "morlhf",
  title: "MORLHF (PPO on learnt rewards)",
  ranked: true,
  rollsOut: true,
  async run(context) {
    const { values, lattice, budget, settings } = context;
    const { rewardModelShare, rewardModel } = settings.morlhf;
    if (!(rewardModelShare > 0 && rewardModelShare < 1)) {
      throw new RangeError(`morlhf: rewardModelShare is ${rewardModelShare}; it must lie between 0 and 1`);
    }
    // Per policy, each puts in its part; a single training may not take more than one policy's whole budget.
    const whole = budget.per === "policy" ? budget.flops * lattice.length : budget.flops;
    const allowance = Math.min(rewardModelShare * whole, budget.flops);
    const { artefacts, summary } = await context.train(
      { kind: "reward-model", values, settings: rewardModel },
      allowance,
    );
    const model = artefacts[REWARD_MODEL];
    if (model === undefined) throw new Error("the reward model's training gave no reward model");
    const spent = summary.ledger.reduce((sum, { flops }) => sum + flops, 0);
    const share =
      budget.per === "policy" ? budget.flops - spent / lattice.length : (budget.flops - spent) / lattice.length;
    return trainPolicies(context, { kind: "reward-model", model, heads: values }, share);
  },
};

export const morlhfGold: Method = {
  id: "morlhf-gold",
  title: "MORLHF on gold rewards (sees the ruler)",
  ranked: false,
  needsGold: true,
  rollsOut: true,
  run(context) {
    return trainPolicies(context, { kind: "gold" }, policyShare(context.budget, context.lattice.length));
  },
};

async function trainPolicies(context: MethodContext, rewards: RewardSource, budgetFlops: number): Promise<Offer> {
  const { values, lattice, settings } = context;
  const adapters = await Promise.all(
    lattice.map(async (weights): Promise<OfferedAdapter> => {
      const task = ppoTask(rewards, values, weights, settings.preference.adapter, settings.morlhf.ppo);
      const { artefacts } = await context.train(task, budgetFlops);
      const ref = artefacts[PPO_ADAPTER];
      if (ref === undefined) throw new Error("a PPO training gave no adapter");
      const value = isVertex(weights) ? (values[weights.indexOf(1)] ?? null) : null;
      return { name: candidateName(weights), value, ref };
    }),
  );
  const candidates = lattice.map(
    (weights, i): Candidate => ({
      name: candidateName(weights),
      weights,
      coefficients: lattice.map((_, j) => (i === j ? 1 : 0)),
    }),
  );
  return { adapters, candidates, mixes: null };
}
