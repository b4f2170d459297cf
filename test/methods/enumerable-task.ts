/**
 * An alignment problem whose answer is known: a tiny decoder, a few prompts, replies of one token each, so that a policy is a
 * table of probabilities. Three rewards a reply; every pair of replies is a preference pair, labelled σ(r_i − r_j). The optimum
 * of E[Σ w_k r_k] − β·KL(π‖π_base) is π* ∝ π_base·exp(Σ w_k r_k / β), and DPO on Σ w_k r_k's labels has the same one.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Engine, TensorMap } from "../../src/engine/index.js";
import { float32 } from "../../src/engine/index.js";
import type { AdapterConfig } from "../../src/lm/adapters.js";
import type { DecoderConfig } from "../../src/lm/config.js";
import { initWeights } from "../../src/lm/init.js";
import { ExecutableCache } from "../../src/methods/executables.js";
import { frozenLogProbs, PairLogProbs } from "../../src/methods/pair-log-probs.js";
import type { ArtefactRef, PreferencePair, TaskEnv } from "../../src/methods/task.js";

export const VALUES = ["helpful", "harmless", "humorous"] as const;
export const REPLIES = 6;
export const BETA = 0.5;

/** Every reply is a token; the rest of the vocabulary only occurs in prompts and has next to no probability. */
export const CONFIG: DecoderConfig = {
  vocabSize: REPLIES,
  hiddenSize: 16,
  intermediateSize: 16,
  layers: 1,
  heads: 2,
  kvHeads: 2,
  headDim: 8,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  tieWordEmbeddings: false,
  attentionBias: false,
  maxPositions: 16,
  bosTokenId: null,
  eosTokenIds: [],
};

export const ADAPTER: AdapterConfig = {
  rank: 8,
  alpha: 16,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
};

/** Token ids; the prompts have different lengths. */
export const PROMPTS: readonly Int32Array[] = [Int32Array.of(0, 1), Int32Array.of(2, 3, 1)];

/** Weights whose logits spread over a few nats (a fresh decoder's are all but equal). */
export function baseWeights(seed = 5): TensorMap {
  const weights = initWeights(CONFIG, seed);
  const widened = (name: string, factor: number) => {
    const tensor = weights[name];
    if (tensor === undefined) throw new Error(`no weight ${name}`);
    return float32(
      tensor.shape,
      Float32Array.from(tensor.data, (x) => x * factor),
    );
  };
  return {
    ...weights,
    "model.embed_tokens.weight": widened("model.embed_tokens.weight", 50),
    "lm_head.weight": widened("lm_head.weight", 2),
  };
}

/** rewards[value][prompt][reply], in [−1, 1]. */
export function drawRewards(seed = 7): number[][][] {
  const random = xoroshiro128plus(seed);
  return VALUES.map(() => PROMPTS.map(() => Array.from({ length: REPLIES }, () => 2 * uniformFloat64(random) - 1)));
}

/** Σ_k w_k·r_k as [prompt][reply]. */
export function scalarise(rewards: readonly number[][][], weights: readonly number[]): number[][] {
  return PROMPTS.map((_, p) =>
    Array.from({ length: REPLIES }, (_, y) =>
      weights.reduce((sum, weight, k) => sum + weight * (rewards[k]?.[p]?.[y] ?? 0), 0),
    ),
  );
}

/**
 * All ordered-once pairs of replies to every prompt. `soft`: label σ(r_i − r_j). `hard`: the better reply is chosen, and
 * always wins.
 */
export function allPairs(reward: readonly number[][], labels: "soft" | "hard"): PreferencePair[] {
  return PROMPTS.flatMap((prompt, p) => {
    const pairs: PreferencePair[] = [];
    for (let i = 0; i < REPLIES; i++) {
      for (let j = i + 1; j < REPLIES; j++) {
        const difference = (reward[p]?.[i] ?? 0) - (reward[p]?.[j] ?? 0);
        const [better, worse] = difference >= 0 ? [i, j] : [j, i];
        pairs.push({
          prompt,
          chosen: Int32Array.of(better),
          rejected: Int32Array.of(worse),
          label: labels === "hard" ? 1 : 1 / (1 + Math.exp(-Math.abs(difference))),
        });
      }
    }
    return pairs;
  });
}

/** π* ∝ π_base·exp(reward/β), [prompt][reply]. */
export function optimum(base: readonly number[][], reward: readonly number[][], beta = BETA): number[][] {
  return base.map((row, p) => {
    const weights = row.map((probability, y) => probability * Math.exp((reward[p]?.[y] ?? 0) / beta));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** The largest total variation over prompts. */
export function totalVariation(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(
    ...a.map((row, p) => row.reduce((sum, probability, y) => sum + Math.abs(probability - (b[p]?.[y] ?? 0)) / 2, 0)),
  );
}

export interface EnumerableEnv extends TaskEnv {
  /** What `artefact` finds; tests put adapters here. */
  readonly artefacts: Map<string, TensorMap>;
}

export function enumerableEnv(
  engine: Engine,
  pairs: Readonly<Record<string, readonly PreferencePair[]>>,
): EnumerableEnv {
  const artefacts = new Map<string, TensorMap>();
  return {
    engine,
    model: {
      config: CONFIG,
      weights: baseWeights(),
      get tokenizer(): never {
        throw new Error("the enumerable task has no text");
      },
    },
    seed: 11,
    pairs,
    prompts: PROMPTS.map((tokens, p) => ({ text: `prompt ${p}`, tokens, key: `prompt ${p}` })),
    executables: new ExecutableCache(engine),
    logProbs: new PairLogProbs(),
    artefacts,
    async artefact(ref) {
      const tensors = artefacts.get(refKey(ref));
      if (tensors === undefined) throw new Error(`no artefact ${refKey(ref)}`);
      return tensors;
    },
  };
}

export function refKey({ task, name }: ArtefactRef): string {
  return `${task}/${name}`;
}

/** π(y|x) of the base, or of the base with an adapter, as [prompt][reply]. Each row sums to 1. */
export async function policyTable(engine: Engine, adapter?: TensorMap): Promise<number[][]> {
  // One pair a reply: its chosen side reads off the probability.
  const pairs: PreferencePair[] = PROMPTS.flatMap((prompt) =>
    Array.from({ length: REPLIES }, (_, y) => ({
      prompt,
      chosen: Int32Array.of(y),
      rejected: Int32Array.of((y + 1) % REPLIES),
    })),
  );
  const env = enumerableEnv(engine, { table: pairs });
  const ref = { task: "table", name: "adapter" };
  if (adapter !== undefined) env.artefacts.set(refKey(ref), adapter);
  const logProbs = await frozenLogProbs(
    env,
    "table",
    pairs.map((_, i) => i),
    adapter === undefined ? {} : { adapter: { ref, config: ADAPTER } },
    new AbortController().signal,
  );
  await env.executables.dispose();
  return PROMPTS.map((_, p) =>
    Array.from({ length: REPLIES }, (_, y) => Math.exp(logProbs[2 * (p * REPLIES + y)] ?? Number.NaN)),
  );
}
