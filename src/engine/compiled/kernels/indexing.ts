/** Ops whose indices are data: gather, scatter, top-k. */
import { sizeOf } from "../../engine.js";
import type { Graph, Value } from "../graph.js";
import { producer } from "../graph.js";
import type { Kernel } from "../recorder.js";
import { attributeBoolean, attributeNumber, attributeNumbers, input } from "./arguments.js";
import { cast, compare, either, select } from "./elementwise.js";
import { expand, reshape } from "./shape.js";

/** Follows reshapes back to where the elements come from. */
function root(value: Value): Value {
  const [before] = producer(value, "Reshape")?.inputs ?? [];
  return before === undefined || before === null ? value : root(before);
}

/** Indices that a gather has already used: they are in range, since the gather would have failed otherwise. */
const gathered = new WeakMap<Graph, Map<Value, number>>();

function noteGathered(graph: Graph, indices: Value, size: number): void {
  const known = gathered.get(graph) ?? new Map<Value, number>();
  gathered.set(graph, known);
  known.set(root(indices), Math.min(size, known.get(root(indices)) ?? size));
}

function scatterAdd(graph: Graph, base: Value, indices: Value, updates: Value): Value {
  const wide = cast(graph, indices, "int64");
  return graph.emit("ScatterND", [base, wide, updates], { dtype: base.dtype, shape: base.shape }, { reduction: "add" });
}

function unsortedSegmentSum(graph: Graph, x: Value, segmentIds: Value, segments: number): Value {
  const count = sizeOf(segmentIds.shape);
  const row = x.shape.slice(segmentIds.shape.length);
  let ids = reshape(graph, segmentIds, [count]);
  let rows = reshape(graph, x, [count, ...row]);
  if ((gathered.get(graph)?.get(root(segmentIds)) ?? Number.POSITIVE_INFINITY) > segments) {
    // Rows outside 0…segments-1 are dropped: they are added to row 0 as zeros.
    const zero = graph.scalar("int32", 0);
    const below = compare(graph, "Less", ids, zero);
    const above = compare(graph, "GreaterOrEqual", ids, graph.scalar("int32", segments));
    const outside = either(graph, below, above);
    ids = select(graph, outside, zero, ids);
    rows = select(graph, reshape(graph, outside, [count, ...row.map(() => 1)]), graph.scalar(x.dtype, 0), rows);
  }
  return scatterAdd(graph, graph.uniform(x.dtype, [segments, ...row], 0), reshape(graph, ids, [count, 1]), rows);
}

function gather(graph: Graph, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const outer = x.shape.slice(0, axis);
  const inner = x.shape.slice(axis + 1);
  if (batchDims === 0) {
    const shape = [...outer, ...indices.shape, ...inner];
    noteGathered(graph, indices, x.shape[axis] ?? 0);
    return graph.emit("Gather", [x, indices], { dtype: x.dtype, shape }, { axis });
  }
  const picks = indices.shape.slice(batchDims);
  const shape = [...outer, ...picks, ...inner];
  const [pickCount, middle] = [sizeOf(picks), x.shape.slice(batchDims, axis)];
  if (middle.length > 0) throw new Error(`gather with batchDims ${batchDims} along axis ${axis}`);
  // One pick a row of the batch, spread over the inner axes.
  const flat = reshape(graph, indices, [...outer, pickCount, ...inner.map(() => 1)]);
  const spread = expand(graph, flat, [...outer, pickCount, ...inner]);
  const picked = graph.emit(
    "GatherElements",
    [x, spread],
    { dtype: x.dtype, shape: [...outer, pickCount, ...inner] },
    { axis },
  );
  return reshape(graph, picked, shape);
}

export const indexingKernels: Readonly<Record<string, Kernel>> = {
  GatherV2: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const axis = attributeNumber(attributes, "axis", 0);
    const batchDims = attributeNumber(attributes, "batchDims", 0);
    return gather(graph, x, input(inputs, "indices"), axis < 0 ? axis + x.shape.length : axis, batchDims);
  },
  GatherNd: (graph, inputs) => {
    const x = input(inputs, "params");
    const indices = input(inputs, "indices");
    const depth = indices.shape[indices.shape.length - 1] ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    return graph.emit("GatherND", [x, cast(graph, indices, "int64")], { dtype: x.dtype, shape });
  },
  ScatterNd: (graph, inputs, attributes) => {
    const updates = input(inputs, "updates");
    const base = graph.uniform(updates.dtype, attributeNumbers(attributes, "shape"), 0);
    return scatterAdd(graph, base, input(inputs, "indices"), updates);
  },
  TensorScatterUpdate: (graph, inputs) => {
    const x = input(inputs, "tensor");
    const indices = cast(graph, input(inputs, "indices"), "int64");
    return graph.emit("ScatterND", [x, indices, input(inputs, "updates")], { dtype: x.dtype, shape: x.shape });
  },
  UnsortedSegmentSum: (graph, inputs, attributes) =>
    unsortedSegmentSum(
      graph,
      input(inputs, "x"),
      input(inputs, "segmentIds"),
      attributeNumber(attributes, "numSegments"),
    ),
  OneHot: (graph, inputs, attributes) => {
    // A comparison with a range: ONNX's OneHot has no WebGPU kernel.
    const indices = input(inputs, "indices");
    const depth = attributeNumber(attributes, "depth");
    const classes = graph.literal(
      "int32",
      [depth],
      Array.from({ length: depth }, (_, i) => i),
    );
    const hit = compare(graph, "Equal", reshape(graph, indices, [...indices.shape, 1]), classes);
    const dtype = attributes.dtype === "int32" ? "int32" : "float32";
    const on = graph.scalar(dtype, attributeNumber(attributes, "onValue", 1));
    return select(graph, hit, on, graph.scalar(dtype, attributeNumber(attributes, "offValue", 0)));
  },
  TopK: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const k = attributeNumber(attributes, "k");
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = graph.emitAll(
      "TopK",
      [x, graph.int64s([k])],
      [
        { dtype: x.dtype, shape },
        { dtype: "int64", shape },
      ],
      { axis: x.shape.length - 1, largest: 1, sorted: attributeBoolean(attributes, "sorted") ? 1 : 0 },
    );
    if (values === undefined || indices === undefined) throw new Error("TopK has two outputs");
    return [values, cast(graph, indices, "int32")];
  },
  Diag: (graph, inputs) => {
    const x = input(inputs, "x");
    const size = sizeOf(x.shape);
    const range = graph.literal(
      "int32",
      [size],
      Array.from({ length: size }, (_, i) => i),
    );
    const onDiagonal = compare(graph, "Equal", reshape(graph, range, [size, 1]), range);
    const matrix = select(graph, onDiagonal, reshape(graph, x, [size]), graph.scalar(x.dtype, 0));
    return reshape(graph, matrix, [...x.shape, ...x.shape]);
  },
  Einsum: (graph, inputs, attributes) => {
    const equation = String(attributes.equation).replaceAll(" ", "");
    const operands = Object.values(inputs);
    const [from = "", to = ""] = equation.split("->");
    const sizes = new Map<string, number>();
    from.split(",").forEach((letters, i) => {
      [...letters].forEach((letter, axis) => {
        sizes.set(letter, operands[i]?.shape[axis] ?? 1);
      });
    });
    const shape = [...to].map((letter) => sizes.get(letter) ?? 1);
    const dtype = operands[0]?.dtype ?? "float32";
    return graph.emit("Einsum", operands, { dtype, shape }, { equation });
  },
};
