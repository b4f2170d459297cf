/** Typed access to what TensorFlow.js hands a kernel. */
import type * as tf from "@tensorflow/tfjs";
import type { ElementType, Value } from "../graph.js";
import type { KernelInputs } from "../recorder.js";

export function input(inputs: KernelInputs, key: string): Value {
  const value = inputs[key];
  if (value === undefined) throw new Error(`input "${key}" is missing`);
  return value;
}

export function attributeNumber(attributes: tf.NamedAttrMap, key: string, otherwise?: number): number {
  const value = attributes[key] ?? otherwise;
  if (typeof value !== "number") throw new Error(`attribute "${key}" is ${value}, not a number`);
  return value;
}

export function attributeBoolean(attributes: tf.NamedAttrMap, key: string): boolean {
  return attributes[key] === true;
}

export function attributeNumbers(attributes: tf.NamedAttrMap, key: string): number[] {
  const value = attributes[key];
  if (typeof value === "number") return [value];
  if (!Array.isArray(value)) throw new Error(`attribute "${key}" is ${value}, not a list of numbers`);
  return value.map(Number);
}

/** Axes as non-negative numbers; all of them when none is given. */
export function attributeAxes(attributes: tf.NamedAttrMap, key: string, rank: number): number[] {
  const value = attributes[key];
  if (value === undefined || value === null) return Array.from({ length: rank }, (_, axis) => axis);
  return attributeNumbers(attributes, key).map((axis) => (axis < 0 ? axis + rank : axis));
}

/** The attribute "dtype"; `otherwise` when there is none. */
export function attributeType(attributes: tf.NamedAttrMap, otherwise?: ElementType): ElementType {
  const value: unknown = attributes.dtype ?? otherwise;
  if (value !== "float32" && value !== "int32" && value !== "bool") throw new Error(`type ${value} is not supported`);
  return value;
}
