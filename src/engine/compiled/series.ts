/** What goes in and out of a model that runs its program several times: inputs stacked, outputs cut apart. */
import "../no-telemetry.js";
import * as ort from "onnxruntime-node";
import type { HostTensor, TensorMap } from "../engine.js";
import type { SeriesShape } from "./series-model.js";
import { INPUT, NEW_STATE, STATE } from "./trace.js";

/** A program's state is carried from one time to the next, as far as the program changes it. */
export const CARRIED: SeriesShape = {
  carriedBy: (output) => (output.startsWith(NEW_STATE) ? STATE + output.slice(NEW_STATE.length) : undefined),
  fedEachTime: (input) => input.startsWith(INPUT),
};

/** How many times, as the model takes it: a number in host memory, on every device. */
export function times(count: number): ort.Tensor {
  return new ort.Tensor("int64", BigInt64Array.of(BigInt(count)), []);
}

/** The named inputs along a new first axis; one that is the same tensor in all of `series` is neither copied nor repeated. */
export function stack(names: readonly string[], series: readonly TensorMap[]): TensorMap {
  const stacked: Record<string, HostTensor> = {};
  for (const name of names) {
    const values = series.flatMap((inputs) => inputs[name] ?? []);
    const [first] = values;
    if (first === undefined) continue;
    const { dtype, shape, data } = first;
    if (values.every((value) => value === first)) {
      stacked[name] = { dtype, shape: [1, ...shape], data };
      continue;
    }
    const size = values.length * data.length;
    const all = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    for (const [i, value] of values.entries()) all.set(value.data, i * data.length);
    stacked[name] = { dtype, shape: [values.length, ...shape], data: all };
  }
  return stacked;
}

/** Each time's outputs, in arrays of their own. */
export function unstack(outputs: TensorMap, count: number): Record<string, HostTensor>[] {
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, { dtype, shape, data }]) => {
        const size = data.length / count;
        return [name, { dtype, shape: shape.slice(1), data: data.slice(i * size, (i + 1) * size) }];
      }),
    ),
  );
}
