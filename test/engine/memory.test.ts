import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { openEngine } from "../../src/engine/index.js";
import { decoderTrainStep, tinyDecoder } from "./decoder-step.js";

test("200 cycles of compile, run and dispose leave resident memory flat and no tensor behind", async () => {
  const engine = await openEngine("cpu", { threads: 2 });
  const step = decoderTrainStep(tinyDecoder, 2, 8);
  const cycle = async () => {
    const executable = await engine.compile("cycle", step.program, step.signature);
    const state = engine.createState(step.state);
    await executable.run(step.inputs(0), state);
    state.dispose();
    executable.dispose();
  };
  const resident = () => {
    globalThis.gc?.();
    return process.memoryUsage().rss / 2 ** 20;
  };
  await tf.setBackend("cpu");
  for (let i = 0; i < 60; i++) await cycle();
  const [rss, tensors] = [resident(), tf.memory().numTensors];
  for (let i = 0; i < 200; i++) await cycle();
  expect(tf.memory().numTensors).toBe(tensors);
  // A session of this program holds about a megabyte: keeping 200 of them would show.
  expect(resident() - rss).toBeLessThan(60);
});
