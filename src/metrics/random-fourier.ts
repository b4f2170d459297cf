import { MetricsError, positiveInteger } from "./error.js";
import { medianBandwidth } from "./kernels.js";
import {
  columnCentred,
  type DenseMatrix,
  dense,
  inner,
  type Matrix,
  type MatrixLike,
  timesTransposed,
  transposedTimes,
} from "./matrix.js";
import { type RandomGenerator, standardNormal, uniform } from "./random.js";

export interface RandomFourierOptions {
  readonly generator: RandomGenerator;
  /** Random features D; the error falls as 1/√D. Default 512. */
  readonly features?: number;
  readonly sigma: number | "median";
}

/**
 * Random Fourier features φ(x) = √(2/D) cos(ωᵀx + b), ω ~ N(0, 1/σ²), b ~ U[0, 2π): ⟨φ(x), φ(y)⟩ ≈ exp(−‖x − y‖²/(2σ²)).
 * `[n, D]` from `[n, p]`. Source: Rahimi and Recht 2007.
 *
 * @throws MetricsError `bad-option`, `not-finite`
 */
export function randomFourierFeatures(x: MatrixLike, options: RandomFourierOptions): Matrix {
  const a = dense(x, "X");
  const features = options.features ?? 512;
  positiveInteger(features, "features");
  const sigma = options.sigma === "median" ? medianBandwidth(a, "X") : options.sigma;
  if (!(sigma > 0 && Number.isFinite(sigma))) {
    throw new MetricsError("bad-option", `sigma is ${sigma}; it must be a number above 0`);
  }
  const omega: DenseMatrix = { data: new Float64Array(features * a.columns), rows: features, columns: a.columns };
  for (let i = 0; i < omega.data.length; i++) omega.data[i] = standardNormal(options.generator) / sigma;
  const phases = Float64Array.from({ length: features }, () => 2 * Math.PI * uniform(options.generator));
  const out = timesTransposed(a, omega);
  const scale = Math.sqrt(2 / features);
  for (let i = 0, o = 0; i < a.rows; i++) {
    for (let j = 0; j < features; j++, o++)
      out.data[o] = scale * Math.cos((out.data[o] as number) + (phases[j] as number));
  }
  return out;
}

/**
 * Approximate biased RBF HSIC in O(n·D·(p + D)): ‖Φ(X)ᵀ H Φ(Y)‖²/n². Linear in n where the exact one is quadratic.
 * Range and sense as `hsic`.
 */
export function randomFourierHsic(x: MatrixLike, y: MatrixLike, options: RandomFourierOptions): number {
  const phi = columnCentred(dense(randomFourierFeatures(x, options), "features of X"));
  const psi = dense(randomFourierFeatures(y, options), "features of Y");
  if (phi.rows !== psi.rows) {
    throw new MetricsError("dimension-mismatch", `X has ${phi.rows} rows, Y has ${psi.rows}; rows are paired samples`);
  }
  const product = transposedTimes(phi, psi);
  return inner(product, product) / phi.rows / phi.rows;
}
