/**
 * How much value vectors get in each other's way, layer by layer: the numbers that a report shows (METHODS §4.4). A number
 * that does not exist (a vector that is zero, too few neurons) is `null`, never 0.
 */
import { MetricsError, mustEqual, mustExist } from "./error.js";
import { mean } from "./intervals.js";
import {
  effectiveRank,
  frobeniusCosine,
  frobeniusNorm,
  type LowRank,
  lowRankCka,
  lowRankHsic,
  lowRankPermutationTest,
  subspaceOverlap,
} from "./low-rank.js";
import type { RandomGenerator } from "./random.js";

export interface ValueVectorLayer {
  /** Name of the module, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly layer: string;
  /** One delta-W per value, in the order of `values`. */
  readonly vectors: readonly LowRank[];
}

export interface PairInterference {
  readonly first: string;
  readonly second: string;
  /** Unbiased linear HSIC on output neurons, and its normalised form. */
  readonly hsic: number | null;
  readonly debiasedCka: number | null;
  readonly cka: number | null;
  readonly cosine: number | null;
  /** Overlap of what the two vectors write to (output) and read from (input). */
  readonly outputOverlap: number | null;
  readonly inputOverlap: number | null;
  /** Permutation p-value of `hsic`; `null` unless permutations were asked for. */
  readonly p: number | null;
}

export interface LayerInterference {
  readonly layer: string;
  readonly norms: readonly number[];
  readonly effectiveRanks: readonly (number | null)[];
  readonly pairs: readonly PairInterference[];
}

export interface InterferenceSummary {
  readonly values: readonly string[];
  readonly layers: readonly LayerInterference[];
  /** Over layers, of those where the number exists. `p` is not averaged. */
  readonly mean: {
    readonly norms: readonly number[];
    readonly effectiveRanks: readonly (number | null)[];
    readonly pairs: readonly Omit<PairInterference, "p">[];
  };
}

export interface InterferenceOptions {
  /** Draws for permutation p-values; none are computed without it. */
  readonly permutation?: { readonly generator: RandomGenerator; readonly permutations: number };
}

const MEASURES = {
  hsic: lowRankHsic,
  debiasedCka: lowRankCka,
  cka: (first: LowRank, second: LowRank) => lowRankCka(first, second, { estimator: "biased" }),
  cosine: frobeniusCosine,
  outputOverlap: subspaceOverlap,
  inputOverlap: (first: LowRank, second: LowRank) => subspaceOverlap(first, second, "input"),
};

/** One result for each measure. */
function measured(by: (measure: keyof typeof MEASURES) => number | null): Record<keyof typeof MEASURES, number | null> {
  const names = Object.keys(MEASURES) as (keyof typeof MEASURES)[];
  return Object.fromEntries(names.map((name) => [name, by(name)])) as ReturnType<typeof measured>;
}

/**
 * Summary of the interference between value vectors.
 *
 * @throws MetricsError `empty-set` (no layers), `dimension-mismatch`, `not-finite`
 */
export function interference(
  values: readonly string[],
  layers: readonly ValueVectorLayer[],
  options: InterferenceOptions = {},
): InterferenceSummary {
  const { permutation } = options;
  mustExist(layers.length, "layers to compare value vectors in");
  const done = layers.map(({ layer, vectors }): LayerInterference => {
    mustEqual(vectors.length, values.length, `vectors of ${layer}`);
    return {
      layer,
      norms: vectors.map(frobeniusNorm),
      effectiveRanks: vectors.map((vector) => existing(() => effectiveRank(vector))),
      pairs: vectors.flatMap((first, i) =>
        vectors.slice(i + 1).map((second, j) => ({
          first: values[i] as string,
          second: values[i + 1 + j] as string,
          ...measured((name) => existing(() => MEASURES[name](first, second))),
          p: permutation ? existing(() => lowRankPermutationTest(first, second, permutation).p) : null,
        })),
      ),
    };
  });
  const over = (pick: (layer: LayerInterference) => number | null | undefined): number | null => {
    const found = done.map(pick).filter((x) => typeof x === "number");
    return found.length === 0 ? null : mean(found);
  };
  return {
    values,
    layers: done,
    mean: {
      norms: values.map((_, v) => over((layer) => layer.norms[v]) as number),
      effectiveRanks: values.map((_, v) => over((layer) => layer.effectiveRanks[v])),
      pairs: (done[0] as LayerInterference).pairs.map(({ first, second }, i) => ({
        first,
        second,
        ...measured((name) => over((layer) => layer.pairs[i]?.[name])),
      })),
    },
  };
}

/** `null` where the measure has no value here; other errors are the caller's. */
function existing(measure: () => number): number | null {
  try {
    return measure();
  } catch (error) {
    if (error instanceof MetricsError && (error.code === "undefined-value" || error.code === "too-few")) return null;
    throw error;
  }
}
