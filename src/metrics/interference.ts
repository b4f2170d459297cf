/**
 * How much value vectors get in each other's way, layer by layer: the numbers that a report shows (METHODS §4.4). A number
 * that does not exist (a vector that is zero, too few neurons) is `null`, never 0.
 */
import { MetricsError } from "./error.js";
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
  if (layers.length === 0) throw new MetricsError("empty-set", "no layers to compare value vectors in");
  const done = layers.map(({ layer, vectors }) => {
    if (vectors.length !== values.length) {
      throw new MetricsError(
        "dimension-mismatch",
        `${layer} has ${vectors.length} vectors for ${values.length} values`,
      );
    }
    const pairs: PairInterference[] = [];
    vectors.forEach((first, i) => {
      vectors.slice(i + 1).forEach((second, j) => {
        pairs.push({
          first: values[i] as string,
          second: values[i + 1 + j] as string,
          hsic: existing(() => lowRankHsic(first, second)),
          debiasedCka: existing(() => lowRankCka(first, second)),
          cka: existing(() => lowRankCka(first, second, { estimator: "biased" })),
          cosine: existing(() => frobeniusCosine(first, second)),
          outputOverlap: existing(() => subspaceOverlap(first, second, "output")),
          inputOverlap: existing(() => subspaceOverlap(first, second, "input")),
          p:
            options.permutation === undefined
              ? null
              : existing(
                  () =>
                    lowRankPermutationTest(
                      first,
                      second,
                      options.permutation as Required<InterferenceOptions>["permutation"],
                    ).p,
                ),
        });
      });
    });
    return {
      layer,
      norms: vectors.map(frobeniusNorm),
      effectiveRanks: vectors.map((vector) => existing(() => effectiveRank(vector))),
      pairs,
    };
  });
  const first = done[0] as LayerInterference;
  const over = (pick: (layer: LayerInterference) => number | null): number | null => {
    const found = done.map(pick).filter((x) => x !== null);
    return found.length === 0 ? null : found.reduce((sum, x) => sum + x, 0) / found.length;
  };
  return {
    values,
    layers: done,
    mean: {
      norms: values.map((_, v) => over((layer) => layer.norms[v] as number) as number),
      effectiveRanks: values.map((_, v) => over((layer) => layer.effectiveRanks[v] as number | null)),
      pairs: first.pairs.map((pair, i) => {
        const { first, second, p: _, ...measures } = pair;
        const means = Object.keys(measures).map((key) => [
          key,
          over((layer) => (layer.pairs[i] as PairInterference)[key as keyof typeof measures]),
        ]);
        return { first, second, ...(Object.fromEntries(means) as typeof measures) };
      }),
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
