/** Trainings on an engine whose memory does not hold a whole batch: the same steps, in parts. */
import { expect, test } from "vitest";
import { DeviceError } from "../../src/engine/device-error.js";
import type { Engine, TensorMap } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Task, TaskEnv } from "../../src/methods/task.js";
import { allPairs, drawRewards, enumerableEnv } from "./enumerable-task.js";
import { updatedPolicy } from "./updated-policy.js";
import { FROZEN, wholeTasks } from "./whole-tasks.js";

const STEPS = 4;
const quiet = { signal: new AbortController().signal, emit() {} };
const pairs = { helpful: allPairs(drawRewards()[0] ?? [], "hard").slice(0, 16) };

/** Refuses to run what has more rows than it holds; counts how often, and what was said. */
function small(engine: Engine, holds: number): { engine: Engine; refused: () => number; said: string[] } {
  let refused = 0;
  const said: string[] = [];
  return {
    refused: () => refused,
    said,
    engine: {
      ...engine,
      say: (line) => said.push(line),
      async compile(name, program, signature, hints) {
        const executable = await engine.compile(name, program, signature, hints);
        const check = (inputs: TensorMap): void => {
          if ((inputs.tokens?.shape[0] ?? 0) <= holds) return;
          refused++;
          throw new DeviceError(`${name}: no memory left`, "memory");
        };
        return {
          ...executable,
          async run(inputs, state) {
            check(inputs);
            return executable.run(inputs, state);
          },
          async runSeries(series, state) {
            series.forEach(check);
            return executable.runSeries(series, state);
          },
        };
      },
    },
  };
}

async function curveOf(task: Task, engine: Engine, frozen = {}) {
  const env: TaskEnv = { ...enumerableEnv(engine, pairs), artefact: async () => frozen };
  const { summary } = await runTask(task, Number.POSITIVE_INFINITY, env, {
    label: "task",
    ...quiet,
  });
  await env.executables.dispose();
  return summary;
}

const { sft, dpo, mva, rewardModel } = wholeTasks(STEPS);

test.each<[string, Task]>([
  ["SFT", sft],
  ["DPO", dpo],
  ["MVA", mva],
  ["a reward model", rewardModel],
])("%s in as many passes as memory asks for has the losses of whole batches, and costs the same", async (_, task) => {
  const engine = await openEngine("cpu", { threads: 1 });
  const expected = await curveOf(task, engine, FROZEN);
  const tight = small(engine, 2);
  const got = await curveOf(task, tight.engine, FROZEN);
  expect(tight.refused()).toBeGreaterThan(0);
  expect(
    tight.said.some((line) => /^task: the memory of cpu does not hold 8 rows at once; going on with 4$/.test(line)),
  ).toBe(true);
  expect(got.curve.length).toBe(STEPS);
  for (const [i, point] of expected.curve.entries()) {
    for (const [name, value] of Object.entries(point))
      expect(got.curve[i]?.[name], `${name} ${i}`).toBeCloseTo(value, 4);
  }
  expect(got.ledger).toEqual(expected.ledger);
});

test("steps that share a call on a card are taken in passes, one by one, once its memory was short", async () => {
  const cpu = await openEngine("cpu", { threads: 1 });
  const card: Engine = { ...cpu, id: "cuda", stepsPerCall: 3 };
  const task = mva;
  const expected = await curveOf(task, card, FROZEN);
  const tight = small(card, 4);
  const got = await curveOf(task, tight.engine, FROZEN);
  expect(tight.said).toContain("task: the memory of cuda does not hold 8 rows at once; going on with 4");
  expect(got.ledger).toEqual(expected.ledger);
  for (const [i, point] of expected.curve.entries()) {
    for (const [name, value] of Object.entries(point))
      expect(got.curve[i]?.[name], `${name} ${i}`).toBeCloseTo(value, 4);
  }
});

test("a pair that does not fit alone is the device's error, not an endless loop", async () => {
  const { engine } = small(await openEngine("cpu", { threads: 1 }), 0);
  await expect(curveOf(dpo, engine)).rejects.toThrow(DeviceError);
});

test("an engine that is told how many rows to take makes its passes so from the start", async () => {
  const engine = await openEngine("cpu", { threads: 1, maxRows: 2 });
  const tight = small(engine, 2);
  const task = dpo;
  const { curve } = await curveOf(task, tight.engine);
  expect([curve.length, tight.refused(), tight.said]).toEqual([STEPS, 0, []]);
});

test("PPO's update in as many passes as memory asks for has the losses and parameters of whole minibatches", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  const expected = await updatedPolicy(engine);
  const tight = small(engine, 3);
  const got = await updatedPolicy(tight.engine);
  expect(tight.refused()).toBeGreaterThan(0);
  expect(expected.parameters.some((value) => value !== 0)).toBe(true);
  for (const [i, value] of expected.parameters.entries()) expect(got.parameters[i]).toBeCloseTo(value, 4);
  for (const [name, value] of Object.entries(expected.figures)) expect(got.figures[name], name).toBeCloseTo(value, 4);
});
