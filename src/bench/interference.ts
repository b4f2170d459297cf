/** How much value vectors share: mean over modules of CKA and cosine between them, and each one's size and rank. */
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { effectiveRank, frobeniusCosine, frobeniusNorm, type LowRank, lowRankCka } from "../metrics/index.js";

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

export interface Interference {
  readonly pairs: readonly VectorPair[];
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
  const pairs: VectorPair[] = [];
  for (let i = 0; i < vectors.length; i++) {
    for (let j = i + 1; j < vectors.length; j++) {
      const ckas: number[] = [];
      const cosines: number[] = [];
      for (const module of modules) {
        const first = factors[i]?.get(module);
        const second = factors[j]?.get(module);
        if (first === undefined || second === undefined) continue;
        if (frobeniusNorm(first) === 0 || frobeniusNorm(second) === 0) continue;
        ckas.push(lowRankCka(first, second));
        cosines.push(frobeniusCosine(first, second));
      }
      pairs.push({
        a: vectors[i]?.value ?? "",
        b: vectors[j]?.value ?? "",
        cka: mean(ckas),
        cosine: mean(cosines),
      });
    }
  }
  const sizes = vectors.map(({ value }, i) => {
    const all = [...(factors[i]?.values() ?? [])].filter((f) => f !== undefined);
    const ranks = all.filter((f) => frobeniusNorm(f) > 0).map(effectiveRank);
    return {
      value,
      norm: Math.sqrt(all.reduce((sum, f) => sum + frobeniusNorm(f) ** 2, 0)),
      effectiveRank: mean(ranks),
    };
  });
  return { pairs, vectors: sizes };
}

/** Means over seeds of the same pairs and vectors. */
export function averageInterference(all: readonly Interference[]): Interference {
  const first = all[0] ?? { pairs: [], vectors: [] };
  return {
    pairs: first.pairs.map((pair, i) => ({
      ...pair,
      cka: mean(all.map((x) => x.pairs[i]?.cka ?? 0)),
      cosine: mean(all.map((x) => x.pairs[i]?.cosine ?? 0)),
    })),
    vectors: first.vectors.map((vector, i) => ({
      ...vector,
      norm: mean(all.map((x) => x.vectors[i]?.norm ?? 0)),
      effectiveRank: mean(all.map((x) => x.vectors[i]?.effectiveRank ?? 0)),
    })),
  };
}

function lowRank(vector: ValueVector, module: string): LowRank | undefined {
  const a = vector.tensors[`${module}.lora_A`];
  const b = vector.tensors[`${module}.lora_B`];
  return a === undefined || b === undefined ? undefined : { A: matrix(a), B: matrix(b), scale: vector.scale };
}

function matrix(tensor: HostTensor) {
  return { data: Float64Array.from(tensor.data), rows: tensor.shape[0] ?? 0, columns: tensor.shape[1] ?? 0 };
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
