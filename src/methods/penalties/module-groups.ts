/**
 * Modules of equal shape, stacked: a penalty is then a few batched products instead of a few hundred small ones.
 */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, TensorMap, TfTensors } from "../../engine/index.js";
import { float32 } from "../../engine/index.js";
import type { AdaptedModule } from "../penalty.js";

export interface ModuleGroup {
  /** `<out>x<inner>x<rank>`: names the group's tensors. */
  readonly key: string;
  readonly out: number;
  readonly inner: number;
  readonly rank: number;
  readonly modules: readonly string[];
}

export function groupsOf(modules: readonly AdaptedModule[]): ModuleGroup[] {
  const groups = new Map<string, { out: number; inner: number; rank: number; modules: string[] }>();
  for (const { name, out, inner, rank } of modules) {
    const key = `${out}x${inner}x${rank}`;
    const group = groups.get(key) ?? { out, inner, rank, modules: [] };
    group.modules.push(name);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ key, ...group }));
}

/** A as [modules, rank, inner] and B as [modules, out, rank], inside a program. */
export function stackGroup(group: ModuleGroup, adapter: TfTensors): { a: tf.Tensor; b: tf.Tensor } {
  const pick = (suffix: string) =>
    tf.stack(
      group.modules.map((name) => {
        const tensor = adapter[`${name}.${suffix}`];
        if (tensor === undefined) throw new Error(`adapter tensor ${name}.${suffix} is missing`);
        return tensor;
      }),
    );
  return { a: pick("lora_A"), b: pick("lora_B") };
}

/** One module's matrices on the host, in float64. */
export function hostModule(adapter: TensorMap, name: string): { a: Matrix; b: Matrix } {
  const pick = (suffix: string) => {
    const tensor = adapter[`${name}.${suffix}`];
    if (tensor === undefined) throw new Error(`adapter tensor ${name}.${suffix} is missing`);
    return matrixOf(tensor);
  };
  return { a: pick("lora_A"), b: pick("lora_B") };
}

/** A row-major float64 matrix: the host side of a penalty, where the frozen factors are prepared once. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrixOf(tensor: HostTensor): Matrix {
  const [rows = 0, columns = 0] = tensor.shape;
  return { rows, columns, data: Float64Array.from(tensor.data) };
}

export function at(matrix: Matrix, row: number, column: number): number {
  return matrix.data[row * matrix.columns + column] ?? 0;
}

/** x · y, or x · yᵀ. */
export function product(x: Matrix, y: Matrix, transposed = false): Matrix {
  const columns = transposed ? y.rows : y.columns;
  const data = new Float64Array(x.rows * columns);
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < x.columns; k++) sum += at(x, i, k) * (transposed ? at(y, j, k) : at(y, k, j));
      data[i * columns + j] = sum;
    }
  }
  return { rows: x.rows, columns, data };
}

export function transpose(x: Matrix): Matrix {
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < x.columns; j++) data[j * x.rows + i] = at(x, i, j);
  return { rows: x.columns, columns: x.rows, data };
}

/** H·x: each column's mean taken off. */
export function centreColumns(x: Matrix): Matrix {
  const data = Float64Array.from(x.data);
  for (let j = 0; j < x.columns; j++) {
    let mean = 0;
    for (let i = 0; i < x.rows; i++) mean += at(x, i, j) / x.rows;
    for (let i = 0; i < x.rows; i++) data[i * x.columns + j] = at(x, i, j) - mean;
  }
  return { rows: x.rows, columns: x.columns, data };
}

/** Σ_ij x_ij·y_ij. */
export function inner(x: Matrix, y: Matrix): number {
  let sum = 0;
  for (let i = 0; i < x.data.length; i++) sum += (x.data[i] ?? 0) * (y.data[i] ?? 0);
  return sum;
}

/** Matrices of equal shape as one float32 tensor [matrices, rows, columns]. */
export function stackMatrices(matrices: readonly Matrix[]): HostTensor {
  const rows = matrices[0]?.rows ?? 0;
  const columns = matrices[0]?.columns ?? 0;
  const stacked = float32([matrices.length, rows, columns]);
  matrices.forEach((matrix, i) => {
    stacked.data.set(matrix.data, i * rows * columns);
  });
  return stacked;
}
