/**
 * Hierarchical paired bootstrap of hypervolume: seeds outside, prompts inside, one and the same resample for every
 * method and candidate, so that what they share cancels in differences. Candidate sets are fixed beforehand (chosen on
 * validation); here only their test scores vary.
 *
 * Not here: choosing candidates, or any words about who wins.
 */
import { fail, mustBeFinite, mustBeOneOf, mustEqual, mustExist, mustLieWithin, positiveInteger } from "./error.js";
import {
  accelerationOf,
  bcaInterval,
  biasCorrected,
  fewClustersInterval,
  type Interval,
  mean,
  percentileInterval,
  total,
  variance,
} from "./intervals.js";
import { type DenseMatrix, rowProducts } from "./matrix.js";
import { minimisedPoint, type Sense, senseSigns } from "./point-set.js";
import { type RandomGenerator, uniformIndex } from "./random.js";
import { RepeatedHypervolume } from "./repeated-hypervolume.js";
import { bootstrapPValue, pairedTTest } from "./significance.js";

/** Scores of one method: `seeds[seed][candidate]` is `[value, prompt]`, row-major, in raw units. */
export interface MethodScores {
  readonly name: string;
  readonly seeds: readonly (readonly ArrayLike<number>[])[];
}

export interface ScoredMethods {
  /** At least one; all with the same seeds in the same order. Candidate counts may differ by method and seed. */
  readonly methods: readonly MethodScores[];
  /** Test prompts, the same for every seed, method and candidate. */
  readonly prompts: number;
  /** One raw number per value. */
  readonly reference: readonly number[];
  readonly sense: Sense;
  /** Hypervolume is of (score − center)/scale above (reference − center)/scale; default 0 and 1. */
  readonly center?: readonly number[];
  readonly scale?: readonly number[];
  /**
   * Per value, 1 for each prompt on which it is scored, else 0 (the protocol in which a value is judged on its own
   * prompts only). Default: every value on every prompt.
   */
  readonly scoredOn?: readonly ArrayLike<number>[];
}

export interface BootstrapOptions {
  readonly generator: RandomGenerator;
  /** Default 2,000. */
  readonly resamples?: number;
  /** `resample` (default) draws seeds anew; `fixed` keeps each once: statements "for these trained models". */
  readonly seeds?: "resample" | "fixed";
  /**
   * `shared` (default): all seeds see one resample of the prompts, as they were all scored on the same prompts; keeps the
   * prompts' own luck in the interval. `per-seed`: each drawn seed gets its own.
   */
  readonly prompts?: "shared" | "per-seed";
}

/** What the bootstrap leaves of one method. */
export interface BootstrappedMethod {
  readonly name: string;
  /** Mean over seeds of the hypervolume. */
  readonly estimate: number;
  readonly perSeed: Float64Array;
  /** `[resamples]`: index b is the same resample for every method. */
  readonly replicates: Float64Array;
  /** Estimates with one prompt left out, `[prompts]`; with one seed left out, `[seeds]` (empty for one seed). */
  readonly withoutPrompt: Float64Array;
  readonly withoutSeed: Float64Array;
  /** `[seed][prompts]`: one seed's hypervolume with one prompt left out. */
  readonly withoutPromptOfSeed: readonly Float64Array[];
}

/**
 * Bootstraps the hypervolume of every method. Cost: resamples × seeds × (all scores), allocation-free in the loop.
 *
 * @throws MetricsError `empty-set`, `dimension-mismatch`, `not-finite`, `bad-option`
 */
export function bootstrapHypervolume(scored: ScoredMethods, options: BootstrapOptions): BootstrappedMethod[] {
  const { generator, resamples = 2000, seeds: seedAxis = "resample", prompts: promptAxis = "shared" } = options;
  positiveInteger(resamples, "resamples");
  mustBeOneOf(seedAxis, ["resample", "fixed"], "seeds");
  mustBeOneOf(promptAxis, ["shared", "per-seed"], "prompts");
  const { methods, prompts } = scored;
  const layout = arrange(scored);
  const seeds = layout.tables.length;
  const counts = new Float64Array(prompts).fill(1);
  const volumes = layout.tables.map((_, s) => {
    weigh(layout, s, counts);
    return volumesOf(layout, s).slice();
  });
  const leftOut = layout.tables.map((_, s) => leaveOnePromptOut(layout, s, counts));

  const replicates = methods.map(() => new Float64Array(resamples));
  const drawn = new Int32Array(seeds);
  const times = new Int32Array(seeds);
  for (let b = 0; b < resamples; b++) {
    times.fill(0);
    for (let i = 0; i < seeds; i++) {
      const s = seedAxis === "fixed" || seeds === 1 ? i : uniformIndex(generator, seeds);
      drawn[i] = s;
      times[s] = (times[s] as number) + 1;
    }
    for (let i = 0; i < seeds; i++) {
      const shared = promptAxis === "shared";
      const s = shared ? i : (drawn[i] as number);
      const weight = shared ? (times[i] as number) : 1;
      if (i === 0 || !shared) drawPrompts(layout, generator, counts);
      if (weight === 0) continue;
      weigh(layout, s, counts);
      volumesOf(layout, s).forEach((volume, m) => {
        const out = replicates[m] as Float64Array;
        out[b] = (out[b] as number) + (weight / seeds) * volume;
      });
    }
  }

  return methods.map(({ name }, m) => {
    const perSeed = Float64Array.from(volumes, (own) => own[m] as number);
    const withoutPromptOfSeed = leftOut.map((own) => own[m] as Float64Array);
    const estimate = mean(perSeed);
    mustBeFinite(estimate, `hypervolume of ${name}`);
    return {
      name,
      estimate,
      perSeed,
      replicates: replicates[m] as Float64Array,
      withoutPrompt: meanOverSeeds(withoutPromptOfSeed),
      withoutSeed: seeds > 1 ? perSeed.map((own) => (estimate * seeds - own) / (seeds - 1)) : new Float64Array(0),
      withoutPromptOfSeed,
    };
  });
}

/** An estimate with everything that may be said about its uncertainty. */
export interface Uncertainty {
  readonly estimate: number;
  /** 2·estimate − mean of replicates. */
  readonly biasCorrected: number;
  readonly percentile: Interval;
  readonly bca: Interval;
  /** `not-assessed` below three seeds: then nothing may be said about methods, only about these trained models. */
  readonly seeds:
    | { readonly kind: "assessed"; readonly interval: Interval; readonly p: number }
    | { readonly kind: "not-assessed"; readonly count: number };
  /** Two-sided, from the replicates, against 0. */
  readonly p: number;
}

/** Intervals of one method's hypervolume. */
export function uncertaintyOf(method: BootstrappedMethod, level = 0.95): Uncertainty {
  const { estimate, perSeed, replicates, withoutPrompt, withoutSeed } = method;
  const shared = sharedPromptVariance(method.withoutPromptOfSeed);
  const degrees = withoutPrompt.length - 1;
  return {
    estimate,
    biasCorrected: biasCorrected(estimate, replicates),
    percentile: percentileInterval(replicates, level),
    bca: bcaInterval(estimate, replicates, accelerationOf(withoutPrompt, withoutSeed), level),
    seeds:
      perSeed.length < 3
        ? { kind: "not-assessed", count: perSeed.length }
        : {
            kind: "assessed",
            interval: fewClustersInterval(perSeed, level, shared, degrees),
            p: pairedTTest(perSeed, shared, degrees).p,
          },
    p: bootstrapPValue(replicates),
  };
}

/** The paired difference `a − b`, ready for {@link uncertaintyOf}. Both must come from the same bootstrap. */
export function pairedDifference(a: BootstrappedMethod, b: BootstrappedMethod): BootstrappedMethod {
  const what = `${a.name} and ${b.name} do not come from the same bootstrap`;
  mustEqual(b.replicates.length, a.replicates.length, what);
  mustEqual(b.perSeed.length, a.perSeed.length, what);
  const minus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value - (y[i] as number));
  return {
    name: `${a.name} − ${b.name}`,
    estimate: a.estimate - b.estimate,
    perSeed: minus(a.perSeed, b.perSeed),
    replicates: minus(a.replicates, b.replicates),
    withoutPrompt: minus(a.withoutPrompt, b.withoutPrompt),
    withoutSeed: minus(a.withoutSeed, b.withoutSeed),
    withoutPromptOfSeed: a.withoutPromptOfSeed.map((own, s) => minus(own, b.withoutPromptOfSeed[s] as Float64Array)),
  };
}

/** Jackknife variance (n−1)/n Σ (leave-one-out − their mean)². */
export function jackknifeVariance(leaveOneOut: ArrayLike<number>): number {
  const n = leaveOneOut.length;
  return n && ((n - 1) * (n - 1) * variance(leaveOneOut)) / n;
}

/**
 * Variance that the prompts put into every seed alike: the mean jackknife covariance of two seeds' estimates, never below
 * 0. What a prompt does to one seed alone already shows in the variance between seeds and is not counted again.
 *
 * @param withoutPrompt `[seed][prompts]` leave-one-out estimates
 */
export function sharedPromptVariance(withoutPrompt: readonly Float64Array[]): number {
  const seeds = withoutPrompt.length;
  if (seeds < 2) return 0;
  const own = mean(withoutPrompt.map(jackknifeVariance));
  return Math.max(0, (seeds * jackknifeVariance(meanOverSeeds(withoutPrompt)) - own) / (seeds - 1));
}

function meanOverSeeds(ofSeed: readonly Float64Array[]): Float64Array {
  const first = ofSeed[0] as Float64Array;
  return first.map((_, p) => ofSeed.reduce((sum, own) => sum + (own[p] as number), 0) / ofSeed.length);
}

interface Layout {
  /** Per seed, rows `[method, candidate, value]` of prompts, minimised and scaled; unscored cells hold 0. */
  readonly tables: readonly DenseMatrix[];
  /** Per seed, candidates of each method. */
  readonly sizes: readonly (readonly number[])[];
  /** `[value, prompt]`: 1 where the value is scored on the prompt, else 0. */
  readonly masks: DenseMatrix;
  readonly kernel: RepeatedHypervolume;
  /** Room for one seed's sums `[method, candidate, value]`, for the weights they are of, and for the volumes they give. */
  readonly sums: Float64Array;
  readonly weights: Float64Array;
  readonly volumes: Float64Array;
}

function arrange(scored: ScoredMethods): Layout {
  const { methods, prompts, sense, scoredOn } = scored;
  const values = scored.reference.length;
  mustExist(methods.length, "methods to compare");
  const first = methods[0] as MethodScores;
  mustExist(first.seeds.length, `seeds of ${first.name}`);
  positiveInteger(prompts, "prompts");
  const signs = senseSigns(sense, values);
  const center = perValue(scored.center, values, 0, "center");
  const scale = perValue(scored.scale, values, 1, "scale");
  for (const x of scale) mustLieWithin(x, 0, Number.POSITIVE_INFINITY, "scale");
  const scaled = (x: number, v: number): number =>
    (x - (signs[v] as number) * (center[v] as number)) / (scale[v] as number);
  const reference = minimisedPoint(scored.reference, sense, "reference").map(scaled);

  const masks = { data: new Float64Array(values * prompts).fill(1), rows: values, columns: prompts };
  for (let v = 0; v < values && scoredOn !== undefined; v++) {
    const own = scoredOn[v] ?? [];
    mustEqual(own.length, prompts, `prompts in scoredOn of value ${v}`);
    const mask = Float64Array.from(own, (x) => (x ? 1 : 0));
    mustExist(total(mask), `prompts on which value ${v} is scored`);
    masks.data.set(mask, v * prompts);
  }

  const sizes = first.seeds.map((_, s) =>
    methods.map(({ name, seeds }) => {
      mustEqual(seeds.length, first.seeds.length, `seeds of ${name}`);
      const count = (seeds[s] as readonly ArrayLike<number>[]).length;
      mustExist(count, `candidates of ${name} at seed index ${s}`);
      return count;
    }),
  );
  const tables = sizes.map((own, s): DenseMatrix => {
    const rows = total(own) * values;
    const data = new Float64Array(rows * prompts);
    let o = 0;
    for (const { name, seeds } of methods) {
      seeds[s]?.forEach((scores, c) => {
        const where = `${name}, seed index ${s}, candidate ${c}`;
        mustEqual(scores.length, values * prompts, `${where}: scores`);
        for (let i = 0; i < scores.length; i++, o++) {
          if (masks.data[i] === 0) continue;
          const v = Math.floor(i / prompts);
          const x = scores[i] as number;
          if (x - x !== 0) fail("not-finite", `${where}, value ${v}, prompt ${i % prompts}: score is ${x}`);
          data[o] = scaled((signs[v] as number) * x, v);
        }
      });
    }
    return { data, rows, columns: prompts };
  });
  return {
    tables,
    sizes,
    masks,
    kernel: new RepeatedHypervolume(reference, Math.max(...sizes.flat())),
    sums: new Float64Array(Math.max(...tables.map(({ rows }) => rows))),
    weights: new Float64Array(values),
    volumes: new Float64Array(methods.length),
  };
}

function perValue(given: readonly number[] | undefined, values: number, fallback: number, what: string): Float64Array {
  const out = given === undefined ? new Float64Array(values).fill(fallback) : new Float64Array(given);
  mustEqual(out.length, values, `numbers in ${what}`);
  for (const x of out) mustBeFinite(x, what);
  return out;
}

/** Multiplicities of one resample of the prompts; drawn again in the rare case that it misses a value altogether. */
function drawPrompts({ masks, weights }: Layout, generator: RandomGenerator, counts: Float64Array): void {
  do {
    counts.fill(0);
    for (let i = 0; i < counts.length; i++) {
      const p = uniformIndex(generator, counts.length);
      counts[p] = (counts[p] as number) + 1;
    }
    weighedRows(counts, masks, weights);
  } while (weights.includes(0));
}

function weighedRows(counts: Float64Array, rows: DenseMatrix, out: Float64Array): void {
  rowProducts({ data: counts, rows: 1, columns: counts.length }, 0, rows, 0, out, 0);
}

/** One seed's sums, prompts weighted by their multiplicity, and the weights that they are of. */
function weigh({ tables, masks, sums, weights }: Layout, seed: number, counts: Float64Array): void {
  weighedRows(counts, tables[seed] as DenseMatrix, sums);
  weighedRows(counts, masks, weights);
}

/** Hypervolume of every method at one seed from its sums; the room that it lies in is used again. */
function volumesOf({ sizes, kernel, sums, weights, volumes }: Layout, seed: number): Float64Array {
  const values = weights.length;
  for (let r = 0, v = 0; r < sums.length; r++) {
    sums[r] = (sums[r] as number) * (1 / (weights[v] as number));
    if (++v === values) v = 0;
  }
  let offset = 0;
  sizes[seed]?.forEach((count, m) => {
    volumes[m] = kernel.volume(sums, offset, count);
    offset += count * values;
  });
  return volumes;
}

/** Per method, one seed's hypervolume with each prompt left out in turn; empty for one prompt. `ones` are the counts of all of them. */
function leaveOnePromptOut(layout: Layout, seed: number, ones: Float64Array): Float64Array[] {
  const { tables, masks, sums, weights, volumes } = layout;
  const prompts = ones.length;
  const out = Array.from(volumes, () => new Float64Array(prompts > 1 ? prompts : 0));
  weigh(layout, seed, ones);
  const allSums = sums.slice();
  const all = weights.slice();
  const { data } = tables[seed] as DenseMatrix;
  for (let p = 0; p < prompts && prompts > 1; p++) {
    // a value judged on this prompt alone keeps it: nothing would be left
    for (let v = 0; v < all.length; v++) {
      const weight = all[v] as number;
      weights[v] = weight - (masks.data[v * prompts + p] as number) || weight;
    }
    for (let r = 0, v = 0; r * prompts < data.length; r++) {
      const left = (weights[v] as number) < (all[v] as number) ? (data[r * prompts + p] as number) : 0;
      sums[r] = (allSums[r] as number) - left;
      if (++v === all.length) v = 0;
    }
    volumesOf(layout, seed).forEach((volume, m) => {
      (out[m] as Float64Array)[p] = volume;
    });
  }
  return out;
}
