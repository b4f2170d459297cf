/** How much value vectors share: CKA and cosine between them, over all modules and layer by layer; each one's size and rank. */
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { effectiveRank, frobeniusCosine, frobeniusNorm, type LowRank, lowRankCka, mean } from "../metrics/index.js";

export interface ValueVector {
  readonly value: string;
  readonly tensors: TensorMap;
  /** LoRA's alpha / rank. */
  readonly scale: number;
}

export interface VectorPair {
  readonly a: string;
  readonly b: string;
  /** Debiased linear CKA of the rows of delta-W: about 0 for independent vectors. */
  readonly cka: number;
  /** Frobenius cosine, in [−1, 1]. */
  readonly cosine: number;
}

export interface VectorSize {
  readonly value: string;
  /** Frobenius norm over all modules. */
  readonly norm: number;
  readonly effectiveRank: number;
}

export interface LayerPairs {
  /** From 0, as the modules are named. */
  readonly layer: number;
  /** The same pairs in the same order as over all layers. */
  readonly pairs: readonly VectorPair[];
}

export interface Interference {
  /** Mean over all modules. */
  readonly pairs: readonly VectorPair[];
  /** Mean over the modules of each layer, ascending; a layer where no pair has two trained modules is left out. */
  readonly layers: readonly LayerPairs[];
  readonly vectors: readonly VectorSize[];
}

/** Modules whose delta-W is still zero (an untrained vector) are left out of means; a vector of zeros has rank 0. */
export function interferenceOf(vectors: readonly ValueVector[]): Interference {
  const modules = new Set(
    vectors.flatMap(({ tensors }) =>
      Object.keys(tensors).flatMap((name) => (name.endsWith(".lora_A") ? [name.slice(0, -".lora_A".length)] : [])),
    ),
  );
  const factors = vectors.map((vector) => new Map([...modules].map((m) => [m, lowRank(vector, m)] as const)));
  const measured: { a: string; b: string; modules: Measured[] }[] = [];
  for (let i = 0; i < vectors.length; i++) {
    for (let j = i + 1; j < vectors.length; j++) {
      const found = [...modules].flatMap((module): Measured[] => {
        const first = factors[i]?.get(module);
        const second = factors[j]?.get(module);
        if (first === undefined || second === undefined) return [];
        if (frobeniusNorm(first) === 0 || frobeniusNorm(second) === 0) return [];
        const shared = { cka: lowRankCka(first, second), cosine: frobeniusCosine(first, second) };
        // Vectors so long that their products leave the real line cannot be compared.
        return Object.values(shared).every(Number.isFinite) ? [{ layer: layerOf(module), ...shared }] : [];
      });
      measured.push({ a: vectors[i]?.value ?? "", b: vectors[j]?.value ?? "", modules: found });
    }
  }
  const meansOf = (keep: (module: Measured) => boolean): VectorPair[] =>
    measured.map((pair) => {
      const kept = pair.modules.filter(keep);
      return {
        a: pair.a,
        b: pair.b,
        cka: meanOf(kept.map(({ cka }) => cka)),
        cosine: meanOf(kept.map(({ cosine }) => cosine)),
      };
    });
  const known = measured.flatMap((pair) => pair.modules.map(({ layer }) => layer)).filter((layer) => layer !== null);
  const layers = [...new Set(known)]
    .sort((a, b) => a - b)
    .map((layer) => ({ layer, pairs: meansOf((module) => module.layer === layer) }));
  const sizes = vectors.map(({ value }, i) => {
    const all = [...(factors[i]?.values() ?? [])].filter((f) => f !== undefined);
    const ranks = all
      .filter((f) => frobeniusNorm(f) > 0)
      .map(effectiveRank)
      .filter(Number.isFinite);
    return {
      value,
      norm: Math.sqrt(all.reduce((sum, f) => sum + frobeniusNorm(f) ** 2, 0)),
      effectiveRank: meanOf(ranks),
    };
  });
  return { pairs: meansOf(() => true), layers, vectors: sizes };
}

interface Measured {
  readonly layer: number | null;
  readonly cka: number;
  readonly cosine: number;
}

/** `model.layers.3.self_attn.q_proj` is of layer 3; a module outside the blocks is of none. */
function layerOf(module: string): number | null {
  const found = /\.layers\.(\d+)\./.exec(module)?.[1];
  return found === undefined ? null : Number(found);
}

/** Means over seeds of the same pairs, layers and vectors. */
export function averageInterference(all: readonly Interference[]): Interference {
  const first = all[0] ?? { pairs: [], layers: [], vectors: [] };
  return {
    pairs: averagePairs(all.map(({ pairs }) => pairs)),
    layers: first.layers.map(({ layer }) => ({
      layer,
      pairs: averagePairs(all.map(({ layers }) => layers.find((other) => other.layer === layer)?.pairs ?? [])),
    })),
    vectors: first.vectors.map((vector, i) => ({
      ...vector,
      norm: meanOf(all.map((x) => x.vectors[i]?.norm ?? 0)),
      effectiveRank: meanOf(all.map((x) => x.vectors[i]?.effectiveRank ?? 0)),
    })),
  };
}

function averagePairs(all: readonly (readonly VectorPair[])[]): VectorPair[] {
  return (all[0] ?? []).map((pair, i) => ({
    ...pair,
    cka: meanOf(all.map((pairs) => pairs[i]?.cka ?? 0)),
    cosine: meanOf(all.map((pairs) => pairs[i]?.cosine ?? 0)),
  }));
}

function lowRank(vector: ValueVector, module: string): LowRank | undefined {
  const a = vector.tensors[`${module}.lora_A`];
  const b = vector.tensors[`${module}.lora_B`];
  return a === undefined || b === undefined ? undefined : { A: matrix(a), B: matrix(b), scale: vector.scale };
}

function matrix(tensor: HostTensor) {
  return { data: Float64Array.from(tensor.data), rows: tensor.shape[0] ?? 0, columns: tensor.shape[1] ?? 0 };
}

function meanOf(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : mean(numbers);
}
