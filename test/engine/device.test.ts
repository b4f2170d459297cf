/** What an engine with memory of its own can get wrong; `engines.test.ts` runs this file on each engine that is present. */
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { DeviceError } from "../../src/engine/device-error.js";
import { float32, hasOwnMemory, int32, missingHalves, openEngine } from "../../src/engine/index.js";
import { Generator } from "../../src/lm/generate.js";
import { initWeights } from "../../src/lm/init.js";
import { skipVisibly } from "../skip.js";
import { tinyDecoder } from "./decoder-step.js";
import { engineId, openUnderTest } from "./under-test.js";

const needsDevice = "a GPU's memory: run by engines.test.ts on each engine of a card that is present";

test("1,000 steps leave no buffer behind, and only batch and scalars cross", { timeout: 240_000 }, async (ctx) => {
  if (engineId === "cpu") skipVisibly(ctx, needsDevice);
  const engine = await openUnderTest();
  const side = 128;
  const step = await engine.compile(
    "step",
    ({ inputs, state }) => {
      const weight = state.weight as tf.Tensor;
      const loss = (w: tf.Tensor) => tf.mean(tf.square(tf.matMul(inputs.x as tf.Tensor, w))) as tf.Scalar;
      const { value, grad } = tf.valueAndGrad(loss)(weight);
      return { outputs: { loss: value }, state: { weight: tf.sub(weight, tf.mul(grad, 0.01)) } };
    },
    {
      inputs: { x: { dtype: "float32", shape: [2, side] } },
      state: { weight: { dtype: "float32", shape: [side, side] } },
    },
  );
  const state = engine.createState({ weight: float32([side, side], new Float32Array(side * side).fill(0.1)) });
  const x = float32([2, side], new Float32Array(2 * side).fill(1));
  for (let i = 0; i < 100; i++) await step.run({ x }, state);
  const before = { resident: process.memoryUsage().rss, ...engine.traffic?.() };
  for (let i = 0; i < 1000; i++) await step.run({ x }, state);
  const after = { resident: process.memoryUsage().rss, ...engine.traffic?.() };
  // ONNX Runtime's CUDA hands the state back after each call, and TensorFlow is sent a program's scalars anew.
  if (engineId === "webgpu") {
    expect((after.toDevice ?? Number.NaN) - (before.toDevice ?? 0)).toBe(1000 * 4 * 2 * side);
    expect((after.fromDevice ?? Number.NaN) - (before.fromDevice ?? 0)).toBe(1000 * 4);
  }
  // One weight a step would be 64 MB; a software driver's buffers are resident memory.
  expect(after.resident - before.resident).toBeLessThan(24 * 2 ** 20);
  const { weight } = await state.read();
  expect(weight?.data[0]).toBeLessThan(0.1);
  step.dispose();
  state.dispose();
});

test("a tensor that the device does not hold is its lack of memory, and the engine goes on", async (ctx) => {
  if (!hasOwnMemory(engineId)) skipVisibly(ctx, needsDevice);
  const engine = await openUnderTest();
  const of = (count: number) =>
    engine.compile(
      "copies",
      ({ inputs }) => ({ outputs: { most: tf.max(tf.add(tf.tile(inputs.x as tf.Tensor, [count]), 1)) } }),
      { inputs: { x: { dtype: "float32", shape: [1024] } } },
    );
  const x = float32([1024], new Float32Array(1024).fill(1));
  // 2.9 GB: above what drivers in software allocate at once.
  const large = await of(700_000);
  const said: unknown = await large.run({ x }).catch((error: unknown) => error);
  if (!(said instanceof Error)) skipVisibly(ctx, "a device that lacks memory for 2.9 GB: this one holds it");
  expect(said).toBeInstanceOf(DeviceError);
  expect(said).toMatchObject({
    kind: "memory",
    message: expect.stringContaining(`copies: no memory left on the engine "${engineId}"`),
  });
  expect((await (await of(2)).run({ x })).most?.data[0]).toBe(2);
});

test("greedy and sampled replies are those of the CPU, several tokens a call", { timeout: 240_000 }, async () => {
  const model = { config: tinyDecoder, weights: initWeights(tinyDecoder, 3) };
  for (const tensor of Object.values(model.weights))
    for (const i of tensor.data.keys()) tensor.data[i] = (tensor.data[i] ?? 0) * 3;
  const rows = [0, 1, 2].map((i) => ({ prompt: Int32Array.of(3 + i, 5, 7 + i), promptKey: `${i}`, sample: 0 }));
  for (const temperature of [0, 1]) {
    const settings = { maxNewTokens: 6, temperature, stopIds: [1], seed: 2, logProbs: true };
    const [got, expected] = [
      await new Generator(await openUnderTest(), model, [], { decoding: "device" }).generate(rows, settings),
      await new Generator(await openEngine("cpu", { threads: 1 }), model).generate(rows, settings),
    ];
    expect(got.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  }
});

test("16-bit constants give what 32-bit ones give", { timeout: 240_000 }, async (ctx) => {
  if (engineId === "cpu") skipVisibly(ctx, "the engine cpu: half-constants.test.ts");
  const missing = await missingHalves(engineId);
  if (missing !== undefined) skipVisibly(ctx, missing.reason);
  const side = 32;
  const table = float32(
    [side, side],
    Float32Array.from({ length: side * side }, (_, i) => ((i * 7) % 64) / 64 - 0.5),
  );
  const results = [];
  for (const constants of ["float32", "float16"] as const) {
    const engine = await openEngine(engineId, { threads: 1, constants });
    const executable = await engine.compile(
      "rows and a product",
      ({ inputs, constants: { table } }) => {
        const rows = tf.gather(table as tf.Tensor, inputs.ids as tf.Tensor1D);
        return { outputs: { y: tf.matMul(rows, table as tf.Tensor, false, true) } };
      },
      { inputs: { ids: { dtype: "int32", shape: [3] } }, constants: { table } },
    );
    results.push(await executable.run({ ids: int32([3], [1, 30, 2]) }));
  }
  expect(results[1]).toEqual(results[0]);
});
