import { spawnSync } from "node:child_process";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Engine, Program, Signature } from "../../src/engine/index.js";
import { EngineError, float32, int32, openEngine } from "../../src/engine/index.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
});

const x: Signature = { inputs: { x: { dtype: "float32", shape: [3] } } };
const values = { x: float32([3], [1, -2, 3]) };
const onX =
  (f: (x: tf.Tensor) => tf.Tensor): Program =>
  ({ inputs }) => ({ outputs: { y: f(inputs.x as tf.Tensor) } });

describe("what a compiled program must not do is an error that names the op", () => {
  test("reading a computed value", async () => {
    const program = onX((x) => tf.mul(x, tf.tanh(x).dataSync()[0] ?? 0));
    await expect(engine.compile("reader", program, x)).rejects.toThrow(
      /^reader: the result of op "Tanh" was read: .*not inside compile\(\)$/,
    );
  });

  test("reading an input", async () => {
    const program = onX((x) => tf.mul(x, x.arraySync() as number[]));
    await expect(engine.compile("reader", program, x)).rejects.toThrow(/a tensor was read.*not inside compile\(\)/);
  });

  test("an op without a kernel", async () => {
    await expect(
      engine.compile(
        "ffts",
        onX((x) => tf.unique(x).values),
        x,
      ),
    ).rejects.toThrow('ffts: op "Unique" has no kernel: not inside compile()');
  });

  test("an op that reads its argument inside", async () => {
    const program = onX((x) => tf.tensor1d([tf.mean(x).dataSync()[0] ?? 0]));
    await expect(engine.compile("mean", program, x)).rejects.toThrow(/"Mean".*not inside compile\(\)/);
  });

  test("compiling inside a program", async () => {
    let inner: Promise<unknown> = Promise.resolve();
    const program = onX((x) => {
      inner = engine.compile("inner", onX(tf.neg), { inputs: x as never });
      inner.catch(() => {});
      return x;
    });
    await engine.compile("outer", program, x);
    await expect(inner).rejects.toThrow('inner: compile() was called while "outer" is being recorded');
  });

  test("also where the program is compiled for series", async () => {
    const program = onX((x) => tf.unique(x).values);
    await expect(engine.compile("odd", program, x, { series: true })).rejects.toThrow(
      'odd: op "Unique" has no kernel: not inside compile()',
    );
  });

  test("the global tfjs engine is left as it was, also after an error", async () => {
    await tf.setBackend("cpu");
    const before = tf.memory().numTensors;
    await expect(
      engine.compile(
        "reader",
        onX((x) => tf.tensor(tf.exp(x).dataSync())),
        x,
      ),
    ).rejects.toThrow(EngineError);
    expect(tf.getBackend()).toBe("cpu");
    expect(tf.memory().numTensors).toBe(before);
    expect((await (await engine.compile("after", onX(tf.neg), x)).run(values)).y?.data).toEqual(
      Float32Array.of(-1, 2, -3),
    );
  });
});

describe("inputs and outputs", () => {
  test("an input that nothing reads may be fed all the same", async () => {
    const signature = { inputs: { ...x.inputs, unused: { dtype: "int32", shape: [2] } } } as const;
    const executable = await engine.compile("unused", onX(tf.neg), signature);
    const { y } = await executable.run({ ...values, unused: int32([2]) });
    expect(y?.data).toEqual(Float32Array.of(-1, 2, -3));
  });

  test("outputs may be inputs, constants, literals, twice the same value, or booleans", async () => {
    const program: Program = ({ inputs, constants }) => {
      const x = inputs.x as tf.Tensor;
      const doubled = tf.add(x, x);
      return {
        outputs: {
          input: x,
          constant: constants.c as tf.Tensor,
          literal: tf.tensor1d([7, 8]),
          one: doubled,
          same: doubled,
          positive: tf.greater(x, 0),
          count: tf.sum(tf.cast(tf.greater(x, 0), "int32")),
        },
      };
    };
    const executable = await engine.compile("outputs", program, { ...x, constants: { c: int32([2], [4, 5]) } });
    const result = await executable.run(values);
    expect(Object.fromEntries(Object.entries(result).map(([key, { data }]) => [key, [...data]]))).toEqual({
      input: [1, -2, 3],
      constant: [4, 5],
      literal: [7, 8],
      one: [2, -4, 6],
      same: [2, -4, 6],
      positive: [1, 0, 1],
      count: [2],
    });
    expect(result.count).toMatchObject({ dtype: "int32", shape: [] });
  });

  test("a tensor made outside the program becomes part of it, and stays where it is", async () => {
    await tf.setBackend("cpu");
    const outside = tf.tensor1d([10, 20, 30]);
    const executable = await engine.compile(
      "outside",
      onX((x) => tf.add(x, outside)),
      x,
    );
    expect((await executable.run(values)).y?.data).toEqual(Float32Array.of(11, 18, 33));
    expect(outside.dataSync()).toEqual(Float32Array.of(10, 20, 30));
    outside.dispose();
  });

  test.each([
    ["missing", {}, 'named: input "x" is missing'],
    ["of the wrong shape", { x: float32([2]) }, 'named: input "x" is float32[2], the program wants float32[3]'],
    ["of the wrong type", { x: int32([3]) }, 'named: input "x" is int32[3], the program wants float32[3]'],
    ["unknown", { ...values, z: float32([1]) }, 'named: the program has no input "z"'],
  ])("an input that is %s is an error", async (_, inputs, message) => {
    const executable = await engine.compile("named", onX(tf.neg), x);
    await expect(executable.run(inputs)).rejects.toThrow(message);
  });

  test("running a disposed executable is an error", async () => {
    const executable = await engine.compile("gone", onX(tf.neg), x);
    executable.dispose();
    executable.dispose();
    await expect(executable.run(values)).rejects.toThrow("gone: run after dispose");
  });
});

describe("state", () => {
  const signature: Signature = {
    inputs: { by: { dtype: "float32", shape: [] } },
    state: { total: { dtype: "float32", shape: [2] }, kept: { dtype: "int32", shape: [1] } },
  };
  const program: Program = ({ inputs, state }) => ({
    outputs: { before: state.total as tf.Tensor },
    state: { total: tf.add(state.total as tf.Tensor, inputs.by as tf.Tensor), kept: state.kept as tf.Tensor },
  });
  const initial = () => ({ total: float32([2], [1, 2]), kept: int32([1], [9]) });

  test("is replaced by what the program returns, shared between executables, and copied on the way in and out", async () => {
    const given = initial();
    const state = engine.createState(given);
    given.total.data[0] = 1000;
    const [first, second] = [
      await engine.compile("a", program, signature),
      await engine.compile("b", program, signature),
    ];
    await first.run({ by: float32([], [10]) }, state);
    const { before } = await second.run({ by: float32([], [100]) }, state);
    expect(before?.data).toEqual(Float32Array.of(11, 12));
    const read = await state.read();
    expect(read).toEqual({ total: float32([2], [111, 112]), kept: int32([1], [9]) });
    (read.total?.data as Float32Array)[0] = -1;
    expect((await state.read(["total"])).total?.data).toEqual(Float32Array.of(111, 112));
    state.write({ total: float32([2], [0, 0]) });
    expect((await second.run({ by: float32([], [1]) }, state)).before?.data).toEqual(Float32Array.of(0, 0));
  });

  test("that is missing, unknown, reshaped or of another engine is an error", async () => {
    const executable = await engine.compile("stateful", program, signature);
    const by = { by: float32([], [1]) };
    await expect(executable.run(by)).rejects.toThrow("stateful: needs a state");
    const state = engine.createState(initial());
    expect(() => state.write({ other: float32([1]) })).toThrow('state has no entry "other"');
    expect(() => state.write({ total: float32([3]) })).toThrow('state "total" has shape [2], not [3]');
    const foreign = (await openEngine("tfjs-cpu", { threads: 1 })).createState(initial());
    await expect(executable.run(by, foreign)).rejects.toThrow("stateful: this state belongs to another engine");
    const grows: Program = ({ state }) => ({ outputs: {}, state: { total: tf.tile(state.total as tf.Tensor, [2]) } });
    await expect(engine.compile("grows", grows, signature)).rejects.toThrow(
      'grows: returned state "total" is float32[4], not float32[2]',
    );
    const invents: Program = () => ({ outputs: {}, state: { other: tf.zeros([1]) } });
    await expect(engine.compile("invents", invents, signature)).rejects.toThrow('"other" is not in the signature');
  });
});

test("an unknown engine is an error that lists the known ones", async () => {
  await expect(openEngine("gpu" as never, { threads: 1 })).rejects.toThrow(
    /"gpu" is unknown.*cpu, webgpu, cuda, tfjs-cpu/,
  );
});

test("opening engines prints nothing", () => {
  const code = `
    import { openEngine, float32 } from "./dist/engine/index.js";
    for (const id of ["tfjs-cpu", "cpu"]) {
      const engine = await openEngine(id, { threads: 1 });
      const exe = await engine.compile("f", ({ inputs }) => ({ outputs: { y: inputs.x.neg() } }), { inputs: { x: { dtype: "float32", shape: [1] } } });
      await exe.run({ x: float32([1]) });
    }`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "", status: 0 });
});
