import { expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import { decoderTrainStep, tinyDecoder } from "./decoder-step.js";
import { engineId, openUnderTest } from "./under-test.js";

async function losses(engine: Engine, steps: number): Promise<number[]> {
  const { program, signature, state, inputs } = decoderTrainStep(tinyDecoder, 3, 12);
  const executable = await engine.compile("train step", program, signature);
  const held = engine.createState(state);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { loss } = await executable.run(inputs(step), held);
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  executable.dispose();
  held.dispose();
  return losses;
}

test(`20 train steps of a decoder have the oracle's losses within 1e-4, and learn (${engineId})`, async () => {
  const expected = await losses(await openEngine("tfjs-cpu", { threads: 1 }), 20);
  const got = await losses(await openUnderTest(), 20);
  for (const [step, loss] of expected.entries()) {
    expect(Math.abs((got[step] ?? Number.NaN) - loss) / loss, `step ${step}`).toBeLessThanOrEqual(1e-4);
  }
  expect(got.at(-1)).toBeLessThan(0.9 * (got[0] ?? 0));
});

test.runIf(engineId === "cpu")("the same steps with the same threads give the same bytes", async () => {
  const engine = await openUnderTest();
  expect(await losses(engine, 5)).toEqual(await losses(engine, 5));
});
