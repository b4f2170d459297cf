import { fail, mustBeOneOf, mustBeVolume, mustEqual, mustLieWithin, positiveInteger } from "./error.js";
import { estimateVolume } from "./hypervolume-estimate.js";
import { hypervolume1d, hypervolume2d, hypervolume3d, SmallSweep3d } from "./hypervolume-sweeps.js";
import { Wfg } from "./hypervolume-wfg.js";
import { allIndices, gather } from "./nondominated.js";
import { minimised, minimisedPoint, type PackedPoints, type Points, type Sense } from "./point-set.js";
import type { RandomGenerator } from "./random.js";

export interface HypervolumeOptions {
  /** One number per objective, in the points' own units; only points strictly better in every objective count. */
  readonly reference: readonly number[];
  readonly sense: Sense;
  /**
   * Allows an estimate where the exact volume would take long: beyond {@link EXACT_LIMIT} points for the number of
   * objectives. The result then has `kind: "estimate"`. Without it the volume is always exact.
   */
  readonly estimate?: EstimateOptions;
}

export interface EstimateOptions {
  readonly generator: RandomGenerator;
  /** Directions in all; default 65,536. */
  readonly samples?: number;
  /** Of the error bound; default 0.95. */
  readonly level?: number;
  /** `large` (default): only beyond the limit. `always`: whatever the size. */
  readonly when?: "large" | "always";
}

/** Counted points up to which the exact volume takes about a second, by number of objectives (index 5 … 12). */
export const EXACT_LIMIT: readonly number[] = [
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
  90_000,
  12_000,
  2200,
  600,
  240,
  120,
  80,
  60,
  50,
];

export type HypervolumeMethod = "interval" | "sweep-2d" | "sweep-3d" | "sweep-4d" | "wfg";

/** By number of objectives; beyond, `wfg`. */
const METHODS: readonly (HypervolumeMethod | undefined)[] = [undefined, "interval", "sweep-2d", "sweep-3d", "sweep-4d"];

/**
 * `counted` points are strictly better than the reference in every objective; `ignored` are not, and add nothing.
 * The two zero cases are told apart from a computed volume, so that a 0 is never silent.
 */
export type HypervolumeResult =
  | {
      readonly kind: "exact";
      readonly value: number;
      readonly method: HypervolumeMethod;
      readonly counted: number;
      readonly ignored: number;
    }
  | {
      readonly kind: "estimate";
      readonly value: number;
      readonly method: "qmc-polar";
      /** |value − truth| ≤ error with probability `level` (t-interval over randomly shifted replicates). */
      readonly error: number;
      readonly level: number;
      readonly samples: number;
      readonly counted: number;
      readonly ignored: number;
    }
  | { readonly kind: "empty"; readonly value: 0; readonly method: "none"; readonly counted: 0; readonly ignored: 0 }
  | {
      readonly kind: "none-above-reference";
      readonly value: 0;
      readonly method: "none";
      readonly counted: 0;
      readonly ignored: number;
    };

/** For a hundred points, allocating takes as long as computing: what a call needs is kept, up to so many points. */
const ROOM = 1200;
let pointsRoom: Float64Array | undefined;

/**
 * Hypervolume: the Lebesgue measure of what the points dominate within the reference, HV(A; r) = Leb(∪ₐ [a, r]).
 *
 * Sense: larger is better. Range: [0, ∞), in the product of the objectives' units. Strictly Pareto-compliant (the only
 * unary indicator that is). Source: Zitzler and Thiele 1998; each algorithm's own source stands in its file. Exact for every
 * number of objectives unless an estimate is allowed; time grows steeply beyond 6.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `undefined-value` for a volume beyond the range of numbers
 */
export function hypervolume(points: Points, options: HypervolumeOptions): HypervolumeResult {
  const { estimate, sense } = options;
  const dimension = options.reference.length;
  const reference = minimisedPoint(options.reference, sense, "reference");
  pointsRoom ??= new Float64Array(4 * ROOM);
  const all = minimised(points, sense, "points", dimension, pointsRoom);
  const indices = insideOf(all, reference);
  const inside = indices === undefined ? all : gather(all, indices);
  const counted = inside.count;
  const ignored = all.count - counted;
  if (counted === 0) {
    if (ignored === 0) return { kind: "empty", value: 0, method: "none", counted, ignored };
    return { kind: "none-above-reference", value: 0, method: "none", counted, ignored };
  }
  if (estimate !== undefined) mustBeOneOf(estimate.when ?? "large", ["large", "always"], "when");
  if (estimate !== undefined && (estimate.when === "always" || counted > (EXACT_LIMIT[dimension] ?? 30))) {
    const { samples = 65_536, level = 0.95, generator } = estimate;
    mustLieWithin(level, 0, 1, "level");
    positiveInteger(samples, "samples", 16);
    const volume = estimateVolume(inside, reference, samples, level, generator);
    mustBeVolume(volume.value);
    return { kind: "estimate", method: "qmc-polar", ...volume, counted, ignored };
  }
  const value = exactVolume(inside.data, counted, reference);
  mustBeVolume(value);
  return { kind: "exact", value, method: METHODS[dimension] ?? "wfg", counted, ignored };
}

/** Hypervolume as a share of the box between the reference and an ideal point: in [0, 1] when no point passes the ideal. */
export function normalisedHypervolume(
  points: Points,
  options: HypervolumeOptions & { readonly ideal: readonly number[] },
): HypervolumeResult {
  const ideal = minimisedPoint(options.ideal, options.sense, "ideal");
  const reference = minimisedPoint(options.reference, options.sense, "reference");
  mustEqual(ideal.length, reference.length, "objectives of the ideal");
  let box = 1;
  for (let k = 0; k < ideal.length; k++) {
    const side = (reference[k] as number) - (ideal[k] as number);
    if (!(side > 0)) fail("bad-option", `ideal is not better than the reference in objective ${k}`);
    box *= side;
  }
  mustBeVolume(box);
  const result = hypervolume(points, options);
  if (result.kind === "estimate") return { ...result, value: result.value / box, error: result.error / box };
  return result.kind === "exact" ? { ...result, value: result.value / box } : result;
}

/** Sweeps with their buffers, by number of objectives. */
const sweeps: (SmallSweep3d | Wfg | undefined)[] = [];

/** Exact volume of minimised points, all strictly better than the reference. */
export function exactVolume(data: Float64Array, count: number, reference: Float64Array): number {
  const d = reference.length;
  if (d === 1) return hypervolume1d(data, count, reference);
  if (d === 2) return hypervolume2d(data, count, reference);
  if (d === 3 && count > ROOM) return hypervolume3d(data, count, reference);
  const sweep = sweeps[d] ?? (d === 3 ? new SmallSweep3d(ROOM) : new Wfg(d, ROOM));
  if (count <= ROOM) sweeps[d] = sweep;
  return (count > ROOM ? new Wfg(d, count) : sweep).volume(data, count, reference);
}

/** Indices of the points strictly better than the reference in every objective; undefined where all are. */
export function insideOf({ data, dimension: d, count }: PackedPoints, reference: Float64Array): Int32Array | undefined {
  let out: Int32Array | undefined;
  let size = 0;
  for (let i = 0, o = 0; i < count; i++, o += d) {
    let k = 0;
    while (k < d && (data[o + k] as number) < (reference[k] as number)) k++;
    if (k < d) out ??= allIndices(count);
    else if (out !== undefined) out[size++] = i;
    else size++;
  }
  return out?.subarray(0, size);
}
