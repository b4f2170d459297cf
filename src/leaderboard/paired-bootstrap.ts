/**
 * Paired bootstrap of everything that is compared: one resample of the prompts for both runs, all seeds, methods and
 * candidates, so that what they share cancels. Seeds are kept fixed here; what the seeds' own spread adds is the
 * business of `confidence.ts`, because three to ten of them are too few to resample.
 */
import { type RandomGenerator, uniformIndex } from "../metrics/random.js";
import { MethodMeasures } from "./measures.js";

/** Scaled scores of one method at one seed in one run: `[candidate, value, prompt]`, row-major. */
export interface ScoreBlock {
  readonly candidates: number;
  readonly scores: Float64Array;
}

export interface PairedScores {
  readonly prompts: number;
  /** Scaled. */
  readonly reference: readonly number[];
  /** At least one. */
  readonly preferences: readonly (readonly number[])[];
  /** `methods[method][seed]`; at least one seed each. */
  readonly methods: readonly (readonly { readonly a: ScoreBlock; readonly b: ScoreBlock }[])[];
}

/** One measure of one method; side `a` is the baseline's, `b` the run's. */
export interface PairedMeasure {
  /** `[seed]` */
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** `[seed, resample]`: index r is the same resample everywhere. */
  readonly resampledA: Float64Array;
  readonly resampledB: Float64Array;
  /** `[seed, prompt]`: with that prompt left out. */
  readonly withoutA: Float64Array;
  readonly withoutB: Float64Array;
}

export interface PairedBootstrapOptions {
  readonly generator: RandomGenerator;
  readonly resamples: number;
  readonly which?: "all" | "hypervolume";
}

/** @returns `[method][measure]`, measures in the order of `measuresFor` */
export function pairedBootstrap(scored: PairedScores, options: PairedBootstrapOptions): PairedMeasure[][] {
  const { methods, prompts, reference, preferences } = scored;
  const { generator, resamples, which = "all" } = options;
  const capacity = Math.max(...methods.flat().flatMap(({ a, b }) => [a.candidates, b.candidates]));
  const measures = new MethodMeasures({ reference, preferences, capacity, which });
  const count = measures.count;
  const found = methods.map(({ length: seeds }) =>
    Array.from(
      { length: count },
      (): PairedMeasure => ({
        a: new Float64Array(seeds),
        b: new Float64Array(seeds),
        resampledA: new Float64Array(seeds * resamples),
        resampledB: new Float64Array(seeds * resamples),
        withoutA: new Float64Array(seeds * prompts),
        withoutB: new Float64Array(seeds * prompts),
      }),
    ),
  );
  const room = capacity * reference.length;
  const meansA = new Float64Array(room);
  const meansB = new Float64Array(room);
  const outA = new Float64Array(count);
  const outB = new Float64Array(count);
  const everyCell = (
    means: (block: ScoreBlock, out: Float64Array) => void,
    keep: (into: PairedMeasure, seed: number, a: number, b: number) => void,
  ) => {
    methods.forEach((cells, m) => {
      cells.forEach(({ a, b }, seed) => {
        means(a, meansA);
        means(b, meansB);
        measures.evaluate(meansA, a.candidates, meansB, b.candidates, outA, outB);
        found[m]?.forEach((into, k) => {
          keep(into, seed, outA[k] ?? Number.NaN, outB[k] ?? Number.NaN);
        });
      });
    });
  };

  const whole = new Map<ScoreBlock, Float64Array>();
  const ones = new Float64Array(prompts).fill(1);
  everyCell(
    (block, out) => {
      weightedMeans(block.scores, ones, out);
      whole.set(block, out.slice(0, block.scores.length / prompts));
    },
    (into, seed, a, b) => {
      into.a[seed] = a;
      into.b[seed] = b;
    },
  );
  for (let p = 0; p < prompts && prompts > 1; p++) {
    everyCell(
      (block, out) => {
        whole.get(block)?.forEach((mean, row) => {
          out[row] = mean + (mean - (block.scores[row * prompts + p] ?? Number.NaN)) / (prompts - 1);
        });
      },
      (into, seed, a, b) => {
        into.withoutA[seed * prompts + p] = a;
        into.withoutB[seed * prompts + p] = b;
      },
    );
  }
  const counts = new Float64Array(prompts);
  for (let r = 0; r < resamples; r++) {
    counts.fill(0);
    for (let i = 0; i < prompts; i++) {
      const p = uniformIndex(generator, prompts);
      counts[p] = (counts[p] ?? 0) + 1;
    }
    everyCell(
      (block, out) => weightedMeans(block.scores, counts, out),
      (into, seed, a, b) => {
        into.resampledA[seed * resamples + r] = a;
        into.resampledB[seed * resamples + r] = b;
      },
    );
  }
  return found;
}

/** out[row] = Σ_p counts[p]·table[row, p] / Σ counts, three rows at a time. */
function weightedMeans(table: Float64Array, counts: Float64Array, out: Float64Array): void {
  const n = counts.length;
  const rows = table.length / n;
  let weight = 0;
  for (let p = 0; p < n; p++) weight += counts[p] as number;
  let r = 0;
  for (; r + 3 <= rows; r += 3) {
    let x = 0;
    let y = 0;
    let z = 0;
    for (let p = 0, i = r * n, j = i + n, k = j + n; p < n; p++) {
      const w = counts[p] as number;
      x += w * (table[i + p] as number);
      y += w * (table[j + p] as number);
      z += w * (table[k + p] as number);
    }
    out[r] = x / weight;
    out[r + 1] = y / weight;
    out[r + 2] = z / weight;
  }
  for (; r < rows; r++) {
    let x = 0;
    for (let p = 0, i = r * n; p < n; p++) x += (counts[p] as number) * (table[i + p] as number);
    out[r] = x / weight;
  }
}
