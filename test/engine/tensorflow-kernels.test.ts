import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { registerTensorflowKernels, TENSORFLOW_LOG_SOFTMAX } from "../../src/engine/tensorflow-kernels.js";
import { TENSORFLOW_BACKEND } from "../../src/engine/tfjs-node.js";

const ran: string[] = [];
const references: object[] = [];
const executed: unknown[][] = [];
/** What the package brings, as far as it is needed: this process has not loaded it. */
const backend = {
  binding: { TF_ATTR_TYPE: 2, TF_FLOAT: 1 },
  incRef: (dataId: object) => references.push(dataId),
  executeSingleOutput(...call: unknown[]) {
    executed.push(call);
    return x;
  },
};
const x = { dataId: { id: 1 }, shape: [2, 3], dtype: "float32" } as const;
for (const kernelName of ["Cast", "Reshape"]) {
  tf.registerKernel({
    kernelName,
    backendName: TENSORFLOW_BACKEND,
    kernelFunc: () => {
      ran.push(kernelName);
      return { dataId: {}, shape: [], dtype: "int32" };
    },
  });
}
registerTensorflowKernels();

function run(kernelName: string, inputs: Record<string, unknown>, attrs: Record<string, unknown>): tf.TensorInfo {
  const kernel = tf.getKernel(kernelName, TENSORFLOW_BACKEND);
  return kernel.kernelFunc({ inputs, attrs, backend } as never) as tf.TensorInfo;
}

test.each([
  ["Cast", { dtype: "float32" }, { dtype: "int32" }],
  ["Reshape", { shape: [2, 3] }, { shape: [3, 2] }],
])("%s shares the values of its input where it changes nothing, and only there", (kernel, same, other) => {
  ran.length = 0;
  references.length = 0;
  expect(run(kernel, { x }, same)).toEqual(x);
  expect([ran, references]).toEqual([[], [x.dataId]]);
  run(kernel, { x }, other);
  expect([ran, references]).toEqual([[kernel], [x.dataId]]);
});

test("log softmax is one call of TensorFlow", () => {
  run(TENSORFLOW_LOG_SOFTMAX, { logits: x }, {});
  expect(executed).toEqual([["LogSoftmax", [{ name: "T", type: 2, value: 1 }], [x]]]);
});
