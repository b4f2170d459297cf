/** Every TensorFlow.js kernel that a compiled program may use. */
import type { Kernel } from "../recorder.js";
import { elementwiseKernels } from "./elementwise.js";
import { fusedKernels } from "./fused.js";
import { indexingKernels } from "./indexing.js";
import { reductionKernels } from "./reduction.js";
import { shapeKernels } from "./shape.js";
import { trigonometryKernels } from "./trigonometry.js";

export const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...trigonometryKernels,
  ...shapeKernels,
  ...reductionKernels,
  ...indexingKernels,
  ...fusedKernels,
};
