/** An op of the contract: what it is tried on and how it is called. */
import type * as tf from "@tensorflow/tfjs";
import { add, cast } from "@tensorflow/tfjs";
import type { EngineId } from "../engine.js";
import type { Domain, Operands } from "./operands.js";
import { broadcasting, from, one, shape } from "./operands.js";

export interface OpCase {
  readonly name: string;
  readonly operands: Operands;
  readonly f: (...xs: tf.Tensor[]) => tf.Tensor;
  /** Operands that have a gradient; none for comparisons and index ops. */
  readonly differentiable: boolean;
  /** Engines that cannot be held to it, and why. */
  readonly except?: Partial<Record<EngineId, string>>;
}

export const unary = (name: string, f: (x: tf.Tensor) => tf.Tensor, domain: Domain = "any"): OpCase => ({
  name,
  operands: one(domain),
  f: (x) => f(x as tf.Tensor),
  differentiable: true,
});

export const binary = (
  name: string,
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  a: Domain = "any",
  b = a,
): OpCase => ({
  name,
  operands: broadcasting(a, b),
  f: (x, y) => f(x as tf.Tensor, y as tf.Tensor),
  differentiable: true,
});

/** TensorFlow.js' gradient of these does not undo broadcasting, so it is taken on equal shapes only. */
export const sameShapeGradient = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OpCase[] => [
  { ...binary(`${name}, broadcast`, f), differentiable: false },
  {
    ...binary(name, f),
    operands: from(shape(), (s) => [
      { shape: s, domain: "any" },
      { shape: s, domain: "any" },
    ]),
  },
];

export const comparison = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OpCase => ({
  name,
  // Integers, so that equality happens.
  operands: from(broadcasting("any", "any"), (operands) =>
    operands.map(({ shape }) => ({ shape, domain: { below: 3 } })),
  ),
  f: (x, y) => cast(f(x as tf.Tensor, y as tf.Tensor), "float32"),
  differentiable: false,
});

/** A last-axis reduction and one over all axes and one over the first, added up so that one case covers the three. */
export const reduction = (
  name: string,
  f: (x: tf.Tensor, axis?: number, keep?: boolean) => tf.Tensor,
  domain: Domain,
): OpCase => ({
  name,
  operands: one(domain, 1),
  f: (x) => {
    const t = x as tf.Tensor;
    return add(add(f(t, -1, true), f(t, 0, true)), f(t));
  },
  differentiable: true,
});
