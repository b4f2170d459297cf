/**
 * `a-rows`: the penalty exactly as the authors published it (HeFei-X/MVA, `mva.py`): RBF HSIC between the rows of the two
 * A matrices, K_ij = exp(−‖a_i − a_j‖² / (2σ² + 1e-5)) with σ = 1, HSIC = tr(Kc Lc)/r², summed over modules, from the first
 * step; they use alpha = 10. B is ignored, so it is not a function of the value vector, and its gradient is mostly a pull
 * of A2's rows to their mean (METHODS §4.3). Several frozen vectors, which the publication does not have, are summed too.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../engine/index.js";
import type { Penalty } from "../penalty.js";
import { groupsOf, hostModule, product, stackGroup, stackMatrices } from "./module-groups.js";
import { biasedHsic, hostCentredKernel, hostSquaredDistances, meanOf, rbfKernel } from "./rbf.js";

export const PUBLISHED_ALPHA = 10;
export const PUBLISHED_SIGMA = 1;
/** 2σ² + 1e-5. */
export const A_ROWS_WIDTH = 2 * PUBLISHED_SIGMA ** 2 + 1e-5;

export const aRows: Penalty = {
  startsAfter: 0,

  // HSIC is linear in the frozen kernel: the sum over frozen vectors is one matrix.
  freeze(modules, frozen) {
    const tensors: Record<string, HostTensor> = {};
    for (const group of groupsOf(modules)) {
      const kernels = group.modules.map((name) => {
        const mean = meanOf(
          frozen.map((adapter) => {
            const { a } = hostModule(adapter, name);
            return hostCentredKernel(hostSquaredDistances(product(a, a, true)), A_ROWS_WIDTH);
          }),
        );
        return { ...mean, data: mean.data.map((value) => value * frozen.length) };
      });
      tensors[group.key] = stackMatrices(kernels);
    }
    return tensors;
  },

  value(modules, trainable, frozen) {
    const terms = groupsOf(modules).map((group) => {
      const centred = frozen[group.key];
      if (centred === undefined) throw new Error(`a-rows: no frozen kernel of ${group.key}`);
      const { a } = stackGroup(group, trainable);
      return tf.sum(biasedHsic(rbfKernel(tf.matMul(a, a, false, true), A_ROWS_WIDTH), centred));
    });
    return tf.addN(terms);
  },

  // The Gram matrix and its gradient's two products; the kernel's ten elementwise passes.
  flops(modules) {
    return modules.reduce((sum, { inner, rank }) => sum + 2 * 3 * rank * rank * inner + 10 * rank * rank, 0);
  },
};
