/** Ops that reduce or scan along axes, and the kernels of matrix products. */
import type { Graph, Value } from "../graph.js";
import type { Kernel } from "../recorder.js";
import { attributeAxes, attributeBoolean, attributeNumber, attributeNumbers, input } from "./arguments.js";
import { binary, cast, unary } from "./elementwise.js";
import { matMul } from "./product.js";
import { reshape } from "./shape.js";

export function reduce(graph: Graph, op: string, x: Value, axes: readonly number[], keepDims = false): Value {
  const shape = keepDims
    ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
    : x.shape.filter((_, i) => !axes.includes(i));
  if (axes.every((axis) => x.shape[axis] === 1)) return reshape(graph, x, shape);
  return graph.emit(op, [x, graph.int64s(axes)], { dtype: x.dtype, shape }, { keepdims: keepDims ? 1 : 0 });
}

const reduction =
  (op: string, axisKey: string): Kernel =>
  (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const axes = attributeAxes(attributes, axisKey, x.shape.length);
    const keepDims = attributeBoolean(attributes, "keepDims");
    if (x.dtype !== "bool") return reduce(graph, op, x, axes, keepDims);
    // Sum and product of booleans count; all, any, max and min stay boolean.
    const counted = reduce(graph, op, cast(graph, x, "int32"), axes, keepDims);
    return op === "ReduceMin" || op === "ReduceMax" ? cast(graph, counted, "bool") : counted;
  };

const arg =
  (op: string): Kernel =>
  (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const [axis = 0] = attributeAxes(attributes, "axis", x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    const index = graph.emit(op, [x], { dtype: "int64", shape }, { axis, keepdims: 0, select_last_index: 0 });
    return cast(graph, index, "int32");
  };

const activations: Readonly<Record<string, string>> = { relu: "Relu", sigmoid: "Sigmoid", elu: "Elu" };

export const reductionKernels: Readonly<Record<string, Kernel>> = {
  Sum: reduction("ReduceSum", "axis"),
  Mean: reduction("ReduceMean", "axis"),
  Max: reduction("ReduceMax", "reductionIndices"),
  Min: reduction("ReduceMin", "axis"),
  Prod: reduction("ReduceProd", "axis"),
  All: reduction("ReduceMin", "axis"),
  Any: reduction("ReduceMax", "axis"),
  ArgMax: arg("ArgMax"),
  ArgMin: arg("ArgMin"),
  Cumsum: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const axis = graph.scalar("int64", attributeNumber(attributes, "axis"));
    const exclusive = attributeBoolean(attributes, "exclusive") ? 1 : 0;
    const reverse = attributeBoolean(attributes, "reverse") ? 1 : 0;
    return graph.emit("CumSum", [x, axis], { dtype: x.dtype, shape: x.shape }, { exclusive, reverse });
  },
  Softmax: (graph, inputs, attributes) => {
    const logits = input(inputs, "logits");
    const [axis = 0] = attributeNumbers(attributes, "dim").map((n) => (n < 0 ? n + logits.shape.length : n));
    return graph.emit("Softmax", [logits], { dtype: logits.dtype, shape: logits.shape }, { axis });
  },
  BatchMatMul: (graph, inputs, attributes) =>
    matMul(
      graph,
      input(inputs, "a"),
      input(inputs, "b"),
      attributeBoolean(attributes, "transposeA"),
      attributeBoolean(attributes, "transposeB"),
    ),
  _FusedMatMul: (graph, inputs, attributes) => {
    const product = matMul(
      graph,
      input(inputs, "a"),
      input(inputs, "b"),
      attributeBoolean(attributes, "transposeA"),
      attributeBoolean(attributes, "transposeB"),
    );
    const { bias } = inputs;
    const sum = bias === undefined ? product : binary(graph, "Add", product, bias);
    const activation = attributes.activation ?? "linear";
    if (activation === "linear") return sum;
    const op = activations[String(activation)];
    if (op === undefined) throw new Error(`fused activation "${activation}": apply it after matMul instead`);
    return unary(graph, op, sum);
  },
};
