/**
 * What a run found: the content of `summary.json`, from which every report is rendered. All numbers are raw and unrounded;
 * `null` where a thing does not apply or cannot be computed. Every figure can be recomputed from `scores.csv`,
 * `candidates.csv`, `prompts.csv`, `preferences.csv` and the suite.
 */

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface RunSummary {
  readonly schema: 1;
  readonly run: {
    readonly id: string;
    readonly suite: string;
    readonly title: string;
    readonly version: number;
    readonly suiteHash: string;
    readonly dataHash: string;
    readonly packageVersion: string;
    readonly engine: string;
    readonly threads: number;
    /** The base's weights are rounded to 16-bit floats; absent: they are not. */
    readonly basePrecision?: "float16";
    readonly hardware: string;
    readonly seeds: readonly number[];
    readonly budget: { readonly flops: number; readonly per: "method" | "policy" };
    /** Shell words that make this run again. */
    readonly command: readonly string[];
    readonly seconds: number;
  };
  readonly statistics: { readonly confidence: number; readonly resamples: number; readonly seedsAssessed: boolean };
  readonly evaluation: {
    readonly testPrompts: number;
    readonly validationPrompts: number;
    readonly candidates: number;
  };
  readonly values: readonly {
    readonly name: string;
    readonly center: number;
    readonly scale: number;
    readonly reference: number;
    /** Held-out accuracy of the judging model; null for a gold program. `ruler` false = its interval holds .5. */
    readonly accuracy: Estimate | null;
    readonly ruler: boolean;
  }[];
  /** One a row of the table, in suite order: base, methods, variants, @grid rows. */
  readonly methods: readonly MethodSummary[];
  /** The ranked method of the largest hypervolume against every other ranked method, Holm-adjusted. */
  readonly leader: string | null;
  readonly differences: readonly Difference[];
  /** The two that answer the paper (and any other the suite asks for): a − b, with what it answers. */
  readonly questions: readonly (Difference & { readonly asks: string })[];
  /** Each variant of the suite against the method that it varies: variant − method, Holm-adjusted among themselves. */
  readonly variants: readonly Difference[];
  /** Hypervolume of each method above three points. */
  readonly references: readonly {
    readonly name: "suite" | "nadir" | "base";
    readonly point: readonly number[] /* raw units */;
    readonly hypervolume: Readonly<Record<string, number>>;
    readonly below: Readonly<Record<string, number>>;
  }[];
  readonly rankingStable: boolean;
  /** Candidates within the smallest method's largest KL only. */
  readonly matchedKl: { readonly limit: number; readonly hypervolume: Readonly<Record<string, Estimate>> } | null;
  readonly ledger: readonly {
    readonly method: string;
    readonly kind: string;
    readonly planned: number;
    readonly spent: number;
    readonly tokens: number;
    readonly steps: number;
    readonly seconds: number;
  }[];
  readonly uncharged: readonly { readonly kind: string; readonly flops: number; readonly seconds: number }[];
  /** Between value vectors, means over seeds: over all layers, and of each (empty in runs of an older version). */
  readonly interference: readonly {
    readonly method: string;
    readonly pairs: readonly SharedDirection[];
    readonly layers: readonly { readonly layer: number; readonly pairs: readonly SharedDirection[] }[];
    readonly vectors: readonly { readonly value: string; readonly norm: number; readonly effectiveRank: number }[];
  }[];
  /** The paper's own protocol: a value's mean on that value's prompts only. */
  readonly ownPrompts: readonly { readonly method: string; readonly best: readonly number[] }[] | null;
  /**
   * Preference scoring: candidates as rewards, on held-out pairs (`pairs` a value). Hypervolume of the accuracies of the
   * selected declared candidates, each from ½ = 0 to 1 = 1; and the accuracy on a value of the candidate all of whose weight is on it
   * (interval over pairs; null where there is none). Never the ranking. Null in runs of an older version.
   */
  readonly preferences: {
    readonly pairs: number;
    readonly methods: readonly {
      readonly method: string;
      readonly hypervolume: Estimate;
      readonly accuracy: readonly (Estimate | null)[];
    }[];
  } | null;
  /** Policies that failed: the run went on without them. */
  readonly failures: readonly { readonly method: string; readonly seed: number; readonly message: string }[];
}

export interface MethodSummary {
  readonly id: string;
  readonly title: string;
  readonly ranked: boolean;
  readonly hypervolume: Estimate | null;
  readonly hypervolumeBySeed: readonly number[];
  readonly undertrained: readonly string[] /* values whose vertex policy is not shown to beat the base */;
  readonly offered: number;
  readonly selected: number;
  readonly belowReference: number;
  /** Test means in raw units over the selected candidates: the best one's and the mean, by value. */
  readonly best: readonly number[];
  readonly mean: readonly number[];
  readonly kl: { readonly mean: number; readonly max: number } | null;
  readonly broken: number;
  readonly planned: number;
  readonly spent: number;
  readonly seconds: number;
  /** Test means of each candidate, seeds averaged where the same name stands in each. */
  readonly candidates: readonly {
    readonly seed: number;
    readonly name: string;
    readonly weights: readonly number[] | null;
    readonly coefficients: readonly number[] | null;
    readonly selected: boolean;
    readonly means: readonly number[];
    /** Of these means, over test prompts, `[values][values]`; null where not scored, and in runs of an older version. */
    readonly covariance: readonly (readonly number[])[] | null;
    readonly kl: number | null;
    readonly broken: number;
  }[];
}

/** What two value vectors share: debiased CKA (about 0 = independent) and the Frobenius cosine of their delta-W. */
export interface SharedDirection {
  readonly a: string;
  readonly b: string;
  readonly cka: number;
  readonly cosine: number;
}

export interface Difference {
  readonly a: string;
  readonly b: string;
  /** hypervolume(a) − hypervolume(b). */
  readonly difference: Estimate;
  /** The same as a share of b's hypervolume; null where b's is 0. */
  readonly relative: Estimate | null;
  readonly p: number;
  readonly pHolm: number;
  /** The interval excludes zero and pHolm < 1 − confidence. */
  readonly shown: boolean;
}
