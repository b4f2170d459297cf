/** Is the dependence that HSIC measures more than chance? Permutation and gamma p-values. */
import { gammaUpperTail } from "./distributions.js";
import { MetricsError } from "./error.js";
import type { HsicOptions } from "./hsic.js";
import { type Kernel, type KernelRows, kernelRows } from "./kernels.js";
import { columnCentred, type DenseMatrix, dense, type MatrixLike } from "./matrix.js";
import { type RandomGenerator, shuffle } from "./random.js";

export interface IndependenceTest {
  /** HSIC of the pairing as given. */
  readonly statistic: number;
  /** Probability under independence of at least this much, in (0, 1]. */
  readonly p: number;
  readonly method: "permutation" | "gamma";
}

export interface IndependenceOptions extends HsicOptions {
  readonly generator: RandomGenerator;
  /** Random pairings; default 999. The smallest p is 1/(1 + permutations). */
  readonly permutations?: number;
}

/**
 * Permutation test: rows of Y are paired with rows of X at random, p = (1 + #{h_π ≥ h})/(1 + permutations). Exact level for every
 * n. Holds both kernel matrices: O(n²) memory, O(n²) a permutation. Source: Gretton et al. 2007.
 *
 * @throws MetricsError as `hsic`
 */
export function hsicPermutationTest(x: MatrixLike, y: MatrixLike, options: IndependenceOptions): IndependenceTest {
  const permutations = options.permutations ?? 999;
  if (!(Number.isInteger(permutations) && permutations > 0)) {
    throw new MetricsError("bad-option", `permutations is ${permutations}; it must be a positive integer`);
  }
  const estimator = options.estimator ?? "unbiased";
  const [a, b] = samples(x, y, options);
  const n = a.rows;
  if (n < 4) throw new MetricsError("too-few", `a permutation test of HSIC needs at least 4 rows, there are ${n}`);
  const kernelX = options.kernel ?? { kind: "linear" };
  const k = fullKernel(kernelRows(a, kernelX, "X"), n);
  const l = fullKernel(kernelRows(b, options.kernelY ?? kernelX, "Y"), n);
  if (estimator === "unbiased") {
    for (let i = 0; i < n; i++) {
      k[i * n + i] = 0;
      l[i * n + i] = 0;
    }
  }
  const sumK = rowSums(k, n);
  const sumL = rowSums(l, n);
  const totalK = sumK.reduce((s, v) => s + v, 0);
  const totalL = sumL.reduce((s, v) => s + v, 0);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const value = (): number => {
    let cross = 0;
    let rows = 0;
    for (let i = 0; i < n; i++) {
      const at = (order[i] as number) * n;
      let own = 0;
      for (let j = 0; j < i; j++) own += (k[i * n + j] as number) * (l[at + (order[j] as number)] as number);
      cross += 2 * own + (k[i * n + i] as number) * (l[at + (order[i] as number)] as number);
      rows += (sumK[i] as number) * (sumL[order[i] as number] as number);
    }
    return estimator === "unbiased"
      ? (cross + (totalK * totalL) / ((n - 1) * (n - 2)) - (2 * rows) / (n - 2)) / (n * (n - 3))
      : cross / n / n + ((totalK / n / n) * totalL) / n / n - (2 * rows) / n / n / n;
  };
  const statistic = value();
  let hits = 0;
  for (let b0 = 0; b0 < permutations; b0++) {
    shuffle(order, options.generator);
    if (value() >= statistic - 1e-12 * Math.abs(statistic)) hits++;
  }
  return { statistic, p: (1 + hits) / (1 + permutations), method: "permutation" };
}

/**
 * Gamma p-value for RBF kernels: n·HSIC_b under independence is near a gamma distribution whose mean and variance are matched.
 * Fast, no draws, but only asymptotic: `warning` is set for n < 50, where the permutation test should be used.
 * Source: Gretton et al. 2007, eq. 9.
 *
 * @throws MetricsError `too-few` for n < 6, `bad-option` for a linear kernel (its diagonal is not 1)
 */
export function hsicGammaTest(
  x: MatrixLike,
  y: MatrixLike,
  options: { readonly kernel: Kernel; readonly kernelY?: Kernel },
): IndependenceTest & { readonly warning: "small-sample" | null } {
  const kernelY = options.kernelY ?? options.kernel;
  if (options.kernel.kind !== "rbf" || kernelY.kind !== "rbf") {
    throw new MetricsError(
      "bad-option",
      "the gamma approximation holds for RBF kernels; use hsicPermutationTest for linear ones",
    );
  }
  const [a, b] = samples(x, y, options);
  const n = a.rows;
  if (n < 6) throw new MetricsError("too-few", `the gamma approximation needs at least 6 rows, there are ${n}`);
  const rowsX = kernelRows(a, options.kernel, "X");
  const rowsY = kernelRows(b, kernelY, "Y");
  const k = new Float64Array(n);
  const l = new Float64Array(n);
  const meanK = new Float64Array(n);
  const meanL = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rowsX(i, k, false);
    rowsY(i, l, false);
    for (let j = 0; j < n; j++) {
      meanK[i] = (meanK[i] as number) + (k[j] as number) / n;
      meanL[i] = (meanL[i] as number) + (l[j] as number) / n;
    }
  }
  const allK = meanK.reduce((s, v) => s + v, 0) / n;
  const allL = meanL.reduce((s, v) => s + v, 0) / n;
  // the diagonal: 1, or 0 where the kernel came without its constant
  rowsX(0, k, true);
  rowsY(0, l, true);
  const selfK = k[0] as number;
  const selfL = l[0] as number;
  let statistic = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    rowsX(i, k, false);
    rowsY(i, l, false);
    for (let j = 0; j < n; j++) {
      const product =
        ((k[j] as number) - (meanK[i] as number) - (meanK[j] as number) + allK) *
        ((l[j] as number) - (meanL[i] as number) - (meanL[j] as number) + allL);
      statistic += product;
      if (i !== j) squares += product * product;
    }
  }
  const muX = (allK * n - selfK) / (n - 1) + 1 - selfK;
  const muY = (allL * n - selfL) / (n - 1) + 1 - selfL;
  const mean = (1 + muX * muY - muX - muY) / n;
  const variance = ((squares / 36 / (n * (n - 1))) * 72 * (n - 4) * (n - 5)) / (n * (n - 1) * (n - 2) * (n - 3));
  if (!(mean > 0 && variance > 0)) {
    throw new MetricsError("undefined-value", "the gamma approximation has no value: X or Y has constant rows");
  }
  const shape = (mean * mean) / variance;
  const scale = (n * variance) / mean;
  return {
    statistic: statistic / n / n,
    p: Math.max(Number.MIN_VALUE, gammaUpperTail(shape, statistic / n / scale)),
    method: "gamma",
    warning: n < 50 ? "small-sample" : null,
  };
}

function samples(x: MatrixLike, y: MatrixLike, options: HsicOptions): [DenseMatrix, DenseMatrix] {
  const a = dense(x, "X");
  const b = dense(y, "Y");
  if (a.rows !== b.rows) {
    throw new MetricsError("dimension-mismatch", `X has ${a.rows} rows, Y has ${b.rows}; rows are paired samples`);
  }
  const linear = (kernel: Kernel | undefined): boolean => (kernel ?? { kind: "linear" }).kind === "linear";
  return [
    linear(options.kernel) ? columnCentred(a) : a,
    linear(options.kernelY ?? options.kernel) ? columnCentred(b) : b,
  ];
}

function fullKernel(rows: KernelRows, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) rows(i, out.subarray(i * n, (i + 1) * n), false);
  return out;
}

function rowSums(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i] = (out[i] as number) + (matrix[i * n + j] as number);
  return out;
}
