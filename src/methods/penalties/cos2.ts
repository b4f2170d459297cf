/**
 * `cos2`: squared Frobenius cosine of two value vectors (first-order orthogonality). Mean over modules and frozen vectors.
 * ⟨dW1, dW2⟩ = Σ (B1ᵀB2) ∘ (A1A2ᵀ), so delta-W is not formed (METHODS §4.4). ‖dW2‖² + 1e-4·‖dW1‖² stands for ‖dW2‖²:
 * it is zero at the start.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../engine/index.js";
import type { Penalty } from "../penalty.js";
import { groupsOf, hostModule, inner, product, stackGroup, stackMatrices, transpose } from "./module-groups.js";

const EPSILON = 1e-4;

export const cos2: Penalty = {
  startsAfter: 0.01,

  // Frozen vectors are scaled to norm 1.
  freeze(modules, frozen) {
    const tensors: Record<string, HostTensor> = {};
    for (const group of groupsOf(modules)) {
      frozen.forEach((adapter, j) => {
        const pairs = group.modules.map((name) => {
          const { a, b } = hostModule(adapter, name);
          const norm = Math.sqrt(inner(product(transpose(b), b), product(a, a, true)));
          return { a, b: { ...b, data: b.data.map((value) => (norm > 0 ? value / norm : 0)) } };
        });
        tensors[`${group.key}.a.${j}`] = stackMatrices(pairs.map(({ a }) => a));
        tensors[`${group.key}.b.${j}`] = stackMatrices(pairs.map(({ b }) => b));
      });
    }
    return tensors;
  },

  value(modules, trainable, frozen) {
    const terms: tf.Tensor[] = [];
    let count = 0;
    for (const group of groupsOf(modules)) {
      const { a, b } = stackGroup(group, trainable);
      const bb = tf.matMul(b, b, true, false);
      const aa = tf.matMul(a, a, false, true);
      const norm2 = tf.add(tf.sum(tf.mul(bb, aa), [1, 2]), EPSILON);
      for (count = 0; `${group.key}.a.${count}` in frozen; count++) {
        const a1 = frozen[`${group.key}.a.${count}`];
        const b1 = frozen[`${group.key}.b.${count}`];
        if (a1 === undefined || b1 === undefined) throw new Error(`cos2: no frozen factors of ${group.key}`);
        const dot = tf.sum(tf.mul(tf.matMul(b1, b, true, false), tf.matMul(a1, a, false, true)), [1, 2]);
        terms.push(tf.sum(tf.div(tf.square(dot), norm2)));
      }
    }
    if (count === 0) throw new Error("cos2: nothing is frozen");
    return tf.div(tf.addN(terms), modules.length * count);
  },

  // BᵀB and AAᵀ, for itself and each frozen vector; gradients cost two products for each.
  flops(modules, count) {
    return modules.reduce(
      (sum, { out, inner, rank: r }) => sum + 2 * 3 * (1 + count) * (r * r * (out + inner) + r * r),
      0,
    );
  },
};
