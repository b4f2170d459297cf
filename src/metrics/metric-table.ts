/**
 * The whole table of set metrics for methods trained anywhere: per seed, then averaged over seeds. Pure numbers; reading
 * files, choosing candidates and words belong to the caller.
 */
import { column } from "./argsort.js";
import { averagedHausdorff, gd, gdPlus, igd, igdPlus } from "./distance-indicators.js";
import { extent, spacing, sparsity } from "./diversity-indicators.js";
import { coverageBothWays, epsilonAdditive } from "./dominance-indicators.js";
import { mustBeFinite, mustExist } from "./error.js";
import { hypervolume } from "./hypervolume.js";
import { mean } from "./intervals.js";
import { nondominated } from "./nondominated.js";
import { minimised, type Sense, senseSigns } from "./point-set.js";

/** Mean scores of one method's candidates at one seed: `points[candidate][value]`. */
export interface ScoredSet {
  readonly method: string;
  readonly seed: string;
  readonly points: readonly (readonly number[])[];
}

export interface MetricTableOptions {
  readonly sense: Sense;
  /** Default: {@link nadirReference} of all points. */
  readonly reference?: readonly number[];
}

/** Means over seeds; each metric is that of the function of its name. */
export interface MetricRow {
  readonly method: string;
  readonly seeds: readonly string[];
  readonly candidates: number;
  readonly frontSize: number;
  /** Candidates that the reference is not worse than in every value: they add nothing. */
  readonly ignored: number;
  readonly hypervolume: number;
  readonly hypervolumePerSeed: readonly number[];
  readonly igd: number;
  readonly igdPlus: number;
  readonly gd: number;
  readonly gdPlus: number;
  readonly averagedHausdorff: number;
  readonly epsilonAdditive: number;
  /** Share of the reference set that the method covers, and of the method's points that the reference set covers. */
  readonly covers: number;
  readonly covered: number;
  readonly sparsity: number;
  readonly spacing: number;
  readonly extent: number;
}

export interface MetricTable {
  readonly reference: readonly number[];
  /** Where the reference came from: say so beside every hypervolume. */
  readonly referenceFrom: "given" | "these points";
  /** The non-dominated union of all methods and seeds, that distances and coverage are taken to. */
  readonly referenceSet: readonly (readonly number[])[];
  /** In order of first appearance. */
  readonly rows: readonly MetricRow[];
}

/**
 * The worst value of each objective, moved away from the best by `margin` of the range (PROTOCOL §8: nadir − 0.1 range).
 *
 * @throws MetricsError `empty-set`, `dimension-mismatch`
 */
export function nadirReference(
  points: readonly (readonly number[])[],
  options: { readonly sense: Sense; readonly margin?: number },
): number[] {
  const { sense, margin = 0.1 } = options;
  mustBeFinite(margin, "margin");
  mustExist(points.length, "points to take a reference from");
  const { data, dimension, count } = minimised(points, sense);
  const signs = senseSigns(sense, dimension);
  return Array.from(signs, (sign, k) => {
    const sorted = column(data, dimension, k, count).sort();
    const worst = sorted[count - 1] as number;
    return sign * (worst + margin * (worst - (sorted[0] as number)));
  });
}

/** Those of the measures that are one number of a set and a reference set, and need no other word. */
const MEASURES = {
  igd,
  igdPlus,
  gd,
  gdPlus,
  averagedHausdorff,
  epsilonAdditive,
  sparsity,
  spacing,
  extent,
};

/** @throws MetricsError `empty-set`, `dimension-mismatch`, `not-finite` */
export function metricTable(sets: readonly ScoredSet[], options: MetricTableOptions): MetricTable {
  const { sense } = options;
  const all = sets.flatMap((set) => set.points);
  const reference = options.reference ?? nadirReference(all, options);
  const referenceSet = Array.from(
    nondominated(all, { sense, duplicates: "first" }),
    (i) => all[i] as readonly number[],
  );
  const both = { sense, referenceSet };
  const rows = [...new Set(sets.map((set) => set.method))].map((method) => {
    const own = sets.filter((set) => set.method === method);
    const over = (measure: (points: ScoredSet["points"]) => number): number =>
      mean(own.map((set) => measure(set.points)));
    const volumes = own.map((set) => hypervolume(set.points, { reference, sense }));
    const hypervolumePerSeed = volumes.map((volume) => volume.value);
    const measured = Object.entries(MEASURES).map(([name, measure]) => [
      name,
      over((points) => measure(points, both).value),
    ]);
    return {
      method,
      seeds: own.map((set) => set.seed),
      candidates: over((points) => points.length),
      frontSize: over((points) => nondominated(points, { sense }).length),
      ignored: mean(volumes.map((volume) => volume.ignored)),
      hypervolume: mean(hypervolumePerSeed),
      hypervolumePerSeed,
      ...(Object.fromEntries(measured) as Record<keyof typeof MEASURES, number>),
      covers: over((points) => coverageBothWays(points, both).of),
      covered: over((points) => coverageBothWays(points, both).by),
    };
  });
  return { reference, referenceFrom: options.reference ? "given" : "these points", referenceSet, rows };
}
