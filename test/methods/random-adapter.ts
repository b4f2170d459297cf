/** Random adapters and explicit matrices for tests of penalties. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { HostTensor, TensorMap } from "../../src/engine/index.js";
import { float32 } from "../../src/engine/index.js";
import type { AdaptedModule } from "../../src/methods/penalty.js";

/** Two modules of one shape and one of another. */
export const MODULES: readonly AdaptedModule[] = [
  { name: "a", out: 9, inner: 7, rank: 3 },
  { name: "b", out: 9, inner: 7, rank: 3 },
  { name: "c", out: 6, inner: 5, rank: 3 },
];

export function randomAdapter(seed: number, modules = MODULES, scale = 1): Record<string, HostTensor> {
  const random = xoroshiro128plus(seed);
  const draw = (shape: readonly [number, number]) =>
    float32(
      shape,
      Array.from({ length: shape[0] * shape[1] }, () => scale * (2 * uniformFloat64(random) - 1)),
    );
  return Object.fromEntries(
    modules.flatMap(({ name, out, inner, rank }) => [
      [`${name}.lora_A`, draw([rank, inner])],
      [`${name}.lora_B`, draw([out, rank])],
    ]),
  );
}

export type Rows = number[][];

export function rowsOf(tensor: HostTensor | undefined): Rows {
  const [rows = 0, columns = 0] = tensor?.shape ?? [];
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => tensor?.data[i * columns + j] ?? 0),
  );
}

export function tensorOf(rows: Rows): HostTensor {
  return float32([rows.length, rows[0]?.length ?? 0], rows.flat());
}

export function multiply(x: Rows, y: Rows): Rows {
  return x.map((row) => (y[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (y[k]?.[j] ?? 0), 0)));
}

/** B·A, formed in full. */
export function deltaOf(adapter: Readonly<Record<string, Rows>>, module: string): Rows {
  return multiply(adapter[`${module}.lora_B`] ?? [], adapter[`${module}.lora_A`] ?? []);
}

export function hostRows(adapter: TensorMap): Record<string, Rows> {
  return Object.fromEntries(Object.entries(adapter).map(([name, tensor]) => [name, rowsOf(tensor)]));
}
