/**
 * MODPO (Zhou et al. 2024), for any number of values. One margin model a value (plain DPO), then one policy a preference w:
 *
 *   k = argmax w (ties: suite order);  train on D_k
 *   L = −log σ( (β·Δ − Σ_{j≠k} w_j·(r_j(chosen) − r_j(rejected))) / w_k ),   r_j = β·(log π_j − log ref)
 *
 * At w = e_k the policy is the margin model itself. Choosing the largest weight keeps 1/w_k ≤ number of values.
 */
import { policyShare } from "./budget.js";
import { candidateName, isVertex } from "./lattice.js";
import type { Method, MethodContext, Offer, OfferedAdapter, PreferenceSettings } from "./method.js";
import type { MarginModel, PaidPasses } from "./preference-training.js";
import { trainPreference } from "./preference-training.js";
import type { TaskEnv, TaskOutput, TaskResult, TaskRun } from "./task.js";
import { ADAPTER } from "./task.js";

export interface ModpoTask {
  readonly kind: "modpo";
  /** k: the value whose pairs are trained on. */
  readonly value: string;
  /** w_k. */
  readonly weight: number;
  readonly margins: readonly MarginModel[];
  readonly settings: PreferenceSettings;
  readonly paid: PaidPasses;
}

export function runModpo(task: ModpoTask, budgetFlops: number, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { value, settings, weight, margins, paid } = task;
  return trainPreference({ value, settings, penalty: null, weight, margins, paid }, budgetFlops, env, run);
}

export const modpo: Method = {
  id: "modpo",
  title: "MODPO",
  ranked: true,

  async run(context: MethodContext): Promise<Offer> {
    const { values, lattice, budget } = context;
    const settings = context.settings.preference;
    const mixtures = lattice.filter((weights) => !isVertex(weights));
    const share = policyShare(budget, values.length + mixtures.length);

    const marginModels = await Promise.all(
      values.map((value) => context.train({ kind: "dpo", value, settings, penalty: null }, share)),
    );
    const policies = new Map<string, TaskResult>();
    // Policies on the same pairs follow one another: each pays only for the passes that its forerunners did not.
    await Promise.all(
      values.map(async (value, k) => {
        let referenceSteps = marginModels[k]?.summary.steps ?? 0;
        const marginSteps = values.map(() => 0);
        for (const weights of mixtures.filter((candidate) => trainedValue(candidate) === k)) {
          const others = values.flatMap((_, j) => {
            const weight = weights[j] ?? 0;
            const policy = marginModels[j]?.artefacts[ADAPTER];
            return j === k || weight === 0 || policy === undefined ? [] : [{ j, weight, policy }];
          });
          const result = await context.train(
            {
              kind: "modpo",
              value,
              weight: weights[k] ?? 0,
              margins: others.map(({ weight, policy }) => ({ weight, policy })),
              settings,
              paid: { reference: referenceSteps, margins: others.map(({ j }) => marginSteps[j] ?? 0) },
            },
            share,
          );
          referenceSteps = Math.max(referenceSteps, result.summary.steps);
          for (const { j } of others) marginSteps[j] = Math.max(marginSteps[j] ?? 0, result.summary.steps);
          policies.set(candidateName(weights), result);
        }
      }),
    );

    const adapters: OfferedAdapter[] = lattice.map((weights) => {
      const vertex = isVertex(weights) ? trainedValue(weights) : -1;
      const result = vertex >= 0 ? marginModels[vertex] : policies.get(candidateName(weights));
      const ref = result?.artefacts[ADAPTER];
      if (ref === undefined) throw new Error(`modpo: no policy was trained for ${candidateName(weights)}`);
      return { name: candidateName(weights), value: values[vertex] ?? null, ref };
    });
    return {
      adapters,
      candidates: lattice.map((weights, i) => ({
        name: candidateName(weights),
        weights,
        coefficients: lattice.map((_, j) => (i === j ? 1 : 0)),
      })),
      mixes: null,
    };
  },
};

/** k = argmax w; the first of equals. */
export function trainedValue(weights: readonly number[]): number {
  return weights.indexOf(Math.max(...weights));
}
