/**
 * `soup-ab`: Rewarded Soups as published code does it for LoRA: A and B are averaged separately, so the product is not the
 * mixture of the vectors (at w = ½ each vector enters at ¼, with cross terms; METHODS §1.5). A labelled variant, not ranked.
 *
 * Such a policy is no mixture of the bank, so each candidate is an adapter of its own, made without training.
 */
import type { HostTensor, TensorMap } from "../engine/index.js";
import { float32 } from "../engine/index.js";
import { candidateName, isVertex } from "./lattice.js";
import type { Method, Offer, OfferedAdapter } from "./method.js";
import { trainedValue } from "./modpo.js";
import { plainVectors } from "./soup.js";
import type { ArtefactRef, TaskEnv, TaskOutput } from "./task.js";
import { ADAPTER } from "./task.js";

/** Σ w_i·A_i and Σ w_i·B_i. */
export interface AverageTask {
  readonly kind: "average";
  readonly weights: readonly number[];
  readonly adapters: readonly ArtefactRef[];
}

export async function runAverage(task: AverageTask, env: TaskEnv): Promise<TaskOutput> {
  const adapters = await Promise.all(task.adapters.map((ref) => env.artefact(ref)));
  return {
    artefacts: { [ADAPTER]: averageTensors(adapters, task.weights) },
    summary: { steps: 0, curve: [], planned: [], ledger: [] },
  };
}

/** Weighted sum of tensors of the same names and shapes. */
export function averageTensors(adapters: readonly TensorMap[], weights: readonly number[]): TensorMap {
  const result: Record<string, HostTensor> = {};
  for (const [name, { shape }] of Object.entries(adapters[0] ?? {})) {
    const sum = float32(shape);
    adapters.forEach((adapter, i) => {
      const tensor = adapter[name];
      if (tensor === undefined) throw new Error(`adapter ${i} lacks "${name}"`);
      for (let k = 0; k < sum.data.length; k++) {
        sum.data[k] = (sum.data[k] ?? 0) + (weights[i] ?? 0) * (tensor.data[k] ?? 0);
      }
    });
    result[name] = sum;
  }
  return result;
}

export const soupAb: Method = {
  id: "soup-ab",
  title: "Rewarded Soups, A and B averaged apart",
  ranked: false,

  async run(context): Promise<Offer> {
    const { lattice } = context;
    const vectors = await plainVectors(context);
    const refs = vectors.map(({ ref }) => ref);
    const adapters: OfferedAdapter[] = await Promise.all(
      lattice.map(async (weights) => {
        const name = candidateName(weights);
        const vertex = isVertex(weights) ? vectors[trainedValue(weights)] : undefined;
        if (vertex !== undefined) return { ...vertex, name };
        const { artefacts } = await context.train({ kind: "average", weights, adapters: refs }, 0);
        const ref = artefacts[ADAPTER];
        if (ref === undefined) throw new Error(`soup-ab: no adapter for ${name}`);
        return { name, value: null, ref };
      }),
    );
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
