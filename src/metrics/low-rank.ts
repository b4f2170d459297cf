/**
 * Measures between value vectors θ = s·B·A (LoRA's delta-W, `[out, in]`) that never build the product. Samples are output
 * neurons (rows of delta-W), features its inputs. All are functions of the product alone: (B R⁻¹, R A) gives the
 * same numbers.
 */
import { MetricsError } from "./error.js";
import { alignment, type SelfAndCross, unbiasedOf } from "./hsic.js";
import type { IndependenceTest } from "./independence-tests.js";
import {
  columnCentred,
  type DenseMatrix,
  dense,
  inner,
  type Matrix,
  type MatrixLike,
  orthonormalised,
  singularValues,
  times,
  timesTransposed,
  transposed,
  transposedTimes,
} from "./matrix.js";
import { type RandomGenerator, shuffle } from "./random.js";

/** delta-W = scale · B · A with B `[out, r]` and A `[r, in]`. */
export interface LowRank {
  readonly A: MatrixLike;
  readonly B: MatrixLike;
  /** LoRA's alpha / r; default 1. */
  readonly scale?: number;
}

interface Factors {
  readonly a: DenseMatrix;
  readonly b: DenseMatrix;
  readonly scale: number;
}

function factors(delta: LowRank, what: string): Factors {
  const a = dense(delta.A, `A of ${what}`);
  const b = dense(delta.B, `B of ${what}`);
  const scale = delta.scale ?? 1;
  if (b.columns !== a.rows) {
    throw new MetricsError(
      "dimension-mismatch",
      `${what}: B is ${b.rows} × ${b.columns} and A is ${a.rows} × ${a.columns}; B's columns must equal A's rows`,
    );
  }
  if (!Number.isFinite(scale)) throw new MetricsError("not-finite", `scale of ${what} is ${scale}`);
  return { a, b, scale };
}

function pair(first: LowRank, second: LowRank, sameInputs: boolean): [Factors, Factors] {
  const one = factors(first, "the first delta-W");
  const two = factors(second, "the second delta-W");
  if (one.b.rows !== two.b.rows || (sameInputs && one.a.columns !== two.a.columns)) {
    throw new MetricsError(
      "dimension-mismatch",
      `delta-W shapes differ: ${one.b.rows} × ${one.a.columns} and ${two.b.rows} × ${two.a.columns}`,
    );
  }
  return [one, two];
}

export interface LowRankHsicOptions {
  /** As in `hsic`; default `unbiased`. */
  readonly estimator?: "biased" | "unbiased";
}

/**
 * Linear HSIC of the rows of two delta-W: biased = tr(C M₂ Cᵀ M₁)/n² with C = (HB₁)ᵀ(HB₂), Mᵢ = AᵢAᵢᵀ, n = out.
 * O(r²(in + out)). Range and sense as `hsic`.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `too-few`
 */
export function lowRankHsic(first: LowRank, second: LowRank, options: LowRankHsicOptions = {}): number {
  const [one, two] = pair(first, second, false);
  return terms(one, two, options.estimator ?? "unbiased").xy;
}

/**
 * Linear CKA of the rows of two delta-W; scale-free. Biased: in [0, 1]; debiased (`unbiased`, the default): about 0 for
 * independent ones, may be below 0.
 *
 * @throws MetricsError also `undefined-value` for a zero (untrained) delta-W
 */
export function lowRankCka(first: LowRank, second: LowRank, options: LowRankHsicOptions = {}): number {
  const [one, two] = pair(first, second, false);
  const { xy, xx, yy } = terms(one, two, options.estimator ?? "unbiased");
  return alignment(xy, xx, yy);
}

/** @param crossOnly leaves the self terms 0: a permutation test has no use for them */
function terms(one: Factors, two: Factors, estimator: "biased" | "unbiased", crossOnly = false): SelfAndCross {
  const n = one.b.rows;
  const s1 = one.scale ** 2;
  const s2 = two.scale ** 2;
  const m1 = timesTransposed(one.a, one.a);
  const m2 = timesTransposed(two.a, two.a);
  // centring changes neither estimator, and keeps the unbiased one's sums from cancelling
  const b1 = columnCentred(one.b);
  const b2 = columnCentred(two.b);
  const trace = (x: DenseMatrix, mx: DenseMatrix, y: DenseMatrix, my: DenseMatrix): number => {
    const c = transposedTimes(x, y);
    return inner(times(c, my), times(mx, c));
  };
  const full = {
    xy: trace(b1, m1, b2, m2),
    xx: crossOnly ? 0 : trace(b1, m1, b1, m1),
    yy: crossOnly ? 0 : trace(b2, m2, b2, m2),
  };
  if (estimator === "biased") {
    return { xy: (s1 * s2 * full.xy) / n / n, xx: (s1 * s1 * full.xx) / n / n, yy: (s2 * s2 * full.yy) / n / n };
  }
  if (estimator !== "unbiased") {
    throw new MetricsError("bad-option", `estimator is ${String(estimator)}; it must be "biased" or "unbiased"`);
  }
  // With centred rows K1 = 0, so that the zero-diagonal kernel has row sums −K_ii.
  const k = diagonal(b1, m1);
  const l = diagonal(b2, m2);
  const rows = { xy: dot(k, l), xx: dot(k, k), yy: dot(l, l) };
  const value = unbiasedOf({
    n,
    cross: { xy: full.xy - rows.xy, xx: full.xx - rows.xx, yy: full.yy - rows.yy },
    rows,
    totalX: -sum(k),
    totalY: -sum(l),
  });
  return { xy: s1 * s2 * value.xy, xx: s1 * s1 * value.xx, yy: s2 * s2 * value.yy };
}

/** bᵢᵀ M bᵢ for every row of B. */
function diagonal(b: DenseMatrix, m: DenseMatrix): Float64Array {
  const product = times(b, m);
  const out = new Float64Array(b.rows);
  for (let i = 0, o = 0; i < b.rows; i++) {
    let s = 0;
    for (let k = 0; k < b.columns; k++, o++) s += (product.data[o] as number) * (b.data[o] as number);
    out[i] = s;
  }
  return out;
}

function dot(x: Float64Array, y: Float64Array): number {
  let s = 0;
  for (let i = 0; i < x.length; i++) s += (x[i] as number) * (y[i] as number);
  return s;
}

function sum(x: Float64Array): number {
  let s = 0;
  for (let i = 0; i < x.length; i++) s += x[i] as number;
  return s;
}

/** ⟨delta-W₁, delta-W₂⟩ = s₁s₂ Σ (B₁ᵀB₂)∘(A₁A₂ᵀ). */
export function frobeniusInner(first: LowRank, second: LowRank): number {
  const [one, two] = pair(first, second, true);
  return one.scale * two.scale * inner(transposedTimes(one.b, two.b), timesTransposed(one.a, two.a));
}

/** ‖delta-W‖ (Frobenius). Range [0, ∞). */
export function frobeniusNorm(delta: LowRank): number {
  return Math.sqrt(Math.max(0, frobeniusInner(delta, delta)));
}

/**
 * Cosine of the angle between two value vectors taken as flat vectors. Range [−1, 1]; 0 = first-order orthogonal, −1 = one
 * undoes the other. Task-arithmetic papers report this one.
 *
 * @throws MetricsError `undefined-value` for a zero delta-W
 */
export function frobeniusCosine(first: LowRank, second: LowRank): number {
  return Math.min(
    1,
    Math.max(
      -1,
      alignment(frobeniusInner(first, second), frobeniusInner(first, first), frobeniusInner(second, second)),
    ),
  );
}

interface Core {
  readonly values: Float64Array;
  /** Left singular vectors of delta-W that belong to nonzero singular values, `[out, rank]`. */
  readonly left: DenseMatrix;
}

/** Singular values of s·B·A above 1e-10 of the largest, from the r × r product of the two triangles. */
function core(delta: Factors): Core {
  const b = orthonormalised(delta.b);
  const a = orthonormalised(transposed(delta.a));
  const { values, left } = singularValues(timesTransposed(b.r, a.r));
  const largest = values[0] as number;
  let rank = 0;
  while (rank < values.length && (values[rank] as number) > 1e-10 * largest) rank++;
  const kept = new Float64Array(left.rows * rank);
  for (let i = 0; i < left.rows; i++)
    for (let j = 0; j < rank; j++) kept[i * rank + j] = left.data[i * left.columns + j] as number;
  return {
    values: values.slice(0, rank).map((value) => value * Math.abs(delta.scale)),
    left: times(b.q, { data: kept, rows: left.rows, columns: rank }),
  };
}

/** Nonzero singular values of delta-W, descending. Never forms the product. */
export function singularValuesOf(delta: LowRank): Float64Array {
  return core(factors(delta, "delta-W")).values;
}

/**
 * Effective rank exp(−Σ p log p), p = singular values normalised to sum 1. Range [1, r]; lower = the vector has
 * collapsed on few directions. Source: Roy and Vetterli 2007.
 *
 * @throws MetricsError `undefined-value` for a zero delta-W
 */
export function effectiveRank(delta: LowRank): number {
  const values = singularValuesOf(delta);
  const total = sum(values);
  if (!(total > 0))
    throw new MetricsError("undefined-value", "effective rank has no value: delta-W is zero (untrained?)");
  let entropy = 0;
  for (const value of values) entropy -= (value / total) * Math.log(value / total);
  return Math.exp(entropy);
}

/**
 * Overlap of the two column spaces (`output`, default) or row spaces (`input`): ‖Q₁ᵀQ₂‖²/min(rank₁, rank₂), the mean squared
 * cosine of the principal angles. Range [0, 1]; 0 = orthogonal, 1 = one contains the other. Random spaces: about r/dimension.
 *
 * @throws MetricsError `undefined-value` for a zero delta-W, `dimension-mismatch`
 */
export function subspaceOverlap(first: LowRank, second: LowRank, side: "output" | "input" = "output"): number {
  const [one, two] = pair(first, second, true);
  const flip = (f: Factors): Factors => ({ a: transposed(f.b), b: transposed(f.a), scale: f.scale });
  const q1 = core(side === "output" ? one : flip(one)).left;
  const q2 = core(side === "output" ? two : flip(two)).left;
  const rank = Math.min(q1.columns, q2.columns);
  if (rank === 0)
    throw new MetricsError("undefined-value", "subspace overlap has no value: a delta-W is zero (untrained?)");
  const product = transposedTimes(q1, q2);
  return Math.min(1, inner(product, product) / rank);
}

/**
 * Rows of delta-W up to one rotation of the inputs, `[out, r]`: s·B·Rᵀ with Aᵀ = QR. Distances and inner products between
 * rows are those of delta-W, so that any kernel of them can be had without the product.
 */
export function lowRankRows(delta: LowRank): Matrix {
  const { a, b, scale } = factors(delta, "delta-W");
  const { r } = orthonormalised(transposed(a));
  const rows = timesTransposed(b, r);
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = scale * (rows.data[i] as number);
  return rows;
}

/**
 * Permutation test of {@link lowRankHsic}: output neurons of the second delta-W are shuffled, p = (1 + #{h_π ≥ h})/(1 + permutations).
 * O(r²·out) a permutation.
 *
 * @throws MetricsError as `lowRankHsic`, `bad-option`
 */
export function lowRankPermutationTest(
  first: LowRank,
  second: LowRank,
  options: LowRankHsicOptions & { readonly generator: RandomGenerator; readonly permutations?: number },
): IndependenceTest {
  const permutations = options.permutations ?? 199;
  if (!(Number.isInteger(permutations) && permutations > 0)) {
    throw new MetricsError("bad-option", `permutations is ${permutations}; it must be a positive integer`);
  }
  const estimator = options.estimator ?? "unbiased";
  const [one, two] = pair(first, second, false);
  const statistic = terms(one, two, estimator).xy;
  const columns = two.b.columns;
  const shuffled = { ...two.b, data: two.b.data.slice() };
  const order = Int32Array.from({ length: two.b.rows }, (_, i) => i);
  let hits = 0;
  for (let b = 0; b < permutations; b++) {
    shuffle(order, options.generator);
    order.forEach((from, to) => {
      shuffled.data.set(two.b.data.subarray(from * columns, (from + 1) * columns), to * columns);
    });
    if (terms(one, { ...two, b: shuffled }, estimator, true).xy >= statistic - 1e-12 * Math.abs(statistic)) hits++;
  }
  return { statistic, p: (1 + hits) / (1 + permutations), method: "permutation" };
}
