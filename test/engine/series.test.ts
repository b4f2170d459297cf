/** Several runs in one call against as many calls, on the engine under test; on `cpu` to the bit. */
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, HostTensor, Program, Signature, TensorMap } from "../../src/engine/index.js";
import { float32, int32 } from "../../src/engine/index.js";
import { maxDifference } from "../lm/tiny.js";
import { skipVisibly } from "../skip.js";
import { decoderTrainStep, tinyDecoder } from "./decoder-step.js";
import { engineId, openUnderTest } from "./under-test.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openUnderTest();
});
afterAll(() => engine.dispose());

/** Everything that a program may do with inputs, constants and state. */
const signature: Signature = {
  inputs: {
    x: { dtype: "float32", shape: [2, 3] },
    row: { dtype: "int32", shape: [] },
    unread: { dtype: "float32", shape: [4] },
  },
  constants: { frozen: float32([3, 2], [1, -2, 3, 0.5, 0.25, -1]) },
  state: {
    sum: { dtype: "float32", shape: [2, 2] },
    count: { dtype: "int32", shape: [1] },
    /** Never changed. */
    scale: { dtype: "float32", shape: [2] },
    /** Never read. */
    last: { dtype: "float32", shape: [] },
    /** Each takes the other's place. */
    left: { dtype: "float32", shape: [1] },
    right: { dtype: "float32", shape: [1] },
  },
};
const program: Program = ({ inputs, constants, state }) => {
  const { x, row } = inputs as { x: tf.Tensor2D; row: tf.Scalar };
  const { sum, count, scale, left, right } = state as Record<string, tf.Tensor>;
  if (!sum || !count || !scale || !left || !right) throw new Error("a state is missing");
  const product = tf.mul(tf.matMul(x, constants.frozen as tf.Tensor2D), scale);
  const total = tf.add(sum, product);
  const mean = tf.mean(total);
  return {
    outputs: { mean, again: mean, product, before: sum, picked: tf.gather(x, tf.reshape(row, [1])), count, scale, x },
    state: { sum: total, count: tf.add(count, tf.scalar(1, "int32")), scale, last: mean, left: right, right: left },
  };
};
const initial = (): TensorMap => ({
  sum: float32([2, 2], [0.1, 0.2, 0.3, 0.4]),
  count: int32([1], [5]),
  scale: float32([2], [2, -1]),
  last: float32([]),
  left: float32([1], [1]),
  right: float32([1], [2]),
});
const unread = float32([4]);
const inputsAt = (i: number): TensorMap => ({
  x: float32(
    [2, 3],
    Array.from({ length: 6 }, (_, k) => Math.sin(7 * i + k)),
  ),
  row: int32([], [i % 2]),
  unread,
});

interface Outcome {
  readonly outputs: readonly TensorMap[];
  readonly state: TensorMap;
}

/** Runs the same inputs one by one and in series of the lengths given. */
async function bothWays(
  program: Program,
  signature: Signature,
  state: TensorMap,
  inputs: (i: number) => TensorMap,
  lengths: readonly number[],
): Promise<{ inTurn: Outcome; inSeries: Outcome }> {
  const single = await engine.compile("single", program, signature);
  const looped = await engine.compile("series", program, signature, { series: true });
  const [one, other] = [engine.createState(state), engine.createState(state)];
  const [inTurn, inSeries]: [TensorMap[], TensorMap[]] = [[], []];
  for (const length of lengths) {
    const from = inTurn.length;
    const series = Array.from({ length }, (_, i) => inputs(from + i));
    for (const each of series) inTurn.push(await single.run(each, one));
    inSeries.push(...(await looped.runSeries(series, other)));
  }
  const results = {
    inTurn: { outputs: inTurn, state: await one.read() },
    inSeries: { outputs: inSeries, state: await other.read() },
  };
  for (const held of [single, looped, one, other]) held.dispose();
  return results;
}

function expectSame(got: TensorMap, expected: TensorMap, where: string): void {
  if (engineId === "cpu" || engineId === "tfjs-cpu") {
    expect(got, where).toEqual(expected);
    return;
  }
  expect(Object.keys(got), where).toEqual(Object.keys(expected));
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    const found = got[name] as HostTensor;
    expect([found.dtype, found.shape], `${where} ${name}`).toEqual([dtype, shape]);
    expect(maxDifference(found.data, data), `${where} ${name}`).toBeLessThan(1e-6);
  }
}

function expectBothSame({ inTurn, inSeries }: { inTurn: Outcome; inSeries: Outcome }): void {
  expect(inSeries.outputs.length).toBe(inTurn.outputs.length);
  for (const [i, outputs] of inTurn.outputs.entries()) expectSame(inSeries.outputs[i] ?? {}, outputs, `run ${i}`);
  expectSame(inSeries.state, inTurn.state, "state");
}

describe(`a series (${engineId})`, () => {
  test.each([[[1]], [[2]], [[5]], [[3, 1, 0, 8, 2]]])("of %j runs gives what as many calls give", async (lengths) => {
    expectBothSame(await bothWays(program, signature, initial(), inputsAt, lengths));
  });

  test("gives what as many calls give where the program has no state", async () => {
    const { x } = signature.inputs;
    const plain: Program = ({ inputs }) => ({
      outputs: { y: tf.softmax(inputs.x as tf.Tensor2D), size: tf.sum(inputs.x as tf.Tensor) },
    });
    const only = (i: number): TensorMap => ({ x: inputsAt(i).x as HostTensor });
    expectBothSame(await bothWays(plain, { inputs: { x } as Signature["inputs"] }, {}, only, [4, 1]));
  });

  test("gives what as many calls give where some inputs are the same each time, and where there are none", async () => {
    const fixed = inputsAt(3).x as HostTensor;
    const shared = (i: number): TensorMap => ({ ...inputsAt(i), x: fixed });
    expectBothSame(await bothWays(program, signature, initial(), shared, [6]));
    const doubling: Program = ({ state }) => ({
      outputs: { n: state.n as tf.Tensor },
      state: { n: tf.mul(state.n as tf.Tensor, 2) },
    });
    const { inSeries } = await bothWays(
      doubling,
      { inputs: {}, state: { n: { dtype: "float32", shape: [] } } },
      { n: float32([], [1]) },
      () => ({}),
      [5],
    );
    expect(inSeries.outputs.map(({ n }) => n?.data[0])).toEqual([1, 2, 4, 8, 16]);
    expect(inSeries.state.n?.data[0]).toBe(32);
  });

  test("of a decoder's train steps gives what as many calls give", async (ctx) => {
    if (engineId !== "cpu" && engineId !== "cuda") skipVisibly(ctx, `one call a step is all there is on ${engineId}`);
    const step = decoderTrainStep(tinyDecoder, 3, 12);
    expectBothSame(await bothWays(step.program, step.signature, step.state, step.inputs, [1, 4, 3]));
  });

  test("may be asked of a program that was not compiled for it, and single runs of one that was", async () => {
    const plain = await engine.compile("plain", program, signature);
    const looped = await engine.compile("looped", program, signature, { series: true });
    const [one, other] = [engine.createState(initial()), engine.createState(initial())];
    const series = [0, 1, 2].map(inputsAt);
    const got = await plain.runSeries(series, one);
    for (const [i, inputs] of series.entries()) expectSame(await looped.run(inputs, other), got[i] ?? {}, `run ${i}`);
    expectSame(await other.read(), await one.read(), "state");
  });

  test("with a wrong input in the middle runs nothing of it", async () => {
    for (const hints of [{}, { series: true }]) {
      const executable = await engine.compile("strict", program, signature, hints);
      const state = engine.createState(initial());
      const wrong = { ...inputsAt(1), x: float32([3, 2]) };
      await expect(executable.runSeries([inputsAt(0), wrong, inputsAt(2)], state)).rejects.toThrow(
        'strict: input "x" is float32[3,2], the program wants float32[2,3]',
      );
      await expect(executable.runSeries([inputsAt(0)])).rejects.toThrow("strict: needs a state");
      expectSame(await state.read(), initial(), "state");
      executable.dispose();
      state.dispose();
    }
  });

  test("shares its state with other programs", async () => {
    const looped = await engine.compile("looped", program, signature, { series: true });
    const single = await engine.compile("single", program, signature);
    const [mixed, plain] = [engine.createState(initial()), engine.createState(initial())];
    await single.run(inputsAt(0), mixed);
    await looped.runSeries([1, 2].map(inputsAt), mixed);
    await single.run(inputsAt(3), mixed);
    for (let i = 0; i < 4; i++) await single.run(inputsAt(i), plain);
    expectSame(await mixed.read(), await plain.read(), "state");
  });
});
