/**
 * MVA (Xu et al. 2025, METHODS §1.1).
 *
 *   Value decorrelation training: for i = 1 … m, one after the other, each from the base with the earlier ones frozen:
 *     L_i = L_DPO(π_base + θ_i; D_i) + alpha · penalty(θ_i; θ_1 … θ_{i−1})
 *   Value combination extrapolating: π(w) = π_base + Σ w_i·θ_i with w off the simplex; here w/max(w) for w in the lattice.
 *
 * `mva-alpha0` leaves the penalty out: what extrapolation alone does. Its vectors are Soup's.
 */
import { policyShare } from "./budget.js";
import { candidateName, onCube } from "./lattice.js";
import type { Method, MethodContext, MvaSettings, Offer, OfferedAdapter } from "./method.js";
import { plainVectors } from "./soup.js";
import type { ArtefactRef } from "./task.js";
import { ADAPTER } from "./task.js";

export const mva: Method = {
  id: "mva",
  title: "MVA",
  ranked: true,
  async run(context) {
    return extrapolate(context, await decorrelatedVectors(context, context.settings.mva));
  },
};

export const mvaAlpha0: Method = {
  id: "mva-alpha0",
  title: "MVA without decorrelation",
  ranked: true,
  async run(context) {
    return extrapolate(context, await plainVectors(context));
  },
};

/** The value vectors, in suite order whatever order they were trained in. */
async function decorrelatedVectors(context: MethodContext, mva: MvaSettings): Promise<OfferedAdapter[]> {
  const { values, budget } = context;
  const settings = context.settings.preference;
  const share = policyShare(budget, values.length);
  const order = mva.order ?? values;
  if (order.length !== values.length || values.some((value) => !order.includes(value))) {
    throw new Error(`mva.order must name each of ${values.join(", ")} once, not ${order.join(", ")}`);
  }
  const vectors = new Map<string, ArtefactRef>();
  for (const value of order) {
    const frozen = [...vectors.values()];
    // Nothing to be decorrelated from, or no strength: plain DPO, and the same task as everyone's.
    const penalty = frozen.length === 0 || mva.alpha === 0 ? null : { kind: mva.penalty, alpha: mva.alpha, frozen };
    const result = await context.train({ kind: "dpo", value, settings, penalty }, share);
    const ref = result.artefacts[ADAPTER];
    if (ref === undefined) throw new Error(`training on "${value}" gave no adapter`);
    vectors.set(value, ref);
  }
  return values.flatMap((value) => {
    const ref = vectors.get(value);
    return ref === undefined ? [] : [{ name: value, value, ref }];
  });
}

function extrapolate({ lattice }: MethodContext, adapters: readonly OfferedAdapter[]): Offer {
  return {
    adapters,
    candidates: lattice.map((weights) => ({
      name: candidateName(weights),
      weights,
      coefficients: onCube(weights),
    })),
    mixes: "cube",
  };
}
