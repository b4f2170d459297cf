/** Host tensors as ONNX Runtime has them, and back. Nothing is copied unless asked for. */
import "../no-telemetry.js";
import * as ort from "onnxruntime-node";
import type { HostTensor } from "../engine.js";
import { EngineError } from "../engine.js";

export function toOrt(value: HostTensor, copy = false): ort.Tensor {
  const data = copy ? value.data.slice() : value.data;
  return data instanceof Int32Array
    ? new ort.Tensor("int32", data, [...value.shape])
    : new ort.Tensor("float32", data, [...value.shape]);
}

export function toHost(tensor: ort.Tensor, copy = false): HostTensor {
  const { data } = tensor;
  if (!(data instanceof Float32Array) && !(data instanceof Int32Array)) {
    throw new EngineError(`an output of type ${tensor.type} cannot be read`);
  }
  const dtype = data instanceof Int32Array ? "int32" : "float32";
  return { dtype, shape: [...tensor.dims], data: copy ? data.slice() : data };
}
