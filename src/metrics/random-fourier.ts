import { mustEqual, positiveInteger } from "./error.js";
import { bandwidth } from "./kernels.js";
import {
  columnCentred,
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
  const { features = 512, generator } = options;
  positiveInteger(features, "features");
  const sigma = bandwidth(options.sigma, a, "X");
  const omega = {
    data: Float64Array.from({ length: features * a.columns }, () => standardNormal(generator) / sigma),
    rows: features,
    columns: a.columns,
  };
  const phases = Float64Array.from({ length: features }, () => 2 * Math.PI * uniform(generator));
  const { data, rows, columns } = timesTransposed(a, omega);
  const scale = Math.sqrt(2 / features);
  return { data: data.map((x, o) => scale * Math.cos(x + (phases[o % features] as number))), rows, columns };
}

/**
 * Approximate biased RBF HSIC in O(n·D·(p + D)): ‖Φ(X)ᵀ H Φ(Y)‖²/n². Linear in n where the exact one is quadratic.
 * Range and sense as `hsic`.
 */
export function randomFourierHsic(x: MatrixLike, y: MatrixLike, options: RandomFourierOptions): number {
  const phi = columnCentred(dense(randomFourierFeatures(x, options), "features of X"));
  const psi = dense(randomFourierFeatures(y, options), "features of Y");
  mustEqual(psi.rows, phi.rows, "rows of Y");
  const product = transposedTimes(phi, psi);
  return inner(product, product) / phi.rows / phi.rows;
}
