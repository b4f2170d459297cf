/** A step in passes against the same step in one piece. */
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import type { TensorSpec } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";
import { passesPerBatch } from "../../src/methods/batches.js";
import { initialOptimizerState, RATES, ratesAt } from "../../src/methods/optimizer.js";
import { layoutOf, packParameters } from "../../src/methods/parameters.js";
import type { PrepareLoss } from "../../src/methods/training-program.js";
import {
  gradientProgram,
  gradientSpec,
  stateSpec,
  trainingProgram,
  updateProgram,
  updateSpec,
} from "../../src/methods/training-program.js";
import { maxDifference } from "../lm/tiny.js";
import { OPTIMIZER } from "./tiny-settings.js";

const parameters = { w: float32([2, 3], [0.1, -0.2, 0.3, 0.5, -0.4, 0.2]), v: float32([3], [1, 2, -1]) };
const layout = layoutOf(parameters);
const rows = [
  [1, 2],
  [3, -1],
  [0.5, 0.25],
  [-2, 1],
];

/** Mean over four rows of softplus(tanh(xW)·v), summed over those given. */
const dataLoss: PrepareLoss =
  () =>
  (p, { inputs }) => {
    const hidden = tf.tanh(tf.matMul(inputs["x"] as tf.Tensor, p["w"] as tf.Tensor));
    const scores = tf.matMul(hidden, tf.reshape(p["v"] as tf.Tensor, [3, 1]));
    return { loss: tf.div(tf.sum(tf.softplus(scores)), rows.length), report: { scores } };
  };
const penalty: PrepareLoss = () => (p) => {
  const loss = tf.mul(tf.sum(tf.square(p["v"] as tf.Tensor)), 0.3);
  return { loss, report: { penalty: loss } };
};
const both: PrepareLoss = (before, values) => (p, same) => {
  const [data, extra] = [dataLoss(before, values)(p, same), penalty(before, values)(p, same)];
  return { loss: tf.add(data.loss, extra.loss), report: {} };
};

test("three steps in passes, with a term of their own, equal three steps in one piece, and clear the gradient", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  const x = (count: number): Record<string, TensorSpec> => ({ x: { dtype: "float32", shape: [count, 2] } });
  const whole = await engine.compile("whole", trainingProgram(layout, OPTIMIZER, both), {
    inputs: { ...x(4), rates: RATES },
    state: stateSpec(layout),
  });
  const pass = await engine.compile("pass", gradientProgram(layout, dataLoss), {
    inputs: x(2),
    state: gradientSpec(layout),
  });
  const update = await engine.compile("update", updateProgram(layout, OPTIMIZER, penalty), {
    inputs: { rates: RATES },
    state: updateSpec(layout),
  });
  const start = initialOptimizerState(packParameters(layout, parameters));
  const together = engine.createState(start);
  const inPasses = engine.createState({ ...start, gradient: float32([layout.size]) });
  for (let step = 0; step < 3; step++) {
    const rates = ratesAt(OPTIMIZER, step, 3);
    const expected = await whole.run({ x: float32([4, 2], rows.flat()), rates }, together);
    let loss = 0;
    for (const part of [rows.slice(0, 2), rows.slice(2)]) {
      const out = await pass.run({ x: float32([2, 2], part.flat()) }, inPasses);
      loss += out["loss"]?.data[0] ?? Number.NaN;
    }
    const out = await update.run({ rates }, inPasses);
    loss += out["loss"]?.data[0] ?? Number.NaN;
    expect(loss).toBeCloseTo(expected["loss"]?.data[0] ?? Number.NaN, 5);
    expect(out["gradientNorm"]?.data[0]).toBeCloseTo(expected["gradientNorm"]?.data[0] ?? Number.NaN, 5);
    const [a, b] = [await together.read(), await inPasses.read()];
    for (const name of ["parameters", "moment1", "moment2"]) {
      expect(maxDifference(b[name]?.data ?? [], a[name]?.data ?? []), name).toBeLessThan(1e-6);
    }
    expect([...(b["gradient"]?.data ?? [])].every((value) => value === 0)).toBe(true);
  }
  expect(
    maxDifference((await inPasses.read(["parameters"]))["parameters"]?.data ?? [], start["parameters"]?.data ?? []),
  ).toBeGreaterThan(1e-4);
  engine.dispose();
});

test("a batch is passed whole when its pairs are short, else in equal parts of about a thousand tokens", () => {
  expect(passesPerBatch(16, 40)).toBe(1);
  expect(passesPerBatch(16, 181)).toBe(4);
  expect(passesPerBatch(12, 181)).toBe(3);
  expect(passesPerBatch(7, 181)).toBe(7);
  expect(passesPerBatch(4, 5000)).toBe(4);
});
