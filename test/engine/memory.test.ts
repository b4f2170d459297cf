import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type { Engine, Program, Signature } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Holds a megabyte of constants and one of state, so that keeping any of 200 executables or states would show. */
const SIDE = 512;
const square = { dtype: "float32", shape: [SIDE, SIDE] } as const;
const signature: Signature = {
  inputs: { x: { dtype: "float32", shape: [4, SIDE] } },
  constants: { frozen: float32([SIDE, SIDE], new Float32Array(SIDE * SIDE).fill(1 / SIDE)) },
  state: { weight: square },
};
const program: Program = ({ inputs, constants, state }) => {
  const loss = (weight: tf.Tensor) =>
    tf.mean(tf.tanh(tf.matMul(tf.matMul(inputs.x as tf.Tensor, constants.frozen as tf.Tensor), weight))) as tf.Scalar;
  const { value, grad } = tf.valueAndGrad(loss)(state.weight as tf.Tensor);
  return { outputs: { loss: value }, state: { weight: tf.sub(state.weight as tf.Tensor, tf.mul(grad, 0.1)) } };
};

/** Keeps what was disposed reachable, so that the garbage collector cannot do the work of `dispose`. */
const disposed: unknown[] = [];

async function cycle(engine: Engine, series: boolean): Promise<void> {
  const executable = await engine.compile("cycle", program, signature, { series });
  const state = engine.createState({ weight: float32([SIDE, SIDE], new Float32Array(SIDE * SIDE).fill(0.01)) });
  const inputs = { x: float32([4, SIDE], new Float32Array(4 * SIDE).fill(1)) };
  if (series) await executable.runSeries([inputs, inputs], state);
  else await executable.run(inputs, state);
  state.dispose();
  executable.dispose();
  disposed.push(executable, state);
}

function residentMiB(): number {
  collect();
  return process.memoryUsage().rss / 2 ** 20;
}

test.each([
  ["run", false],
  ["a series of runs", true],
])("200 cycles of compile, %s and dispose leave resident memory flat and no tensor behind", async (_, series) => {
  const engine = await openEngine("cpu", { threads: 2 });
  await tf.setBackend("cpu");
  for (let i = 0; i < 50; i++) await cycle(engine, series);
  const [before, tensors] = [residentMiB(), tf.memory().numTensors];
  for (let i = 0; i < 200; i++) await cycle(engine, series);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(residentMiB() - before).toBeLessThan(64);
});
