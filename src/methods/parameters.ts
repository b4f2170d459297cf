/**
 * Trainable tensors as one flat vector. The optimizer then is a dozen nodes whatever the number of tensors, which is
 * what a small model's step is bound by; programs see the tensors through slices of it.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorMap, TfTensors } from "../engine/index.js";
import { float32, sizeOf } from "../engine/index.js";

export interface ParameterLayout {
  readonly entries: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[];
  /** Length of the flat vector. */
  readonly size: number;
}

/** Tensors in the order of their names, end to end. */
export function layoutOf(tensors: TensorMap): ParameterLayout {
  let size = 0;
  const entries = Object.keys(tensors)
    .sort()
    .map((name) => {
      const shape = [...(tensors[name]?.shape ?? [])];
      const entry = { name, shape, offset: size };
      size += sizeOf(shape);
      return entry;
    });
  return { entries, size };
}

export function packParameters(layout: ParameterLayout, tensors: TensorMap): HostTensor {
  const flat = new Float32Array(layout.size);
  for (const { name, offset } of layout.entries) {
    const tensor = tensors[name];
    if (tensor === undefined) throw new Error(`parameter "${name}" is missing`);
    flat.set(tensor.data, offset);
  }
  return float32([layout.size], flat);
}

export function unpackParameters(layout: ParameterLayout, flat: HostTensor): Record<string, HostTensor> {
  const data = Float32Array.from(flat.data);
  return Object.fromEntries(
    layout.entries.map(({ name, shape, offset }) => [name, float32(shape, data.slice(offset, offset + sizeOf(shape)))]),
  );
}

/** Inside a program: the named tensors of the flat vector, in the layout's order. */
export function sliceParameters(layout: ParameterLayout, flat: tf.Tensor): tf.Tensor[] {
  return layout.entries.map(({ shape, offset }) => tf.reshape(tf.slice(flat, [offset], [sizeOf(shape)]), [...shape]));
}

export function named(layout: ParameterLayout, tensors: readonly tf.Tensor[]): TfTensors {
  const result: TfTensors = {};
  layout.entries.forEach(({ name }, i) => {
    const tensor = tensors[i];
    if (tensor !== undefined) result[name] = tensor;
  });
  return result;
}

/** Inside a program: tensors in the layout's order as one flat vector. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));
}
