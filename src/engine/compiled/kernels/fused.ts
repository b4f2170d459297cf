/** ONNX Runtime's kernels on the CPU that stand for several ops; see `fused-ops.ts` for the shapes. */
import type { Kernel } from "../recorder.js";
import { attributeNumber, input } from "./arguments.js";
import { cast } from "./elementwise.js";

/** The names under which `fused-ops.ts` asks the recorder for them; TensorFlow.js has no such kernels. */
export const FUSED_ROTATION = "FusedRotation";
export const FUSED_RMS_NORM = "FusedRmsNorm";

export const fusedKernels: Readonly<Record<string, Kernel>> = {
  [FUSED_ROTATION]: (graph, inputs) => {
    const x = input(inputs, "x");
    const [cos, sin] = [input(inputs, "cos"), input(inputs, "sin")];
    const heads = (x.shape[2] ?? 0) / (2 * (cos.shape[1] ?? 1));
    return graph.emit(
      "RotaryEmbedding",
      [x, cast(graph, input(inputs, "positions"), "int64"), cos, sin],
      { dtype: x.dtype, shape: x.shape },
      { interleaved: 0, num_heads: heads },
      "com.microsoft",
    );
  },
  [FUSED_RMS_NORM]: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    return graph.emitAll(
      "SimplifiedLayerNormalization",
      [x, input(inputs, "weight")],
      [
        { dtype: x.dtype, shape: x.shape },
        { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] },
      ],
      { axis: -1, epsilon: { float: attributeNumber(attributes, "eps") }, stash_type: 1 },
    );
  },
};
