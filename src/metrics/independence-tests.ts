/** Is the dependence that HSIC measures more than chance? Permutation and gamma p-values. */
import { gammaUpperTail } from "./distributions.js";
import { fail, mustReach, positiveInteger } from "./error.js";
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
  const { permutations = 999 } = options;
  const biased = estimatorOf(options) === "biased";
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  mustReach(n, 4, "rows");
  const k = fullKernel(rowsX, n, biased);
  const l = fullKernel(rowsY, n, biased);
  const totalK = total(k.sums);
  const totalL = total(l.sums);
  const order = Int32Array.from(k.sums, (_, i) => i);
  return permutationTest(order, permutations, options.generator, () => {
    let cross = 0;
    let rows = 0;
    for (let i = 0; i < n; i++) {
      const from = order[i] as number;
      let own = 0;
      for (let j = 0; j < i; j++)
        own += (k.full[i * n + j] as number) * (l.full[from * n + (order[j] as number)] as number);
      cross += 2 * own + (k.full[i * n + i] as number) * (l.full[from * n + from] as number);
      rows += (k.sums[i] as number) * (l.sums[from] as number);
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
  positiveInteger(permutations, "permutations");
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
  const { kernel, kernelY = kernel } = options;
  if (kernel.kind !== "rbf" || kernelY.kind !== "rbf") {
    fail("bad-option", "the gamma approximation holds for RBF kernels; use hsicPermutationTest for linear ones");
  }
  const [rowsX, rowsY, n] = pairedKernels(x, y, options);
  mustReach(n, 6, "rows for the gamma approximation");
  const k = centredKernel(rowsX, n);
  const l = centredKernel(rowsY, n);
  const statistic = total(k.centred.map((x, o) => x * (l.centred[o] as number)));
  const squares = total(k.centred.map((x, o) => (o % (n + 1) === 0 ? 0 : (x * (l.centred[o] as number)) ** 2)));
  const mean = (k.contrast * l.contrast) / n;
  const variance = ((squares / 36 / (n * (n - 1))) * 72 * (n - 4) * (n - 5)) / (n * (n - 1) * (n - 2) * (n - 3));
  if (!(mean > 0 && variance > 0))
    fail("undefined-value", "the gamma approximation has no value: X or Y has constant rows");
  return {
    statistic: statistic / n / n,
    // shape mean²/variance, scale n·variance/mean
    p: Math.max(Number.MIN_VALUE, gammaUpperTail((mean * mean) / variance, statistic / n / ((n * variance) / mean))),
    method: "gamma",
    warning: n < 50 ? "small-sample" : null,
  };
}

/** HKH, and 1 − μ = diagonal − mean off-diagonal, which no constant in the kernel changes. */
function centredKernel(rows: KernelRows, n: number): { centred: Float64Array; contrast: number } {
  const { full, sums } = fullKernel(rows, n, true);
  const all = total(sums);
  const diagonal = full[0] as number;
  return {
    centred: full.map((x, o) => x - ((sums[Math.floor(o / n)] as number) + (sums[o % n] as number)) / n + all / n / n),
    contrast: diagonal - (all / n - diagonal) / (n - 1),
  };
}

/** The whole kernel, with a diagonal of 0 unless asked for, and the sums of its rows. */
function fullKernel(rows: KernelRows, n: number, diagonal: boolean): { full: Float64Array; sums: Float64Array } {
  const full = new Float64Array(n * n);
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    rows(i, row);
    for (let j = diagonal ? i : i + 1; j < n; j++) full[i * n + j] = full[j * n + i] = row[j] as number;
  }
  return { full, sums: row.map((_, i) => total(full.subarray(i * n, (i + 1) * n))) };
}
