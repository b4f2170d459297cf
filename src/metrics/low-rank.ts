/**
 * Measures between value vectors θ = s·B·A (LoRA's delta-W, `[out, in]`) that never build the product. Samples are output
 * neurons (rows of delta-W), features its inputs. All are functions of the product alone: (B R⁻¹, R A) gives the
 * same numbers.
 */
import { fail, mustBeFinite, mustBeOneOf, mustEqual, mustStayInRange } from "./error.js";
import { alignment, biasedOf, type Estimator, estimatorOf, unbiasedOf } from "./hsic.js";
import { type IndependenceTest, permutationTest } from "./independence-tests.js";
import { total } from "./intervals.js";
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
import type { RandomGenerator } from "./random.js";

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
  const { scale = 1 } = delta;
  mustEqual(b.columns, a.rows, `B's columns against A's rows of ${what}`);
  mustBeFinite(scale, `scale of ${what}`);
  return { a, b, scale };
}

function pair(first: LowRank, second: LowRank, sameInputs: boolean): [Factors, Factors] {
  const one = factors(first, "the first delta-W");
  const two = factors(second, "the second delta-W");
  mustEqual(two.b.rows, one.b.rows, "shapes differ: outputs of the second delta-W");
  if (sameInputs) mustEqual(two.a.columns, one.a.columns, "shapes differ: inputs of the second delta-W");
  return [one, two];
}

export interface LowRankHsicOptions {
  /** As in `hsic`; default `unbiased`. */
  readonly estimator?: Estimator;
}

/**
 * Linear HSIC of the rows of two delta-W: biased = tr(C M₂ Cᵀ M₁)/n² with C = (HB₁)ᵀ(HB₂), Mᵢ = AᵢAᵢᵀ, n = out.
 * O(r²(in + out)). Range and sense as `hsic`.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `too-few`
 */
export function lowRankHsic(first: LowRank, second: LowRank, options: LowRankHsicOptions = {}): number {
  const estimator = estimatorOf(options);
  const [one, two] = pair(first, second, false).map((delta) => centred(delta, estimator)) as [Centred, Centred];
  return hsicOf(one, two, estimator);
}

/**
 * Linear CKA of the rows of two delta-W; scale-free. Biased: in [0, 1]; debiased (`unbiased`, the default): about 0 for
 * independent ones, may be below 0.
 *
 * @throws MetricsError also `undefined-value` for a zero (untrained) delta-W
 */
export function lowRankCka(first: LowRank, second: LowRank, options: LowRankHsicOptions = {}): number {
  const estimator = estimatorOf(options);
  const [one, two] = pair(first, second, false).map((delta) => centred(delta, estimator)) as [Centred, Centred];
  return alignment(hsicOf(one, two, estimator), hsicOf(one, one, estimator), hsicOf(two, two, estimator));
}

/** What HSIC needs of one delta-W: (HB)ᵀ, M = s²AAᵀ, and the diagonal of HBMBᵀH (empty where the estimator keeps it). */
interface Centred {
  readonly bt: DenseMatrix;
  readonly m: DenseMatrix;
  readonly diagonal: Float64Array;
}

function centred({ a, b, scale }: Factors, estimator: Estimator): Centred {
  const product = timesTransposed(a, a);
  const m = { ...product, data: product.data.map((x) => scale * scale * x) };
  const hb = columnCentred(b);
  return { bt: transposed(hb), m, diagonal: estimator === "biased" ? new Float64Array(0) : diagonalOf(hb, m) };
}

function hsicOf(one: Centred, two: Centred, estimator: Estimator): number {
  const n = one.bt.columns;
  const c = timesTransposed(one.bt, two.bt);
  const full = inner(times(c, two.m), times(one.m, c));
  if (estimator === "biased") return biasedOf(n, full, 0, 0, 0);
  // With centred rows K1 = 0, so that the zero-diagonal kernel has row sums −K_ii.
  const rows = one.diagonal.reduce((sum, x, i) => sum + x * (two.diagonal[i] as number), 0);
  return unbiasedOf(n, full - rows, rows, total(one.diagonal), total(two.diagonal));
}

/** bᵢᵀ M bᵢ for every row of B. */
function diagonalOf(b: DenseMatrix, m: DenseMatrix): Float64Array {
  const products = times(b, m).data.map((x, o) => x * (b.data[o] as number));
  return Float64Array.from({ length: b.rows }, (_, i) => total(products.subarray(i * b.columns, (i + 1) * b.columns)));
}

/** ⟨delta-W₁, delta-W₂⟩ = s₁s₂ Σ (B₁ᵀB₂)∘(A₁A₂ᵀ). */
export function frobeniusInner(first: LowRank, second: LowRank): number {
  const [one, two] = pair(first, second, true);
  const value = one.scale * two.scale * inner(transposedTimes(one.b, two.b), timesTransposed(one.a, two.a));
  mustStayInRange(value, "the product of delta-Ws");
  return value;
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
  const cosine = alignment(frobeniusInner(first, second), frobeniusInner(first, first), frobeniusInner(second, second));
  return Math.min(1, Math.max(-1, cosine));
}

/**
 * Nonzero singular values of delta-W (above 1e-10 of the largest), descending: those of the triangle of its rows. Never forms
 * the product.
 */
export function singularValuesOf(delta: LowRank): Float64Array {
  const values = singularValues(orthonormalised(dense(lowRankRows(delta), "rows of delta-W")).r);
  return values.filter((value) => value > 1e-10 * (values[0] as number));
}

/**
 * Effective rank exp(−Σ p log p), p = singular values normalised to sum 1. Range [1, r]; lower = the vector has
 * collapsed on few directions. Source: Roy and Vetterli 2007.
 *
 * @throws MetricsError `undefined-value` for a zero delta-W
 */
export function effectiveRank(delta: LowRank): number {
  const values = singularValuesOf(delta);
  const all = total(values);
  mustBeTrained(all);
  return Math.exp(-total(values.map((value) => (value / all) * Math.log(value / all))));
}

/** @throws MetricsError `undefined-value` unless `size` is above 0 */
function mustBeTrained(size: number): void {
  if (!(size > 0)) fail("undefined-value", "this has no value: a delta-W is zero (untrained?)");
}

/**
 * Overlap of the two column spaces (`output`, default) or row spaces (`input`): ‖Q₁ᵀQ₂‖²/min(rank₁, rank₂), the mean squared
 * cosine of the principal angles. Range [0, 1]; 0 = orthogonal, 1 = one contains the other. Random spaces: about r/dimension.
 *
 * @throws MetricsError `undefined-value` for a zero delta-W, `dimension-mismatch`
 */
export function subspaceOverlap(first: LowRank, second: LowRank, side: "output" | "input" = "output"): number {
  mustBeOneOf(side, ["output", "input"], "side");
  const [one, two] = pair(first, second, true).map(({ a, b }) => {
    const delta = side === "output" ? { A: a, B: b } : { A: transposed(b), B: transposed(a) };
    return orthonormalised(dense(lowRankRows(delta), "rows of delta-W")).q;
  }) as [DenseMatrix, DenseMatrix];
  // columns of an orthonormal basis have length 1, those of a dependent column 0
  const rank = Math.round(Math.min(inner(one, one), inner(two, two)));
  mustBeTrained(rank);
  const product = transposedTimes(one, two);
  return Math.min(1, inner(product, product) / rank);
}

/**
 * Rows of delta-W up to one rotation of the inputs, `[out, r]`: s·B·Rᵀ with Aᵀ = QR. Distances and inner products between
 * rows are those of delta-W, so that any kernel of them can be had without the product.
 */
export function lowRankRows(delta: LowRank): Matrix {
  const { a, b, scale } = factors(delta, "delta-W");
  const { data, rows, columns } = timesTransposed(b, orthonormalised(transposed(a)).r);
  return { data: data.map((x) => scale * x), rows, columns };
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
  const { permutations = 199 } = options;
  const estimator = estimatorOf(options);
  const [one, two] = pair(first, second, false).map((delta) => centred(delta, estimator)) as [Centred, Centred];
  const { bt, diagonal } = two;
  const n = bt.columns;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  return permutationTest(order, permutations, options.generator, () => {
    const data = bt.data.map((_, o) => bt.data[o - (o % n) + (order[o % n] as number)] as number);
    const shuffled = {
      ...two,
      bt: { ...bt, data },
      diagonal: diagonal.map((_, i) => diagonal[order[i] as number] as number),
    };
    return hsicOf(one, shuffled, estimator);
  });
}
