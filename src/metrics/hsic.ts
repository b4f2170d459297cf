/**
 * Hilbert–Schmidt independence criterion between paired samples (rows of X and Y), and centred kernel alignment. O(n²)
 * time, O(n) memory: HKH is never formed, and no kernel matrix is stored.
 */
import { fail, mustBeOneOf, mustEqual, mustReach, mustStayInRange } from "./error.js";
import { total } from "./intervals.js";
import { type Kernel, type KernelRows, kernelRows } from "./kernels.js";
import { dense, type MatrixLike } from "./matrix.js";

export interface HsicOptions {
  /** Kernel of X, and of Y unless `kernelY` is given. Default linear. */
  readonly kernel?: Kernel;
  readonly kernelY?: Kernel;
  /**
   * `biased`: tr(KHLH)/n², ≥ 0 (Gretton et al. 2005; divisor n², not (n−1)²). `unbiased`: Song et al. 2012, needs n ≥ 4, may be
   * negative. Default `unbiased`.
   */
  readonly estimator?: Estimator;
}

/**
 * HSIC of the rows of X and Y. Sense: 0 means independent for characteristic kernels (RBF), uncorrelated for the linear
 * one. Range: biased [0, ∞), unbiased (−∞, ∞).
 *
 * biased = ΣK∘L/n² + ΣK ΣL/n⁴ − 2 (K1)·(L1)/n³;
 * unbiased = [tr K̃L̃ + 1ᵀK̃1 1ᵀL̃1/((n−1)(n−2)) − 2/(n−2) 1ᵀK̃L̃1]/(n(n−3)), K̃ with zero diagonal.
 *
 * @param x `[n, p]`
 * @param y `[n, q]`
 * @throws MetricsError `dimension-mismatch`, `too-few`, `not-finite`, `bad-option`
 */
export function hsic(x: MatrixLike, y: MatrixLike, options: HsicOptions = {}): number {
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  return statistic(rowsX, rowsY, n, estimatorOf(options));
}

/**
 * Centred kernel alignment, HSIC(X,Y)/√(HSIC(X,X) HSIC(Y,Y)). Biased: in [0, 1] up to rounding, but near 1 for *independent* rows when
 * n ≪ dimension. With the unbiased estimator ("debiased CKA"): about 0 for independent rows, may be below 0.
 * Source: Kornblith et al. 2019; Nguyen, Raghu, Kornblith 2020.
 *
 * @throws MetricsError also `undefined-value` where X or Y has constant rows (or, debiased, a self term ≤ 0)
 */
export function cka(x: MatrixLike, y: MatrixLike, options: HsicOptions = {}): number {
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  const estimator = estimatorOf(options);
  return alignment(
    statistic(rowsX, rowsY, n, estimator),
    statistic(rowsX, rowsX, n, estimator),
    statistic(rowsY, rowsY, n, estimator),
  );
}

/** xy/√(xx·yy), or `undefined-value`. */
export function alignment(xy: number, xx: number, yy: number): number {
  if (!(xx > 0 && yy > 0)) {
    fail(
      "undefined-value",
      `alignment has no value: self-dependence ${xx} and ${yy} (constant or untrained, or too few rows)`,
    );
  }
  return xy / Math.sqrt(xx) / Math.sqrt(yy);
}

export type Estimator = "biased" | "unbiased";

/** @throws MetricsError `bad-option` */
export function estimatorOf(options: { readonly estimator?: Estimator }): Estimator {
  const { estimator = "unbiased" } = options;
  mustBeOneOf(estimator, ["biased", "unbiased"], "estimator");
  return estimator;
}

/**
 * Unbiased HSIC from sums over ordered pairs i ≠ j: Σ K_ij L_ij, Σ_i (K̃1)_i (L̃1)_i, 1ᵀK̃1 and 1ᵀL̃1.
 *
 * @throws MetricsError `too-few` for n < 4
 */
export function unbiasedOf(n: number, cross: number, rows: number, totalX: number, totalY: number): number {
  mustReach(n, 4, "rows");
  return inRange((cross + (totalX * totalY) / ((n - 1) * (n - 2)) - (2 * rows) / (n - 2)) / (n * (n - 3)));
}

/** Biased HSIC from the same sums over all pairs, i = j included. */
export function biasedOf(n: number, cross: number, rows: number, totalX: number, totalY: number): number {
  return inRange(cross / n / n + ((totalX / n / n) * totalY) / n / n - (2 * rows) / n / n / n);
}

function inRange(value: number): number {
  mustStayInRange(value, "HSIC");
  return value;
}

/**
 * The two kernels, row by row, and the number of rows.
 *
 * @throws MetricsError `dimension-mismatch`, `not-finite`, `bad-option`
 */
export function pairedKernels(x: MatrixLike, y: MatrixLike, options: HsicOptions): [KernelRows, KernelRows, number] {
  const { kernel = { kind: "linear" }, kernelY = kernel } = options;
  const a = dense(x, "X");
  const b = dense(y, "Y");
  mustEqual(b.rows, a.rows, "rows of Y");
  return [kernelRows(a, kernel, "X"), kernelRows(b, kernelY, "Y"), a.rows];
}

function statistic(rowsX: KernelRows, rowsY: KernelRows, n: number, estimator: Estimator): number {
  const biased = estimator === "biased";
  const sumX = new Float64Array(n);
  const sumY = new Float64Array(n);
  const k = new Float64Array(n);
  const l = rowsX === rowsY ? k : new Float64Array(n);
  let cross = 0;
  for (let i = 0; i < n; i++) {
    rowsX(i, k);
    if (l !== k) rowsY(i, l);
    let ownX = biased ? (k[i] as number) : 0;
    let ownY = biased ? (l[i] as number) : 0;
    let own = 0;
    cross += ownX * ownY;
    for (let j = i + 1; j < n; j++) {
      const kij = k[j] as number;
      const lij = l[j] as number;
      own += kij * lij;
      ownX += kij;
      ownY += lij;
      sumX[j] = (sumX[j] as number) + kij;
      sumY[j] = (sumY[j] as number) + lij;
    }
    sumX[i] = (sumX[i] as number) + ownX;
    sumY[i] = (sumY[i] as number) + ownY;
    cross += 2 * own;
  }
  const rows = sumX.reduce((sum, x, i) => sum + x * (sumY[i] as number), 0);
  const of = biased ? biasedOf : unbiasedOf;
  const value = of(n, cross, rows, total(sumX), total(sumY));
  // rounding must not make a square negative
  return biased ? Math.max(0, value) : value;
}
