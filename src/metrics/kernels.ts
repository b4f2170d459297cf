/** Kernels between the rows of a matrix, produced on demand, row by row, so that HSIC needs no n × n matrix. */
import { fail, mustLieWithin, mustReach } from "./error.js";
import { columnCentred, type DenseMatrix, dense, type MatrixLike, rowProducts } from "./matrix.js";

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
  for (let i = 0, o = 0; i < n - 1; i++) {
    squaredDistances(x, i, row);
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
  if (kernel.kind === "linear") {
    // HSIC does not change, but far from the origin its sums would cancel
    const centred = columnCentred(x);
    return (i, out) => rowProducts(centred, i, centred, i, out, 0);
  }
  const sigma = bandwidth(kernel.sigma, x, what);
  const factor = -1 / (2 * sigma * sigma);
  // A constant added to a kernel changes no HSIC. Where all entries are near 1 it is taken off, or only rounding would be left.
  const wide = factor * reach(x) > -1e-3;
  return (i, out) => {
    squaredDistances(x, i, out);
    if (wide) for (let j = i; j < x.rows; j++) out[j] = Math.expm1(factor * (out[j] as number));
    else exponentials(out, i, x.rows, factor);
  };
}

/** An upper bound of the squared distances between rows. */
function reach(x: DenseMatrix): number {
  const row = new Float64Array(x.rows);
  squaredDistances(x, 0, row);
  return 4 * row.reduce((most, square) => Math.max(most, square));
}

/** out[j] = ‖xᵢ − xⱼ‖² for j ≥ i. */
function squaredDistances({ data, rows, columns: n }: DenseMatrix, i: number, out: Float64Array): void {
  let j = i;
  // four at a time: each sum waits for its last addition
  for (; j + 4 <= rows; j += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = 0, a = i * n, b = j * n; k < n; k++, a++, b++) {
      const y = data[a] as number;
      const d0 = y - (data[b] as number);
      const d1 = y - (data[b + n] as number);
      const d2 = y - (data[b + 2 * n] as number);
      const d3 = y - (data[b + 3 * n] as number);
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    out[j] = s0;
    out[j + 1] = s1;
    out[j + 2] = s2;
    out[j + 3] = s3;
  }
  for (; j < rows; j++) {
    let sum = 0;
    for (let k = 0, a = i * n, b = j * n; k < n; k++) {
      const difference = (data[a++] as number) - (data[b++] as number);
      sum += difference * difference;
    }
    out[j] = sum;
  }
}

const STEPS = 64;
/** 2^(j/64). */
let roots: Float64Array | undefined;
/** 2^(−j). */
let halves: Float64Array | undefined;

/**
 * values[j] ← exp(factor·values[j]) for factor·values[j] ≤ 0, to about one unit in the last place: several times quicker than as
 * many calls of Math.exp. x = −k·ln 2/64 + r, and exp r by its series.
 */
function exponentials(values: Float64Array, from: number, to: number, factor: number): void {
  roots ??= Float64Array.from({ length: STEPS }, (_, j) => 2 ** (j / STEPS));
  halves ??= Float64Array.from({ length: 1100 }, (_, j) => 2 ** -j);
  const high = 0.010830424493178725; // ln 2/64 in two parts: k times the first is exact
  const low = 2.030704202170295e-10;
  for (let j = from; j < to; j++) {
    const x = factor * (values[j] as number);
    const k = (0.5 - x * 92.33248261689366) | 0;
    const r = x + k * high + k * low;
    const series = r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120)))));
    // −k = 64·(−whole) + part
    const whole = (k + STEPS - 1) >> 6;
    const root = roots[STEPS * whole - k] as number;
    values[j] = x < -745 ? 0 : (root + root * series) * (halves[whole] as number);
  }
}
