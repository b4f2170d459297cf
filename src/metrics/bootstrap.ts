/**
 * Hierarchical paired bootstrap of hypervolume: seeds outside, prompts inside, one and the same resample for every
 * method and candidate, so that what they share cancels in differences. Candidate sets are fixed beforehand (chosen on
 * validation); here only their test scores vary.
 *
 * Not here: choosing candidates, or any words about who wins.
 */
import { MetricsError, positiveInteger } from "./error.js";
import {
  accelerationOf,
  bcaInterval,
  biasCorrected,
  fewClustersInterval,
  type Interval,
  mean,
  percentileInterval,
} from "./intervals.js";
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
  const resamples = options.resamples ?? 2000;
  positiveInteger(resamples, "resamples");
  const seedAxis = options.seeds ?? "resample";
  const promptAxis = options.prompts ?? "shared";
  const layout = arrange(scored);
  const { seeds, prompts, methods } = layout;
  const { generator } = options;

  const ones = new Float64Array(prompts).fill(1);
  const perSeed = methods.map(() => new Float64Array(seeds));
  const volumes = new Float64Array(methods.length);
  for (let s = 0; s < seeds; s++) {
    volumesOf(layout, s, ones, volumes);
    for (let m = 0; m < methods.length; m++) (perSeed[m] as Float64Array)[s] = volumes[m] as number;
  }
  const withoutPromptOfSeed = leaveOnePromptOut(layout);

  const replicates = methods.map(() => new Float64Array(resamples));
  const counts = new Float64Array(prompts);
  const drawn = new Int32Array(seeds);
  const times = new Float64Array(seeds);
  for (let b = 0; b < resamples; b++) {
    times.fill(0);
    for (let i = 0; i < seeds; i++) {
      const s = seedAxis === "fixed" || seeds === 1 ? i : uniformIndex(generator, seeds);
      drawn[i] = s;
      times[s] = (times[s] as number) + 1;
    }
    if (promptAxis === "shared") {
      drawPrompts(layout, generator, counts);
      for (let s = 0; s < seeds; s++) {
        if (times[s] === 0) continue;
        volumesOf(layout, s, counts, volumes);
        const share = (times[s] as number) / seeds;
        for (let m = 0; m < volumes.length; m++) {
          const out = replicates[m] as Float64Array;
          out[b] = (out[b] as number) + share * (volumes[m] as number);
        }
      }
    } else {
      for (let i = 0; i < seeds; i++) {
        drawPrompts(layout, generator, counts);
        volumesOf(layout, drawn[i] as number, counts, volumes);
        for (let m = 0; m < volumes.length; m++) {
          const out = replicates[m] as Float64Array;
          out[b] = (out[b] as number) + (volumes[m] as number) / seeds;
        }
      }
    }
  }

  return methods.map((method, m) => {
    const own = perSeed[m] as Float64Array;
    const estimate = mean(own);
    const withoutSeed = new Float64Array(seeds > 1 ? seeds : 0);
    for (let s = 0; s < withoutSeed.length; s++) withoutSeed[s] = (estimate * seeds - (own[s] as number)) / (seeds - 1);
    return {
      name: method.name,
      estimate,
      perSeed: own,
      replicates: replicates[m] as Float64Array,
      withoutPrompt: meanOverSeeds(withoutPromptOfSeed[m] as Float64Array[]),
      withoutSeed,
      withoutPromptOfSeed: withoutPromptOfSeed[m] as Float64Array[],
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
  const acceleration = accelerationOf(withoutPrompt, withoutSeed);
  const shared = sharedPromptVariance(method.withoutPromptOfSeed);
  return {
    estimate,
    biasCorrected: biasCorrected(estimate, replicates),
    percentile: percentileInterval(replicates, level),
    bca: bcaInterval(estimate, replicates, acceleration, level),
    seeds:
      perSeed.length < 3
        ? { kind: "not-assessed", count: perSeed.length }
        : {
            kind: "assessed",
            interval: fewClustersInterval(perSeed, level, shared, withoutPrompt.length - 1),
            p: pairedTTest(perSeed, shared, withoutPrompt.length - 1).p,
          },
    p: bootstrapPValue(replicates),
  };
}

/** The paired difference `a − b`, ready for {@link uncertaintyOf}. Both must come from the same bootstrap. */
export function pairedDifference(a: BootstrappedMethod, b: BootstrappedMethod): BootstrappedMethod {
  if (a.replicates.length !== b.replicates.length || a.perSeed.length !== b.perSeed.length) {
    throw new MetricsError("dimension-mismatch", `${a.name} and ${b.name} do not come from the same bootstrap`);
  }
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
  if (n < 2) return 0;
  const m = mean(leaveOneOut);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += ((leaveOneOut[i] as number) - m) ** 2;
  return ((n - 1) / n) * sum;
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
  readonly methods: readonly MethodScores[];
  readonly seeds: number;
  readonly prompts: number;
  readonly values: number;
  /** Per seed `[method, candidate, value, prompt]`, minimised and scaled; unscored cells hold 0. */
  readonly tables: readonly Float64Array[];
  /** Per seed, candidates of each method. */
  readonly candidates: readonly Int32Array[];
  readonly masks: readonly (Float64Array | undefined)[];
  readonly kernel: RepeatedHypervolume;
  /** Room for one seed's means `[method, candidate, value]`, and for the values' weights. */
  readonly means: Float64Array;
  readonly weights: Float64Array;
}

function arrange(scored: ScoredMethods): Layout {
  const { methods, prompts } = scored;
  const values = scored.reference.length;
  const first = methods[0];
  if (first === undefined) throw new MetricsError("empty-set", "no methods to compare");
  const seeds = first.seeds.length;
  if (seeds === 0) throw new MetricsError("empty-set", `${first.name} has no seeds`);
  positiveInteger(prompts, "prompts");
  const signs = senseSigns(scored.sense, values);
  const center = perValue(scored.center, values, 0, "center");
  const scale = perValue(scored.scale, values, 1, "scale");
  const reference = minimisedPoint(scored.reference, scored.sense, "reference");
  for (let v = 0; v < values; v++) {
    if (!((scale[v] as number) > 0)) throw new MetricsError("bad-option", `scale of value ${v} must be above 0`);
    reference[v] = ((reference[v] as number) - (signs[v] as number) * (center[v] as number)) / (scale[v] as number);
  }
  const masks = Array.from({ length: values }, (_, v) => maskOf(scored.scoredOn, v, prompts));
  let most = 0;
  let rows = 0;
  const tables: Float64Array[] = [];
  const candidates: Int32Array[] = [];
  for (let s = 0; s < seeds; s++) {
    const counts = Int32Array.from(methods, (method) => method.seeds[s]?.length ?? 0);
    let total = 0;
    for (const count of counts) {
      total += count;
      most = Math.max(most, count);
    }
    rows = Math.max(rows, total * values);
    const table = new Float64Array(total * values * prompts);
    let o = 0;
    for (const method of methods) {
      const own = method.seeds[s];
      if (method.seeds.length !== seeds || own === undefined) {
        throw new MetricsError(
          "dimension-mismatch",
          `${method.name} has ${method.seeds.length} seeds, ${first.name} has ${seeds}`,
        );
      }
      if (own.length === 0) throw new MetricsError("empty-set", `${method.name} has no candidates at seed index ${s}`);
      own.forEach((scores, c) => {
        if (scores.length !== values * prompts) {
          throw new MetricsError(
            "dimension-mismatch",
            `${method.name}, seed index ${s}, candidate ${c}: ${scores.length} scores, expected ${values} values × ${prompts} prompts`,
          );
        }
        for (let v = 0, i = 0; v < values; v++) {
          const mask = masks[v];
          for (let p = 0; p < prompts; p++, i++, o++) {
            if (mask !== undefined && mask[p] === 0) continue;
            const x = scores[i] as number;
            if (!Number.isFinite(x)) {
              throw new MetricsError(
                "not-finite",
                `${method.name}, seed index ${s}, candidate ${c}, value ${v}, prompt ${p}: score is ${x}`,
              );
            }
            table[o] = ((signs[v] as number) * (x - (center[v] as number))) / (scale[v] as number);
          }
        }
      });
    }
    tables.push(table);
    candidates.push(counts);
  }
  const kernel = new RepeatedHypervolume(reference, most);
  return {
    methods,
    seeds,
    prompts,
    values,
    tables,
    candidates,
    masks,
    kernel,
    means: new Float64Array(rows),
    weights: new Float64Array(values),
  };
}

function perValue(given: readonly number[] | undefined, values: number, fallback: number, what: string): Float64Array {
  if (given === undefined) return new Float64Array(values).fill(fallback);
  if (given.length !== values) {
    throw new MetricsError("dimension-mismatch", `${what} has ${given.length} numbers, there are ${values} values`);
  }
  if (!given.every(Number.isFinite)) throw new MetricsError("not-finite", `${what} holds ${given.join(", ")}`);
  return Float64Array.from(given);
}

function maskOf(scoredOn: ScoredMethods["scoredOn"], value: number, prompts: number): Float64Array | undefined {
  const mask = scoredOn?.[value];
  if (mask === undefined) {
    if (scoredOn === undefined) return undefined;
    throw new MetricsError("dimension-mismatch", `scoredOn has no entry for value ${value}`);
  }
  if (mask.length !== prompts) {
    throw new MetricsError(
      "dimension-mismatch",
      `scoredOn of value ${value} has ${mask.length} entries for ${prompts} prompts`,
    );
  }
  const out = Float64Array.from(mask, (x) => (x ? 1 : 0));
  if (!out.includes(1)) throw new MetricsError("empty-set", `value ${value} is scored on no prompt`);
  return out;
}

/** Multiplicities of one resample of the prompts; drawn again in the rare case that it misses a value altogether. */
function drawPrompts(layout: Layout, generator: RandomGenerator, counts: Float64Array): void {
  for (;;) {
    counts.fill(0);
    for (let i = 0; i < counts.length; i++) {
      const p = uniformIndex(generator, counts.length);
      counts[p] = (counts[p] as number) + 1;
    }
    if (layout.masks.every((mask) => mask === undefined || weightOf(mask, counts) > 0)) return;
  }
}

function weightOf(mask: Float64Array | undefined, counts: Float64Array): number {
  let sum = 0;
  if (mask === undefined) for (let p = 0; p < counts.length; p++) sum += counts[p] as number;
  else for (let p = 0; p < counts.length; p++) sum += (counts[p] as number) * (mask[p] as number);
  return sum;
}

/** Hypervolume of every method at one seed, prompts weighted by their multiplicity. */
function volumesOf(layout: Layout, seed: number, counts: Float64Array, volumes: Float64Array): void {
  const { values, means, weights, masks } = layout;
  const rows = weightedSums(layout.tables[seed] as Float64Array, counts, means);
  for (let v = 0; v < values; v++) weights[v] = 1 / weightOf(masks[v], counts);
  for (let r = 0, v = 0; r < rows; r++) {
    means[r] = (means[r] as number) * (weights[v] as number);
    if (++v === values) v = 0;
  }
  volumesOfMeans(layout, seed, means, volumes);
}

function volumesOfMeans(layout: Layout, seed: number, means: Float64Array, volumes: Float64Array): void {
  const counts = layout.candidates[seed] as Int32Array;
  for (let m = 0, offset = 0; m < counts.length; m++) {
    volumes[m] = layout.kernel.volume(means, offset, counts[m] as number);
    offset += (counts[m] as number) * layout.values;
  }
}

/** out[r] = Σ_p counts[p]·table[r, p], four rows at a time; returns the number of rows. */
function weightedSums(table: Float64Array, counts: Float64Array, out: Float64Array): number {
  const n = counts.length;
  const rows = table.length / n;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let p = 0, i = r * n, j = i + n, k = j + n, l = k + n; p < n; p++) {
      const w = counts[p] as number;
      a += w * (table[i + p] as number);
      b += w * (table[j + p] as number);
      c += w * (table[k + p] as number);
      d += w * (table[l + p] as number);
    }
    out[r] = a;
    out[r + 1] = b;
    out[r + 2] = c;
    out[r + 3] = d;
  }
  for (; r < rows; r++) {
    let a = 0;
    for (let p = 0, i = r * n; p < n; p++) a += (counts[p] as number) * (table[i + p] as number);
    out[r] = a;
  }
  return rows;
}

/** Per method and seed, the hypervolume with each prompt left out in turn. */
function leaveOnePromptOut(layout: Layout): Float64Array[][] {
  const { prompts, seeds, values, masks } = layout;
  const out = layout.methods.map(() =>
    Array.from({ length: seeds }, () => new Float64Array(prompts > 1 ? prompts : 0)),
  );
  if (prompts < 2) return out;
  const ones = new Float64Array(prompts).fill(1);
  const totals = masks.map((mask) => weightOf(mask, ones));
  const volumes = new Float64Array(layout.methods.length);
  const sums = new Float64Array(layout.means.length);
  for (let s = 0; s < seeds; s++) {
    const table = layout.tables[s] as Float64Array;
    const rows = weightedSums(table, ones, sums);
    for (let p = 0; p < prompts; p++) {
      for (let r = 0, v = 0; r < rows; r++) {
        // a value judged on this prompt alone keeps it: nothing would be left
        const left = (totals[v] as number) - (masks[v]?.[p] ?? 1);
        layout.means[r] =
          left > 0
            ? ((sums[r] as number) - (table[r * prompts + p] as number)) / left
            : (sums[r] as number) / (totals[v] as number);
        if (++v === values) v = 0;
      }
      volumesOfMeans(layout, s, layout.means, volumes);
      for (let m = 0; m < volumes.length; m++) {
        ((out[m] as Float64Array[])[s] as Float64Array)[p] = volumes[m] as number;
      }
    }
  }
  return out;
}
