/** Ops that move elements and compute none. */
import * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../engine.js";
import type { Graph, Value } from "../graph.js";
import { producer, sameShape } from "../graph.js";
import type { Kernel } from "../recorder.js";
import { attributeNumber, attributeNumbers, attributeType, input } from "./arguments.js";

/** NumPy's rule. @throws Error when the shapes do not broadcast. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) throw new Error(`shapes [${a}] and [${b}] do not broadcast`);
    return m === 1 ? n : m;
  });
}

export function expand(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.source.kind === "uniform") return graph.uniform(x.dtype, shape, x.source.value);
  return graph.emit("Expand", [x, graph.int64s(shape)], { dtype: x.dtype, shape });
}

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const { source } = x;
  if (source.kind === "uniform") return graph.uniform(x.dtype, shape, source.value);
  if (source.kind === "literal") return graph.literal(x.dtype, shape, source.data);
  const [before] = producer(x, "Reshape")?.inputs ?? [];
  if (before !== undefined && before !== null) return reshape(graph, before, shape);
  return (
    throughTranspose(graph, x, shape) ?? graph.emit("Reshape", [x, graph.int64s(shape)], { dtype: x.dtype, shape })
  );
}

/**
 * A reshape of leading axes that a transpose had left alone goes before it, so that transposes meet and become one:
 * split heads, then swap the last two axes, for one.
 */
function throughTranspose(graph: Graph, x: Value, shape: readonly number[]): Value | undefined {
  const node = producer(x, "Transpose");
  const [before] = node?.inputs ?? [];
  const permutation = node?.attributes.perm;
  if (before === undefined || before === null || !Array.isArray(permutation)) return undefined;
  const fixed = permutation.findIndex((axis, i) => axis !== i);
  const tail = x.shape.length - fixed;
  if (tail > shape.length || !sameShape(x.shape.slice(fixed), shape.slice(shape.length - tail))) return undefined;
  const lead = shape.slice(0, shape.length - tail);
  const moved = reshape(graph, before, [...lead, ...before.shape.slice(fixed)]);
  const shift = lead.length - fixed;
  return transpose(graph, moved, [...lead.keys(), ...permutation.slice(fixed).map((axis) => Number(axis) + shift)]);
}

export function transpose(graph: Graph, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis] ?? 1);
  if (x.source.kind === "uniform") return graph.uniform(x.dtype, shape, x.source.value);
  // Where only axes of length 1 move, the elements keep their order.
  if (permutation.every((axis, i) => axis === i)) return x;
  const long = permutation.filter((axis) => x.shape[axis] !== 1);
  if (long.every((axis, i) => i === 0 || axis > (long[i - 1] ?? -1))) return reshape(graph, x, shape);
  const inner = producer(x, "Transpose");
  const [before] = inner?.inputs ?? [];
  const first = inner?.attributes.perm;
  if (before !== undefined && before !== null && Array.isArray(first)) {
    const combined = permutation.map((axis) => Number(first[axis]));
    return transpose(graph, before, combined);
  }
  return graph.emit("Transpose", [x], { dtype: x.dtype, shape }, { perm: permutation });
}

export function slice(
  graph: Graph,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  steps?: readonly number[],
): Value {
  const strides = steps ?? begin.map(() => 1);
  const shape = begin.map((from, i) => {
    const stride = strides[i] ?? 1;
    return Math.max(0, Math.ceil(((end[i] ?? 0) - from) / stride));
  });
  if (sameShape(shape, x.shape) && strides.every((stride) => stride === 1)) return x;
  if (x.source.kind === "uniform") return graph.uniform(x.dtype, shape, x.source.value);
  const axes = begin.map((_, i) => i).filter((i) => strides[i] !== 1 || begin[i] !== 0 || end[i] !== x.shape[i]);
  const pick = (list: readonly number[]) => graph.int64s(axes.map((axis) => list[axis] ?? 0));
  // An end before element 0 (a negative step that runs to the front) is spelt as a large negative number.
  const ends = end.map((n) => (n < 0 ? -(2 ** 31) : n));
  return graph.emit("Slice", [x, pick(begin), pick(ends), graph.int64s(axes), pick(strides)], {
    dtype: x.dtype,
    shape,
  });
}

export function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
  const full = parts.filter((part) => sizeOf(part.shape) > 0);
  const [first, ...rest] = full.length > 0 ? full : parts;
  if (first === undefined) throw new Error("nothing to concatenate");
  if (rest.length === 0) return first;
  const shape = [...first.shape];
  for (const part of rest) shape[axis] = (shape[axis] ?? 0) + (part.shape[axis] ?? 0);
  return graph.emit("Concat", [first, ...rest], { dtype: first.dtype, shape }, { axis });
}

function tile(graph: Graph, x: Value, repeats: readonly number[]): Value {
  const shape = x.shape.map((n, i) => n * (repeats[i] ?? 1));
  if (x.shape.every((n, i) => n === 1 || repeats[i] === 1)) return expand(graph, x, shape);
  if (x.source.kind === "uniform") return graph.uniform(x.dtype, shape, x.source.value);
  return graph.emit("Tile", [x, graph.int64s(repeats)], { dtype: x.dtype, shape });
}

const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Identity: (_, inputs) => input(inputs, "x"),
  Reshape: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    return reshape(graph, x, tf.util.inferFromImplicitShape(attributeNumbers(attributes, "shape"), sizeOf(x.shape)));
  },
  ExpandDims: (graph, inputs, attributes) => {
    const x = input(inputs, "input");
    const axis = positive(attributeNumber(attributes, "dim"), x.shape.length + 1);
    return reshape(graph, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
  },
  Transpose: (graph, inputs, attributes) => transpose(graph, input(inputs, "x"), attributeNumbers(attributes, "perm")),
  Concat: (graph, inputs, attributes) => {
    const parts = Object.values(inputs);
    return concat(graph, parts, positive(attributeNumber(attributes, "axis"), parts[0]?.shape.length ?? 0));
  },
  Pack: (graph, inputs, attributes) => {
    const parts = Object.values(inputs);
    const axis = positive(attributeNumber(attributes, "axis"), (parts[0]?.shape.length ?? 0) + 1);
    const rows = parts.map((part) =>
      reshape(graph, part, [...part.shape.slice(0, axis), 1, ...part.shape.slice(axis)]),
    );
    return concat(graph, rows, axis);
  },
  Unpack: (graph, inputs, attributes) => {
    const x = input(inputs, "value");
    const axis = positive(attributeNumber(attributes, "axis"), x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis] ?? 0 }, (_, row) => {
      const begin = x.shape.map((_, i) => (i === axis ? row : 0));
      const end = x.shape.map((n, i) => (i === axis ? row + 1 : n));
      return reshape(graph, slice(graph, x, begin, end), shape);
    });
  },
  SplitV: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const axis = positive(attributeNumber(attributes, "axis"), x.shape.length);
    const parts = attributes.numOrSizeSplits;
    if (typeof parts !== "number" && !Array.isArray(parts)) throw new Error(`split into ${parts}`);
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      typeof parts === "number" ? parts : parts.map(Number),
      axis,
    );
    let from = 0;
    return sizes.map((size) => {
      const begin = x.shape.map((_, i) => (i === axis ? from : 0));
      const end = x.shape.map((n, i) => (i === axis ? from + size : n));
      from += size;
      return slice(graph, x, begin, end);
    });
  },
  Slice: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const [begin = [], size = []] = tf.slice_util.parseSliceParams(
      { shape: [...x.shape] } as tf.Tensor,
      attributeNumbers(attributes, "begin"),
      attributeNumbers(attributes, "size"),
    );
    return slice(
      graph,
      x,
      begin,
      begin.map((from, i) => from + (size[i] ?? 0)),
    );
  },
  StridedSlice: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const info = tf.slice_util.sliceInfo(
      [...x.shape],
      attributeNumbers(attributes, "begin"),
      attributeNumbers(attributes, "end"),
      attributeNumbers(attributes, "strides"),
      attributeNumber(attributes, "beginMask", 0),
      attributeNumber(attributes, "endMask", 0),
      attributeNumber(attributes, "ellipsisMask", 0),
      attributeNumber(attributes, "newAxisMask", 0),
      attributeNumber(attributes, "shrinkAxisMask", 0),
    );
    return reshape(graph, slice(graph, x, info.begin, info.end, info.strides), info.finalShape);
  },
  PadV2: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const paddings = attributes.paddings as [number, number][];
    const shape = x.shape.map((n, i) => n + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
    if (sameShape(shape, x.shape)) return x;
    const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
    const fill = graph.scalar(x.dtype, attributeNumber(attributes, "constantValue", 0));
    return graph.emit("Pad", [x, graph.int64s(pads), fill], { dtype: x.dtype, shape }, { mode: "constant" });
  },
  Tile: (graph, inputs, attributes) => tile(graph, input(inputs, "x"), attributeNumbers(attributes, "reps")),
  BroadcastTo: (graph, inputs, attributes) => expand(graph, input(inputs, "x"), attributeNumbers(attributes, "shape")),
  Reverse: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const axes = attributeNumbers(attributes, "dims").map((axis) => positive(axis, x.shape.length));
    return slice(
      graph,
      x,
      x.shape.map((n, i) => (axes.includes(i) ? n - 1 : 0)),
      x.shape.map((n, i) => (axes.includes(i) ? -1 : n)),
      x.shape.map((_, i) => (axes.includes(i) ? -1 : 1)),
    );
  },
  OnesLike: (graph, inputs) => {
    const x = input(inputs, "x");
    return graph.uniform(x.dtype, x.shape, 1);
  },
  ZerosLike: (graph, inputs) => {
    const x = input(inputs, "x");
    return graph.uniform(x.dtype, x.shape, 0);
  },
  Fill: (graph, _, attributes) => {
    const dtype = attributeType(attributes, "float32");
    return graph.uniform(dtype, attributeNumbers(attributes, "shape"), attributeNumber(attributes, "value"));
  },
  Range: (graph, _, attributes) => {
    const start = attributeNumber(attributes, "start");
    const step = attributeNumber(attributes, "step", 1);
    const dtype = attributes.dtype === "int32" ? "int32" : "float32";
    const length = Math.max(0, Math.ceil((attributeNumber(attributes, "stop") - start) / step));
    return graph.literal(
      dtype,
      [length],
      Array.from({ length }, (_, i) => start + i * step),
    );
  },
  LinSpace: (graph, _, attributes) => {
    const start = attributeNumber(attributes, "start");
    const count = attributeNumber(attributes, "num");
    const step = count > 1 ? (attributeNumber(attributes, "stop") - start) / (count - 1) : 0;
    return graph.literal(
      "float32",
      [count],
      Array.from({ length: count }, (_, i) => start + i * step),
    );
  },
};
