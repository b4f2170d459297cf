/**
 * Counts the bytes that TensorFlow's binding is given and gives back: what crosses to a card and from it. Integers are counted
 * too, which stay on the host until an op on the card wants them.
 */
import type { Traffic } from "./engine.js";

interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  tensorDataSync(id: number): unknown;
}

/** The binding's functions are read-only, the backend's hold on it is not. */
export interface WithBinding {
  binding: Binding;
}

/** @returns bytes since this was called */
export function countTraffic(backend: WithBinding): () => Traffic {
  const { binding } = backend;
  const counted = { toDevice: 0, fromDevice: 0 };
  const createTensor: Binding["createTensor"] = (shape, dtype, values) => {
    counted.toDevice += bytesOf(values);
    return binding.createTensor(shape, dtype, values);
  };
  const tensorDataSync: Binding["tensorDataSync"] = (id) => {
    const values = binding.tensorDataSync(id);
    counted.fromDevice += bytesOf(values);
    return values;
  };
  backend.binding = Object.create(binding, {
    createTensor: { value: createTensor },
    tensorDataSync: { value: tensorDataSync },
  }) as Binding;
  return () => ({ ...counted });
}

function bytesOf(values: unknown): number {
  return ArrayBuffer.isView(values) ? values.byteLength : 0;
}
