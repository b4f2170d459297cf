/**
 * `dw-cka`: normalised linear HSIC (centred kernel alignment, Kornblith et al. 2019) between two value vectors, with the
 * rows of delta-W (output neurons) as samples. Mean over modules and frozen vectors; in [0, 1]; free of scale.
 *
 * Never forms delta-W (METHODS §4.4). With B~ = H·B (columns centred), M = A·Aᵀ, C = B~1ᵀ·B~2, S = B~2ᵀ·B~2:
 *   F12 = tr(C M2 Cᵀ M1),   F22 = tr(S M2 S M2),   CKA = F12 / √(F11·F22)
 *   dF12/dB2 = 2 B~1 M1 C M2,   dF12/dA2 = 2 (Cᵀ M1 C) A2,   dF22/dB2 = 4 B~2 M2 S M2,   dF22/dA2 = 4 (S M2 S) A2
 * (1/n² cancels). F22 + 1e-8·F11 stands for F22, so that a vector hundred times shorter than the frozen one feels nothing.
 *
 * The value and its gradient share their products; frozen adapters of a module are stacked along the rank.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../engine/index.js";
import { float32 } from "../../engine/index.js";
import { withGradient } from "../../lm/custom-gradient.js";
import type { Penalty } from "../penalty.js";
import type { Matrix } from "./module-groups.js";
import {
  centreColumns,
  groupsOf,
  hostModule,
  inner,
  product,
  stackGroup,
  stackMatrices,
  transpose,
} from "./module-groups.js";

const EPSILON = 1e-8;

export const dwCka: Penalty = {
  startsAfter: 0.01,

  // Frozen vector j enters as B~1 and as M1 / √F11: both scaled so that F11 = 1.
  freeze(modules, frozen) {
    const tensors: Record<string, HostTensor> = {};
    for (const group of groupsOf(modules)) {
      frozen.forEach((adapter, j) => {
        const factors = group.modules.map((name) => normalisedFactors(hostModule(adapter, name)));
        tensors[`${group.key}.${j}.b`] = stackMatrices(factors.map(({ b }) => b));
        tensors[`${group.key}.${j}.m`] = stackMatrices(factors.map(({ m }) => m));
      });
    }
    tensors["count"] = float32([frozen.length]);
    return tensors;
  },

  value(modules, trainable, frozen) {
    const count = frozen["count"]?.shape[0] ?? 0;
    let total: tf.Tensor | null = null;
    for (const group of groupsOf(modules)) {
      const { a, b } = stackGroup(group, trainable);
      const pairs = Array.from({ length: count }, (_, j) => {
        const b1 = frozen[`${group.key}.${j}.b`];
        const m1 = frozen[`${group.key}.${j}.m`];
        if (b1 === undefined || m1 === undefined) throw new Error(`dw-cka: no frozen factors of ${group.key}`);
        return { b1, m1 };
      });
      const sum = sumOfCka(a, b, pairs);
      total = total === null ? sum : tf.add(total, sum);
    }
    if (total === null) throw new Error("dw-cka: no adapted modules");
    return tf.div(total, modules.length * count);
  },

  // Multiply-adds twice. Value: M2, S, S·M2, per frozen C, M1·C, C·M2. Gradient: two products each for B2 and A2.
  flops(modules, count) {
    return modules.reduce((sum, { out, inner, rank: r }) => {
      const shared = r * r * (out + inner) + 3 * r * r * r;
      const each = r * r * out + 4 * r * r * r;
      const gradient = r * r * out * (count + 1) + r * r * inner;
      return sum + 2 * (shared + count * each + gradient);
    }, 0);
  },
};

function normalisedFactors({ a, b }: { a: Matrix; b: Matrix }): { b: Matrix; m: Matrix } {
  const centred = centreColumns(b);
  const m = product(a, a, true);
  const s = product(transpose(centred), centred);
  const sm = product(s, m);
  const f11 = inner(sm, transpose(sm));
  // delta-W·f11^(-1/4): half of it to each factor (F is of fourth order in delta-W).
  const scale = f11 > 0 ? f11 ** -0.25 : 0;
  return { b: scaled(centred, scale), m };
}

function scaled(x: Matrix, factor: number): Matrix {
  return { ...x, data: x.data.map((value) => value * factor) };
}

/**
 * Σ over modules and frozen vectors of CKA. `a` [n, r, in], `b` [n, out, r]; frozen `b1` [n, out, r1] centred and scaled
 * so that F11 = 1, `m1` [n, r1, r1].
 */
function sumOfCka(a: tf.Tensor, b: tf.Tensor, frozen: readonly { b1: tf.Tensor; m1: tf.Tensor }[]): tf.Tensor {
  return withGradient(
    [a, b],
    () => {
      const m2 = tf.matMul(a, a, false, true);
      const b2 = tf.sub(b, tf.mean(b, 1, true));
      const s = tf.matMul(b2, b2, true, false);
      const sm = tf.matMul(s, m2);
      const f22 = tf.sum(tf.mul(sm, tf.transpose(sm, [0, 2, 1])), [1, 2], true);
      const norm = tf.rsqrt(tf.add(f22, EPSILON));
      let f12: tf.Tensor | null = null;
      let y: tf.Tensor | null = null;
      const products: tf.Tensor[] = [];
      for (const { b1, m1 } of frozen) {
        const c = tf.matMul(b1, b2, true, false);
        const u = tf.matMul(m1, c);
        const um = tf.matMul(u, m2);
        const f = tf.sum(tf.mul(um, c), [1, 2], true);
        const cuc = tf.matMul(c, u, true, false);
        f12 = f12 === null ? f : tf.add(f12, f);
        y = y === null ? cuc : tf.add(y, cuc);
        products.push(um);
      }
      if (f12 === null || y === null) throw new Error("dw-cka: nothing is frozen");
      const cka = tf.mul(f12, norm);
      // d CKA = norm·dF12 − CKA/(2 (F22 + eps))·dF22; the factor 2 of both gradients is taken in here.
      const pull = tf.mul(norm, 2);
      const push = tf.mul(tf.mul(cka, tf.square(norm)), -2);
      const dA = tf.matMul(tf.add(tf.mul(y, pull), tf.mul(tf.matMul(sm, s), push)), a);
      const left = tf.concat([...frozen.map(({ b1 }) => b1), b2], 2);
      const right = tf.concat([...products.map((um) => tf.mul(um, pull)), tf.mul(tf.matMul(m2, sm), push)], 1);
      const dB = tf.matMul(left, right);
      return { value: tf.sum(cka), keep: [dA, dB] };
    },
    (dy, kept) => kept.map((gradient) => tf.mul(gradient, dy)),
  );
}
