import { expect, test } from "vitest";
import { countTraffic } from "../../src/engine/tensorflow-traffic.js";

test("what the binding is given and gives is counted in bytes, and passes through", () => {
  const held: unknown[] = [];
  const binding = Object.freeze({
    createTensor: (_shape: readonly number[], _dtype: number, values: unknown) => held.push(values) - 1,
    tensorDataSync: (id: number) => held[id],
    TF_FLOAT: 1,
  });
  const backend = { binding };
  const traffic = countTraffic(backend);
  expect(traffic()).toEqual({ toDevice: 0, fromDevice: 0 });
  const values = Float32Array.of(1, 2, 3);
  const id = backend.binding.createTensor([3], 1, values);
  backend.binding.createTensor([1], 7, ["text"]);
  expect(traffic()).toEqual({ toDevice: 12, fromDevice: 0 });
  expect(backend.binding.tensorDataSync(id)).toBe(values);
  expect(traffic()).toEqual({ toDevice: 12, fromDevice: 12 });
  expect(backend.binding.TF_FLOAT).toBe(1);
});
