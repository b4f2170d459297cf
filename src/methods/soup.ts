/**
 * Rewarded Soups (Ramé et al. 2023) with DPO vectors: train one vector a value, then π(w) = π_base + Σ w_i·θ_i for w on the
 * simplex, exact in delta-W. No training per preference.
 */
import { policyShare } from "./budget.js";
import { candidateName } from "./lattice.js";
import type { Method, MethodContext, Offer, OfferedAdapter } from "./method.js";
import { ADAPTER } from "./task.js";

export const soup: Method = {
  id: "soup",
  title: "Rewarded Soups",
  ranked: true,

  async run(context): Promise<Offer> {
    const adapters = await plainVectors(context);
    return {
      adapters,
      candidates: context.lattice.map((weights) => ({ name: candidateName(weights), weights, coefficients: weights })),
      mixes: "simplex",
    };
  },
};

/** One plain DPO vector a value, in suite order: the same tasks, so the same vectors, for every method that asks. */
export async function plainVectors(context: MethodContext): Promise<OfferedAdapter[]> {
  const { values, budget } = context;
  const settings = context.settings.preference;
  const share = policyShare(budget, values.length);
  return Promise.all(
    values.map(async (value) => {
      const result = await context.train({ kind: "dpo", value, settings, penalty: null }, share);
      const ref = result.artefacts[ADAPTER];
      if (ref === undefined) throw new Error(`training on "${value}" gave no adapter`);
      return { name: value, value, ref };
    }),
  );
}
