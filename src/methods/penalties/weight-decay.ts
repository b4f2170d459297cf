/**
 * `weight-decay`: the control for `a-rows`. Σ_modules c/2·‖A2 − mean row‖², which knows nothing of A1; c is matched so that at
 * the start the pull along A2 − mean row is what `a-rows` gives: c = ⟨∇HSIC, A2c⟩ / ‖A2c‖² at the initial A2 and the frozen A1.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../engine/index.js";
import { float32 } from "../../engine/index.js";
import type { Penalty } from "../penalty.js";
import { A_ROWS_WIDTH } from "./a-rows.js";
import type { Matrix } from "./module-groups.js";
import { at, centreColumns, groupsOf, hostModule, inner, product, stackGroup } from "./module-groups.js";
import { hostCentredKernel, hostSquaredDistances } from "./rbf.js";

export const weightDecay: Penalty = {
  startsAfter: 0,

  freeze(modules, frozen, initial) {
    const tensors: Record<string, HostTensor> = {};
    for (const group of groupsOf(modules)) {
      const coefficients = group.modules.map((name) => {
        const { a } = hostModule(initial, name);
        return frozen.reduce((sum, adapter) => sum + matchedCoefficient(a, hostModule(adapter, name).a), 0);
      });
      tensors[group.key] = float32([group.modules.length, 1, 1], coefficients);
    }
    return tensors;
  },

  value(modules, trainable, frozen) {
    const terms = groupsOf(modules).map((group) => {
      const coefficient = frozen[group.key];
      if (coefficient === undefined) throw new Error(`weight-decay: no coefficients of ${group.key}`);
      const { a } = stackGroup(group, trainable);
      return tf.sum(tf.mul(tf.square(tf.sub(a, tf.mean(a, 1, true))), tf.mul(coefficient, 0.5)));
    });
    return tf.addN(terms);
  },

  flops(modules) {
    return modules.reduce((sum, { inner, rank }) => sum + 8 * rank * inner, 0);
  },
};

/** Projection of the `a-rows` gradient on A2 − mean row, per unit of it. */
function matchedCoefficient(a2: Matrix, a1: Matrix): number {
  const centred = centreColumns(a2);
  const gradient = aRowsGradient(a2, a1);
  return inner(gradient, centred) / inner(centred, centred);
}

/** ∂HSIC/∂A2 = −(4/width)·(diag(W·1) − W)·A2 with W = (H K1 H ∘ K2)/r² (METHODS §4.2, 12: there W is W + Wᵀ). */
export function aRowsGradient(a2: Matrix, a1: Matrix): Matrix {
  const r = a2.rows;
  const centred1 = hostCentredKernel(hostSquaredDistances(product(a1, a1, true)), A_ROWS_WIDTH);
  const distances2 = hostSquaredDistances(product(a2, a2, true));
  const w = centred1.data.map((value, i) => (value * Math.exp(-(distances2.data[i] ?? 0) / A_ROWS_WIDTH)) / (r * r));
  const laplacian = { rows: r, columns: r, data: w.map((value) => -value) };
  for (let i = 0; i < r; i++) {
    let sum = 0;
    for (let j = 0; j < r; j++) sum += at({ rows: r, columns: r, data: w }, i, j);
    laplacian.data[i * r + i] = sum - (w[i * r + i] ?? 0);
  }
  const gradient = product(laplacian, a2);
  return { ...gradient, data: gradient.data.map((value) => (-4 / A_ROWS_WIDTH) * value) };
}
