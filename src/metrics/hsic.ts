/**
 * Hilbert–Schmidt independence criterion between paired samples (rows of X and Y), and centred kernel alignment. O(n²)
 * time, O(n) memory: HKH is never formed, and no kernel matrix is stored.
 */
import { MetricsError } from "./error.js";
import { type Kernel, kernelRows } from "./kernels.js";
import { columnCentred, dense, type MatrixLike } from "./matrix.js";

export interface HsicOptions {
  /** Kernel of X, and of Y unless `kernelY` is given. Default linear. */
  readonly kernel?: Kernel;
  readonly kernelY?: Kernel;
  /**
   * `biased`: tr(KHLH)/n², ≥ 0 (Gretton et al. 2005; divisor n², not (n−1)²). `unbiased`: Song et al. 2012, needs n ≥ 4, may be
   * negative. Default `unbiased`.
   */
  readonly estimator?: "biased" | "unbiased";
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
  const estimator = options.estimator ?? "unbiased";
  const sums = kernelSums(x, y, options);
  return estimator === "biased" ? sums.biased.xy : unbiasedOf(sums).xy;
}

/**
 * Centred kernel alignment, HSIC(X,Y)/√(HSIC(X,X) HSIC(Y,Y)). Biased: in [0, 1], but near 1 for *independent* rows when
 * n ≪ dimension. With the unbiased estimator ("debiased CKA"): about 0 for independent rows, may be below 0.
 * Source: Kornblith et al. 2019; Nguyen, Raghu, Kornblith 2020.
 *
 * @throws MetricsError also `undefined-value` where X or Y has constant rows (or, debiased, a self term ≤ 0)
 */
export function cka(x: MatrixLike, y: MatrixLike, options: HsicOptions = {}): number {
  const sums = kernelSums(x, y, options);
  const { xy, xx, yy } = (options.estimator ?? "unbiased") === "biased" ? sums.biased : unbiasedOf(sums);
  return alignment(xy, xx, yy);
}

/** xy/√(xx·yy), or `undefined-value`. */
export function alignment(xy: number, xx: number, yy: number): number {
  if (!(xx > 0 && yy > 0)) {
    throw new MetricsError(
      "undefined-value",
      `alignment has no value: self-dependence is ${xx} and ${yy} (constant rows, or too few of them)`,
    );
  }
  return xy / Math.sqrt(xx) / Math.sqrt(yy);
}

export interface SelfAndCross {
  readonly xy: number;
  readonly xx: number;
  readonly yy: number;
}

/** Sums over ordered pairs i ≠ j that the unbiased estimator needs, for (X,Y), (X,X) and (Y,Y). */
export interface KernelSums {
  readonly n: number;
  /** Σ_{i≠j} K_ij L_ij */
  readonly cross: SelfAndCross;
  /** Σ_i (K̃1)_i (L̃1)_i */
  readonly rows: SelfAndCross;
  /** 1ᵀK̃1 and 1ᵀL̃1 */
  readonly totalX: number;
  readonly totalY: number;
  readonly biased: SelfAndCross;
}

/** Unbiased HSIC from those sums. */
export function unbiasedOf(sums: Omit<KernelSums, "biased">): SelfAndCross {
  const { n, cross, rows, totalX, totalY } = sums;
  if (n < 4) throw new MetricsError("too-few", `unbiased HSIC needs at least 4 rows, there are ${n}`);
  const one = (c: number, a: number, b: number, r: number): number =>
    (c + (a * b) / ((n - 1) * (n - 2)) - (2 * r) / (n - 2)) / (n * (n - 3));
  return {
    xy: one(cross.xy, totalX, totalY, rows.xy),
    xx: one(cross.xx, totalX, totalX, rows.xx),
    yy: one(cross.yy, totalY, totalY, rows.yy),
  };
}

function kernelSums(x: MatrixLike, y: MatrixLike, options: HsicOptions): KernelSums {
  const kernelX = options.kernel ?? { kind: "linear" };
  const kernelY = options.kernelY ?? kernelX;
  const estimator = options.estimator ?? "unbiased";
  if (estimator !== "biased" && estimator !== "unbiased") {
    throw new MetricsError("bad-option", `estimator is ${String(estimator)}; it must be "biased" or "unbiased"`);
  }
  let a = dense(x, "X");
  let b = dense(y, "Y");
  if (a.rows !== b.rows) {
    throw new MetricsError("dimension-mismatch", `X has ${a.rows} rows, Y has ${b.rows}; rows are paired samples`);
  }
  // HSIC does not change, but far from the origin the sums would cancel
  if (kernelX.kind === "linear") a = columnCentred(a);
  if (kernelY.kind === "linear") b = columnCentred(b);
  const n = a.rows;
  const rowsX = kernelRows(a, kernelX, "X");
  const rowsY = kernelRows(b, kernelY, "Y");
  const sumX = new Float64Array(n);
  const sumY = new Float64Array(n);
  const k = new Float64Array(n);
  const l = new Float64Array(n);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  let diagonalXy = 0;
  let diagonalXx = 0;
  let diagonalYy = 0;
  const diagonalX = new Float64Array(n);
  const diagonalY = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rowsX(i, k, true);
    rowsY(i, l, true);
    const kii = k[i] as number;
    const lii = l[i] as number;
    diagonalX[i] = kii;
    diagonalY[i] = lii;
    diagonalXy += kii * lii;
    diagonalXx += kii * kii;
    diagonalYy += lii * lii;
    let ownX = 0;
    let ownY = 0;
    let rowXy = 0;
    let rowXx = 0;
    let rowYy = 0;
    for (let j = i + 1; j < n; j++) {
      const kij = k[j] as number;
      const lij = l[j] as number;
      rowXy += kij * lij;
      rowXx += kij * kij;
      rowYy += lij * lij;
      ownX += kij;
      ownY += lij;
      sumX[j] = (sumX[j] as number) + kij;
      sumY[j] = (sumY[j] as number) + lij;
    }
    sumX[i] = (sumX[i] as number) + ownX;
    sumY[i] = (sumY[i] as number) + ownY;
    xy += 2 * rowXy;
    xx += 2 * rowXx;
    yy += 2 * rowYy;
  }
  const cross = { xy, xx, yy };
  const rows = { xy: 0, xx: 0, yy: 0 };
  const full = { xy: 0, xx: 0, yy: 0 };
  let totalX = 0;
  let totalY = 0;
  let fullX = 0;
  let fullY = 0;
  for (let i = 0; i < n; i++) {
    const u = sumX[i] as number;
    const v = sumY[i] as number;
    totalX += u;
    totalY += v;
    rows.xy += u * v;
    rows.xx += u * u;
    rows.yy += v * v;
    const uu = u + (diagonalX[i] as number);
    const vv = v + (diagonalY[i] as number);
    fullX += uu;
    fullY += vv;
    full.xy += uu * vv;
    full.xx += uu * uu;
    full.yy += vv * vv;
  }
  const biased = (sum: number, a1: number, b1: number, r: number): number =>
    Math.max(0, sum / n / n + ((a1 / n / n) * b1) / n / n - (2 * r) / n / n / n);
  return {
    n,
    cross,
    rows,
    totalX,
    totalY,
    biased: {
      xy: biased(xy + diagonalXy, fullX, fullY, full.xy),
      xx: biased(xx + diagonalXx, fullX, fullX, full.xx),
      yy: biased(yy + diagonalYy, fullY, fullY, full.yy),
    },
  };
}
