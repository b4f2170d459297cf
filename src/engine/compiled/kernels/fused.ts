/** ONNX Runtime's kernels on the CPU that stand for several ops; see `fused-ops.ts` for the shapes. */
import type { Kernel } from "../recorder.js";
import { attributeNumber, input } from "./arguments.js";
import { cast } from "./elementwise.js";

/** The names under which `fused-ops.ts` asks the recorder for them; TensorFlow.js has no such kernels. */
export const FUSED_ROTATION = "FusedRotation";
export const FUSED_RMS_NORM = "FusedRmsNorm";
export const FUSED_ATTENTION = "FusedAttention";

/** GroupQueryAttention's `qk_output`: the scores after the softmax. Asked for, they also keep it from its slower blocked path. */
const AFTER_SOFTMAX = 2;

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
  [FUSED_ATTENTION]: (graph, inputs, attributes) => {
    const [q, k, v, mask] = [input(inputs, "q"), input(inputs, "k"), input(inputs, "v"), input(inputs, "mask")];
    const [batch = 1, time = 1, width = 0] = q.shape;
    const headDim = attributeNumber(attributes, "headDim");
    const [heads, kvHeads] = [width / headDim, (k.shape[2] ?? 0) / headDim];
    const cached = { dtype: q.dtype, shape: [batch, kvHeads, time, headDim] };
    // Index of each row's last key, and the number of keys.
    const last = graph.uniform("int32", [batch], time - 1);
    return graph.emitAll(
      "GroupQueryAttention",
      [q, k, v, null, null, last, graph.scalar("int32", time), null, null, null, mask],
      [{ dtype: q.dtype, shape: q.shape }, cached, cached, { dtype: q.dtype, shape: [batch, heads, time, time] }],
      { num_heads: heads, kv_num_heads: kvHeads, scale: { float: 1 }, qk_output: AFTER_SOFTMAX },
      "com.microsoft",
    );
  },
};
