/**
 * Matrix products. A transposed side is spelt for the device: elsewhere than on the CPU as Transpose and MatMul, which every
 * provider has. On the CPU, measured through ONNX Runtime 1.30 (2 threads, AVX-512):
 * - a transposed right side costs nothing inside the product (it is packed anyway): FusedMatMul;
 * - a transposed left side is transposed again for every 128 columns of the result, 15–45 % slower than a plain product:
 *   the smaller operand is transposed beforehand and put left, and where that swaps the sides the result is turned back;
 * - a left side whose rows are a multiple of 4 KiB apart is 8 % slower, since they share cache sets: a long sum over such
 *   rows is taken in parts, and the parts added.
 */
import type { Graph, Value } from "../graph.js";
import { reshape, transpose } from "./shape.js";

/** Batched product of the last two axes; the others broadcast. */
export function matMul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  if (graph.target !== "cpu") {
    return product(graph, transposeA ? swapLast(graph, a) : a, transposeB ? swapLast(graph, b) : b, false);
  }
  if (!transposeA) return product(graph, a, b, transposeB);
  if (transposeB) return swapLast(graph, product(graph, b, a, false));
  const rows = a.shape[a.shape.length - 1] ?? 1;
  const columns = b.shape[b.shape.length - 1] ?? 1;
  if (rows < columns) return gramian(graph, a, b);
  return swapLast(graph, gramian(graph, b, a));
}

const PAGE_FLOATS = 1024;
const PART = 512;

/** aᵀb. */
function gramian(graph: Graph, a: Value, b: Value): Value {
  const [sum = 0, rows = 0] = a.shape;
  const columns = b.shape[b.shape.length - 1] ?? 1;
  if (a.shape.length !== 2 || b.shape.length !== 2 || sum % PAGE_FLOATS !== 0) {
    return product(graph, swapLast(graph, a), b, false);
  }
  const parts = (x: Value, width: number) => reshape(graph, x, [sum / PART, PART, width]);
  const partial = product(graph, swapLast(graph, parts(a, rows)), parts(b, columns), false);
  const output = { dtype: a.dtype, shape: [rows, columns] };
  return graph.emit("ReduceSum", [partial, graph.int64s([0])], output, { keepdims: 0 });
}

function product(graph: Graph, a: Value, b: Value, transposeB: boolean): Value {
  const rank = Math.max(a.shape.length, b.shape.length);
  const batch = Array.from({ length: rank - 2 }, (_, i) => {
    const m = a.shape[a.shape.length - rank + i] ?? 1;
    const n = b.shape[b.shape.length - rank + i] ?? 1;
    return m === 1 ? n : m;
  });
  const rows = a.shape[a.shape.length - 2] ?? 1;
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)] ?? 1;
  const output = { dtype: a.dtype, shape: [...batch, rows, columns] };
  if (!transposeB) return graph.emit("MatMul", [a, b], output);
  return graph.emit("FusedMatMul", [a, b], output, { transA: 0, transB: 1 }, "com.microsoft");
}

function swapLast(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  return transpose(graph, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
