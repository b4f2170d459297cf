/**
 * `dw-rbf`: RBF HSIC (biased, tr(K H L H)/n²) with the rows of delta-W (output neurons) as samples: the paper's definition
 * as far as it is known (METHODS §1.1, §4.4). Mean over modules and frozen vectors.
 *
 * Distances come from the Gram matrix B·M·Bᵀ (M = A·Aᵀ), so delta-W is not formed. Each vector has its own bandwidth by the
 * median heuristic, 2σ² = median_{i<j} d² (off-diagonal kernel ≈ 1/e), over at most 64 evenly spaced rows; the trainable one's
 * is taken anew at every step and treated as constant.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../engine/index.js";
import type { AdaptedModule, Penalty } from "../penalty.js";
import type { Matrix } from "./module-groups.js";
import { at, groupsOf, hostModule, product, stackGroup, stackMatrices } from "./module-groups.js";
import { biasedHsic, hostCentredKernel, hostSquaredDistances, meanOf, rbfKernel, squaredDistances } from "./rbf.js";

const MEDIAN_ROWS = 64;
/** Halvings of [0, max]: a float32's precision. */
const HALVINGS = 24;
/** Keeps a bandwidth of 0 (all rows equal) from dividing. */
const SMALLEST = 1e-30;

export const dwRbf: Penalty = {
  startsAfter: 0.01,

  freeze(modules, frozen) {
    const tensors: Record<string, HostTensor> = {};
    for (const group of groupsOf(modules)) {
      const kernels = group.modules.map((name) =>
        meanOf(
          frozen.map((adapter) => {
            const { a, b } = hostModule(adapter, name);
            const distances = hostSquaredDistances(product(product(b, product(a, a, true)), b, true));
            return hostCentredKernel(distances, Math.max(SMALLEST, hostMedian(distances)));
          }),
        ),
      );
      tensors[group.key] = stackMatrices(kernels);
    }
    return tensors;
  },

  constants(modules, trainable) {
    return groupsOf(modules).map((group) => {
      const { a, b } = stackGroup(group, trainable);
      const rows = strided(b, group.out);
      return tf.add(median(squaredDistances(gramOf(a, rows))), SMALLEST);
    });
  },

  value(modules, trainable, frozen, bandwidths) {
    const terms = groupsOf(modules).map((group, index) => {
      const centred = frozen[group.key];
      const bandwidth = bandwidths[index];
      if (centred === undefined || bandwidth === undefined) throw new Error(`dw-rbf: no frozen kernel of ${group.key}`);
      const { a, b } = stackGroup(group, trainable);
      return tf.sum(biasedHsic(rbfKernel(gramOf(a, b), bandwidth), centred));
    });
    return tf.div(tf.addN(terms), modules.length);
  },

  // The Gram matrix (M, B·M, ·Bᵀ), twice that for its gradient; ten elementwise passes over n²; the median.
  flops(modules: readonly AdaptedModule[]) {
    return modules.reduce((sum, { out, inner, rank: r }) => {
      const gram = r * r * inner + out * r * r + out * out * r;
      const rows = Math.min(out, MEDIAN_ROWS);
      return sum + 2 * 3 * gram + 10 * out * out + 2 * HALVINGS * rows * rows;
    }, 0);
  },
};

function gramOf(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.matMul(tf.matMul(b, tf.matMul(a, a, false, true)), b, false, true);
}

function strided(b: tf.Tensor, out: number): tf.Tensor {
  const stride = strideOf(out);
  if (stride === 1) return b;
  const rows = Math.ceil(out / stride);
  return tf.gather(b, tf.mul(tf.range(0, rows, 1, "int32"), tf.scalar(stride, "int32")), 1);
}

function strideOf(rows: number): number {
  return Math.ceil(rows / MEDIAN_ROWS);
}

/**
 * Median of the off-diagonal squared distances [n, k, k] as [n, 1, 1], by bisection: the smallest x for which at least half
 * of them are ≤ x. (No sort, no selection: both leave the device on some engines.)
 */
function median(distances: tf.Tensor): tf.Tensor {
  const [n, k] = distances.shape as [number, number, number];
  // The k zeros of the diagonal are counted with the rest.
  const wanted = k + Math.floor((k * (k - 1)) / 2);
  let high = tf.reshape(tf.max(distances, [1, 2]), [n, 1, 1]);
  let low = tf.zerosLike(high);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = tf.mul(tf.add(low, high), 0.5);
    const count = tf.sum(tf.cast(tf.lessEqual(distances, middle), "float32"), [1, 2], true);
    const enough = tf.cast(tf.greaterEqual(count, wanted), "float32");
    const missing = tf.sub(1, enough);
    high = tf.add(tf.mul(enough, middle), tf.mul(missing, high));
    low = tf.add(tf.mul(enough, low), tf.mul(missing, middle));
  }
  return high;
}

/** On the host: the same (lower) median over the same rows. */
function hostMedian(distances: Matrix): number {
  const stride = strideOf(distances.rows);
  const values: number[] = [];
  for (let i = 0; i < distances.rows; i += stride) {
    for (let j = 0; j < i; j += stride) values.push(at(distances, i, j));
  }
  values.sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)] ?? 0;
}
