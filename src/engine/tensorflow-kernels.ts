/**
 * Kernels of the TensorFlow backend beside those that its package brings. A call of TensorFlow takes some microseconds, on a card
 * a launch: what changes nothing is not asked for, and what TensorFlow has as one op is one call.
 */
import * as tf from "@tensorflow/tfjs";
import { TENSORFLOW_BACKEND } from "./tfjs-node.js";

/** The name under which `fused-ops.ts` asks for it; TensorFlow.js composes it of seven ops. */
export const TENSORFLOW_LOG_SOFTMAX = "TensorflowLogSoftmax";

/** What is used of the package's backend. */
interface TensorflowBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  incRef(dataId: object): void;
  executeSingleOutput(op: string, attributes: readonly object[], inputs: readonly tf.TensorInfo[]): tf.TensorInfo;
}

/** Once, after the package has registered its own. */
export function registerTensorflowKernels(): void {
  sharingUnchanged("Cast", (x, { dtype }) => x.dtype === dtype);
  sharingUnchanged("Reshape", (x, { shape }) => `${x.shape}` === `${shape}`);
  tf.registerKernel({
    kernelName: TENSORFLOW_LOG_SOFTMAX,
    backendName: TENSORFLOW_BACKEND,
    kernelFunc: ({ inputs, backend }) => {
      const { logits } = inputs;
      if (logits === undefined) throw new Error(`${TENSORFLOW_LOG_SOFTMAX} needs logits`);
      const { binding, executeSingleOutput } = backend as TensorflowBackend;
      const type = { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
      return executeSingleOutput.call(backend, "LogSoftmax", [type], [logits]);
    },
  });
}

/** Puts before a kernel of the package that it is not run where its result is its input. */
function sharingUnchanged(
  kernelName: string,
  unchanged: (x: tf.TensorInfo, attributes: Readonly<Record<string, unknown>>) => boolean,
): void {
  const own = tf.getKernel(kernelName, TENSORFLOW_BACKEND);
  tf.unregisterKernel(kernelName, TENSORFLOW_BACKEND);
  tf.registerKernel({
    ...own,
    kernelFunc: (args) => {
      const { x } = args.inputs;
      if (x === undefined || !unchanged(x, args.attrs ?? {})) return own.kernelFunc(args);
      (args.backend as TensorflowBackend).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  });
}
