/** Kernels between the rows of a matrix, produced on demand, row by row, so that HSIC needs no n × n matrix. */
import { MetricsError } from "./error.js";
import { columnCentred, type DenseMatrix, dense, type MatrixLike } from "./matrix.js";

/**
 * `linear`: ⟨x, y⟩. `rbf`: exp(−‖x − y‖²/(2σ²)), with σ given or by the median heuristic,
 * σ = √(median_{i<j} ‖xᵢ − xⱼ‖²/2), so that a typical off-diagonal entry is e⁻¹ (Gretton's code; the other convention in
 * use, σ² = median, gives e^(−1/2)).
 */
export type Kernel = { readonly kind: "linear" } | { readonly kind: "rbf"; readonly sigma: number | "median" };

/** Fills `out[0 … n−1]` with the kernel, up to one constant, between row `i` and rows 0 … n − 1 (from `i` on only, where `upper`). */
export type KernelRows = (i: number, out: Float64Array, upper: boolean) => void;

/** Median-heuristic bandwidth of the rows, n ≥ 2. Throws `undefined-value` where at least half of the rows' pairs coincide. */
export function medianBandwidth(rows: MatrixLike, what = "rows"): number {
  const x = dense(rows, what);
  const n = x.rows;
  if (n < 2) throw new MetricsError("too-few", `${what}: the median heuristic needs at least 2 rows`);
  const distances = new Float64Array((n * (n - 1)) / 2);
  const row = new Float64Array(n);
  for (let i = 0, o = 0; i < n - 1; i++) {
    squaredDistances(x, i, row, true);
    for (let j = i + 1; j < n; j++) distances[o++] = row[j] as number;
  }
  distances.sort();
  const m = distances.length;
  const median = ((distances[(m - 1) >> 1] as number) + (distances[m >> 1] as number)) / 2;
  if (median === 0) {
    throw new MetricsError(
      "undefined-value",
      `${what}: most rows coincide, so the median distance is 0; give sigma yourself`,
    );
  }
  return Math.sqrt(median / 2);
}

/** @throws MetricsError `bad-option` unless sigma is above 0 */
export function kernelRows(x: DenseMatrix, kernel: Kernel, what: string): KernelRows {
  if (kernel.kind === "linear") {
    // HSIC does not change, but far from the origin its sums would cancel
    const centred = columnCentred(x);
    return (i, out, upper) => innerProducts(centred, i, out, upper);
  }
  const sigma = kernel.sigma === "median" ? medianBandwidth(x, what) : kernel.sigma;
  if (!(sigma > 0 && Number.isFinite(sigma))) {
    throw new MetricsError("bad-option", `sigma of ${what} is ${sigma}; it must be a number above 0`);
  }
  const factor = -1 / (2 * sigma * sigma);
  // A constant added to a kernel changes no HSIC. Where all entries are near 1 it is taken off, or only rounding would be left.
  const wide = factor * reach(x) > -1e-3;
  return (i, out, upper) => {
    squaredDistances(x, i, out, upper);
    if (wide) for (let j = upper ? i : 0; j < x.rows; j++) out[j] = Math.expm1(factor * (out[j] as number));
    else for (let j = upper ? i : 0; j < x.rows; j++) out[j] = Math.exp(factor * (out[j] as number));
  };
}

/** An upper bound of the squared distances between rows. */
function reach(x: DenseMatrix): number {
  const row = new Float64Array(x.rows);
  squaredDistances(x, 0, row, false);
  return 4 * row.reduce((most, square) => Math.max(most, square));
}

function innerProducts(x: DenseMatrix, i: number, out: Float64Array, upper: boolean): void {
  const { data, rows, columns } = x;
  for (let j = upper ? i : 0; j < rows; j++) {
    let sum = 0;
    for (let k = 0, a = i * columns, b = j * columns; k < columns; k++)
      sum += (data[a++] as number) * (data[b++] as number);
    out[j] = sum;
  }
}

function squaredDistances(x: DenseMatrix, i: number, out: Float64Array, upper: boolean): void {
  const { data, rows, columns } = x;
  for (let j = upper ? i : 0; j < rows; j++) {
    let sum = 0;
    for (let k = 0, a = i * columns, b = j * columns; k < columns; k++) {
      const difference = (data[a++] as number) - (data[b++] as number);
      sum += difference * difference;
    }
    out[j] = sum;
  }
}
