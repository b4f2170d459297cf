/** Is the dependence that HSIC measures more than chance? Permutation and gamma p-values. */
import { gammaUpperTail } from "./distributions.js";
import { MetricsError, positiveInteger } from "./error.js";
import { biasedOf, estimatorOf, type HsicOptions, pairedKernels, unbiasedOf } from "./hsic.js";
import { total } from "./intervals.js";
import type { Kernel, KernelRows } from "./kernels.js";
import type { MatrixLike } from "./matrix.js";
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
  positiveInteger(permutations, "permutations");
  const biased = estimatorOf(options) === "biased";
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  if (n < 4) throw new MetricsError("too-few", `a permutation test of HSIC needs at least 4 rows, there are ${n}`);
  const k = fullKernel(rowsX, n, biased);
  const l = fullKernel(rowsY, n, biased);
  const sumK = rowSums(k, n);
  const sumL = rowSums(l, n);
  const totalK = total(sumK);
  const totalL = total(sumL);
  const order = Int32Array.from(sumK, (_, i) => i);
  return permutationTest(order, permutations, options.generator, () => {
    let cross = 0;
    let rows = 0;
    for (let i = 0; i < n; i++) {
      const at = (order[i] as number) * n;
      let own = 0;
      for (let j = 0; j < i; j++) own += (k[i * n + j] as number) * (l[at + (order[j] as number)] as number);
      cross += 2 * own + (k[i * n + i] as number) * (l[at + (order[i] as number)] as number);
      rows += (sumK[i] as number) * (sumL[order[i] as number] as number);
    }
    return (biased ? biasedOf : unbiasedOf)(n, cross, rows, totalK, totalL);
  });
}

/** p = (1 + #{h_π ≥ h})/(1 + permutations) of a value that depends on `order`, which is shuffled in place. */
export function permutationTest(
  order: Int32Array,
  permutations: number,
  generator: RandomGenerator,
  value: () => number,
): IndependenceTest {
  const statistic = value();
  let hits = 0;
  for (let b = 0; b < permutations; b++) {
    shuffle(order, generator);
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
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  if (n < 6) throw new MetricsError("too-few", `the gamma approximation needs at least 6 rows, there are ${n}`);
  const k = fullKernel(rowsX, n, true);
  const l = fullKernel(rowsY, n, true);
  const meanK = rowSums(k, n).map((sum) => sum / n);
  const meanL = rowSums(l, n).map((sum) => sum / n);
  const allK = total(meanK) / n;
  const allL = total(meanL) / n;
  let statistic = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const product =
        ((k[i * n + j] as number) - (meanK[i] as number) - (meanK[j] as number) + allK) *
        ((l[i * n + j] as number) - (meanL[i] as number) - (meanL[j] as number) + allL);
      statistic += product;
      if (i !== j) squares += product * product;
    }
  }
  // (1 − μx)(1 − μy)/n, with 1 − μ = diagonal − mean off-diagonal, which no constant in the kernel changes
  const mean =
    (((k[0] as number) - (allK * n - (k[0] as number)) / (n - 1)) *
      ((l[0] as number) - (allL * n - (l[0] as number)) / (n - 1))) /
    n;
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

function fullKernel(rows: KernelRows, n: number, diagonal: boolean): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    rows(i, out.subarray(i * n, (i + 1) * n), false);
    if (!diagonal) out[i * n + i] = 0;
  }
  return out;
}

function rowSums(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let o = 0; o < n * n; o++) out[Math.floor(o / n)] = (out[Math.floor(o / n)] as number) + (matrix[o] as number);
  return out;
}
