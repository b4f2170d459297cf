import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Graph } from "../../src/engine/compiled/graph.js";
import { halfBits } from "../../src/engine/compiled/half-constants.js";
import { writeModel } from "../../src/engine/compiled/model.js";
import { fromFloat16 } from "../../src/engine/half-floats.js";
import type { Program, Signature } from "../../src/engine/index.js";
import { float32, int32, openEngine } from "../../src/engine/index.js";

const SIDE = 64;
/** Every 16-bit float that is a number, the smallest and the largest among them. */
const halves = Float32Array.from({ length: 0x10000 }, (_, bits) => fromFloat16(bits)).filter(Number.isFinite);
const matrix = (phase: number) =>
  Float32Array.from(
    { length: SIDE * SIDE },
    (_, i) => fromFloat16(0x2c00 + ((i * 37 + phase) % 0x0c00)) * (i % 3 ? 1 : -1),
  );

test("what is stored in 16 bits is every number that is a 16-bit float, and comes back the same", () => {
  const bits = halfBits(halves);
  expect(bits?.length).toBe(halves.length);
  expect(Float32Array.from(bits ?? [], fromFloat16)).toEqual(halves);
});

test("one value that would be rounded keeps the whole constant in 32 bits", () => {
  fc.assert(
    fc.property(fc.nat(halves.length - 1), fc.float({ noNaN: true, noDefaultInfinity: true }), (at, value) => {
      const changed = halves.slice();
      changed[at] = value;
      const isHalf = Object.is(fromFloat16Nearest(value), Math.fround(value)) || value === 0;
      expect(halfBits(changed) !== null).toBe(isHalf);
    }),
    { numRuns: 30 },
  );
});

/** By looking at every 16-bit float. */
function fromFloat16Nearest(value: number): number {
  return halves.find((half) => Object.is(half, Math.fround(value))) ?? Number.NaN;
}

/** Rows taken from a table, a product whose weight is needed forwards and backwards, and a weight that is no 16-bit float. */
const signature: Signature = {
  inputs: { ids: { dtype: "int32", shape: [8] } },
  constants: {
    table: float32([SIDE, SIDE], matrix(0)),
    weight: float32([SIDE, SIDE], matrix(5)),
    odd: float32(
      [SIDE, SIDE],
      matrix(9).map((x) => x * 1.0001),
    ),
  },
  state: { bias: { dtype: "float32", shape: [SIDE] } },
};
const program: Program = ({ inputs, constants, state }) => {
  const { table, weight, odd } = constants as Record<string, tf.Tensor2D>;
  if (!table || !weight || !odd) throw new Error("constants");
  const loss = (bias: tf.Tensor) => {
    const x = tf.gather(table, inputs.ids as tf.Tensor1D);
    return tf.mean(tf.square(tf.matMul(tf.tanh(tf.matMul(tf.mul(x, bias), weight, false, true)), odd))) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(loss)(state.bias as tf.Tensor);
  return { outputs: { loss: value, head: table }, state: { bias: tf.sub(state.bias as tf.Tensor, grad) } };
};

test("16-bit storage of 16-bit values gives the same bits as 32-bit storage, forwards and backwards", async () => {
  const results = [];
  for (const constants of ["float32", "float16"] as const) {
    const engine = await openEngine("cpu", { threads: 1, constants });
    const executable = await engine.compile("halves", program, signature);
    const state = engine.createState({ bias: float32([SIDE], new Float32Array(SIDE).fill(1)) });
    const ids = int32([8], Int32Array.from([0, 1, 5, 63, 5, 2, 7, 9]));
    const losses = [];
    for (let step = 0; step < 3; step++) losses.push(await executable.run({ ids }, state));
    results.push({ losses, state: await state.read() });
  }
  expect(results[1]).toEqual(results[0]);
});

test("a file of 16-bit constants is about half as large", () => {
  const sizeOf = (storage: "float32" | "float16") => {
    const graph = new Graph("cpu");
    const x = graph.input("x", "float32", [SIDE, SIDE]);
    const weight = graph.constant("w", "float32", [SIDE, SIDE], matrix(0));
    const value = graph.emit("MatMul", [x, weight], { dtype: "float32", shape: [SIDE, SIDE] });
    return writeModel("product", graph, [{ name: "y", value }], storage).bytes.length;
  };
  const saved = sizeOf("float32") - sizeOf("float16");
  expect(saved).toBeGreaterThan(2 * SIDE * SIDE - 200);
  expect(saved).toBeLessThan(2 * SIDE * SIDE);
});

test("in a series of runs, too", async () => {
  const table = float32([SIDE, SIDE], matrix(3));
  const program: Program = ({ inputs, constants: { table } }) => {
    const taken = tf.gather(table as tf.Tensor, inputs.ids as tf.Tensor1D);
    return { outputs: { y: tf.matMul(taken, table as tf.Tensor2D, false, true) } };
  };
  const signature: Signature = { inputs: { ids: { dtype: "int32", shape: [3] } }, constants: { table } };
  const engine = await openEngine("cpu", { threads: 1, constants: "float16" });
  const single = await engine.compile("single", program, signature);
  const looped = await engine.compile("series", program, signature, { series: true });
  const series = [0, 1, 2].map((i) => ({ ids: int32([3], [i, 30 + i, 2]) }));
  const expected = [];
  for (const inputs of series) expected.push(await single.run(inputs));
  expect(await looped.runSeries(series)).toEqual(expected);
});
