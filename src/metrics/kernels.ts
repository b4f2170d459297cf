/** Kernels between the rows of a matrix, produced on demand, row by row, so that HSIC needs no n × n matrix. */
import { fail, mustBeOneOf, mustLieWithin, mustReach } from "./error.js";
import { columnCentred, type DenseMatrix, dense, type MatrixLike, rowProducts } from "./matrix.js";
import { simdRows } from "./simd-rows.js";

/**
 * `linear`: ⟨x, y⟩. `rbf`: exp(−‖x − y‖²/(2σ²)), with σ given or by the median heuristic,
 * σ = √(median_{i<j} ‖xᵢ − xⱼ‖²/2), so that a typical off-diagonal entry is e⁻¹ (Gretton's code; the other convention in
 * use, σ² = median, gives e^(−1/2)).
 */
export type Kernel = { readonly kind: "linear" } | { readonly kind: "rbf"; readonly sigma: number | "median" };

/** Fills `out[i … n−1]` with the kernel, up to one constant, between row `i` and rows i … n − 1. */
export type KernelRows = (i: number, out: Float64Array) => void;

/** Median-heuristic bandwidth of the rows, n ≥ 2. Throws `undefined-value` where at least half of the rows' pairs coincide. */
export function medianBandwidth(rows: MatrixLike, what = "rows"): number {
  const x = dense(rows, what);
  const n = x.rows;
  mustReach(n, 2, `rows of ${what}`);
  const distances = new Float64Array((n * (n - 1)) / 2);
  const row = new Float64Array(n);
  const fill = vectorised(x) ?? ((i, out) => squaredDistances(x, i, out));
  for (let i = 0, o = 0; i < n - 1; i++) {
    fill(i, row);
    for (let j = i + 1; j < n; j++) distances[o++] = row[j] as number;
  }
  distances.sort();
  const m = distances.length;
  const median = ((distances[(m - 1) >> 1] as number) + (distances[m >> 1] as number)) / 2;
  if (median === 0) fail("undefined-value", `sigma of ${what} has no value: most rows coincide; give it yourself`);
  return Math.sqrt(median / 2);
}

/** The number that sigma stands for. @throws MetricsError `bad-option` unless above 0 */
export function bandwidth(sigma: number | "median", x: DenseMatrix, what: string): number {
  const value = sigma === "median" ? medianBandwidth(x, what) : sigma;
  mustLieWithin(value, 0, Number.POSITIVE_INFINITY, `sigma of ${what}`);
  return value;
}

/** @throws MetricsError `bad-option` unless sigma is above 0 */
export function kernelRows(x: DenseMatrix, kernel: Kernel, what: string): KernelRows {
  mustBeOneOf(kernel.kind, ["linear", "rbf"], "kind of kernel");
  if (kernel.kind === "linear") {
    // HSIC does not change, but far from the origin its sums would cancel
    const centred = columnCentred(x);
    return (i, out) => rowProducts(centred, i, centred, i, out, 0);
  }
  const sigma = bandwidth(kernel.sigma, x, what);
  // finite, so that a distance of 0 keeps its 1 under the narrowest kernel
  const factor = -Math.min(Number.MAX_VALUE, 0.5 / sigma / sigma);
  // A constant added to a kernel changes no HSIC. Where all entries are near 1 it is taken off, or only rounding would be left.
  const wide = factor * reach(x) > -1e-3;
  const fast = wide ? undefined : vectorised(x, factor);
  if (fast !== undefined) return fast;
  const exponential = wide ? Math.expm1 : Math.exp;
  return (i, out) => {
    squaredDistances(x, i, out);
    for (let j = i; j < x.rows; j++) out[j] = exponential(factor * (out[j] as number));
  };
}

/** For few numbers, setting it up costs more than it saves. */
function vectorised(x: DenseMatrix, factor?: number): KernelRows | undefined {
  return x.rows * x.data.length < 20_000 ? undefined : simdRows(x, factor);
}

/** An upper bound of the squared distances between rows. */
function reach(x: DenseMatrix): number {
  const row = new Float64Array(x.rows);
  squaredDistances(x, 0, row);
  return 4 * row.reduce((most, square) => Math.max(most, square));
}

/** out[j] = ‖xᵢ − xⱼ‖² for j ≥ i. */
function squaredDistances({ data, rows, columns: n }: DenseMatrix, i: number, out: Float64Array): void {
  for (let j = i; j < rows; j++) {
    let sum = 0;
    for (let k = 0, a = i * n, b = j * n; k < n; k++) {
      const difference = (data[a++] as number) - (data[b++] as number);
      sum += difference * difference;
    }
    out[j] = sum;
  }
}
