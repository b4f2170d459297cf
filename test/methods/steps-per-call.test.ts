/** Trainings whose steps share calls against the same trainings step by step. */
import { fc, test as property } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, TensorMap } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";
import { sharedShapes } from "../../src/methods/batches.js";
import { Ledger } from "../../src/methods/budget.js";
import { ExecutableCache } from "../../src/methods/executables.js";
import { MethodFailure } from "../../src/methods/method.js";
import { RATES } from "../../src/methods/optimizer.js";
import { layoutOf } from "../../src/methods/parameters.js";
import { PENALTY_KINDS } from "../../src/methods/penalty.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Checkpoint, Task, TaskEnv, TaskEvent, TaskRun } from "../../src/methods/task.js";
import { train } from "../../src/methods/training.js";
import { stateSpec, trainingProgram } from "../../src/methods/training-program.js";
import { maxDifference } from "../lm/tiny.js";
import { allPairs, drawRewards, enumerableEnv } from "./enumerable-task.js";
import { OPTIMIZER } from "./tiny-settings.js";
import { updatedPolicy } from "./updated-policy.js";
import { FROZEN, wholeTasks } from "./whole-tasks.js";

const STEPS = 10;
const PER_CALL = 4;
const pairs = { helpful: allPairs(drawRewards()[0] ?? [], "hard") };
const { sft, dpo, mva, rewardModel } = wholeTasks(STEPS);

let cpu: Engine;
beforeAll(async () => {
  cpu = await openEngine("cpu", { threads: 1 });
});
afterAll(() => cpu.dispose());

/** The processor in a card's place, that wants so many steps a call; `calls` are the lengths of the series that it was given. */
function card(stepsPerCall?: number): { engine: Engine; calls: number[] } {
  const calls: number[] = [];
  const engine: Engine = {
    ...cpu,
    id: "cuda",
    ...(stepsPerCall === undefined ? {} : { stepsPerCall }),
    async compile(name, program, signature, hints) {
      const executable = await cpu.compile(name, program, signature, hints);
      return {
        ...executable,
        runSeries(series, state) {
          calls.push(series.length);
          return executable.runSeries(series, state);
        },
      };
    },
  };
  return { engine, calls };
}

async function trained(task: Task, engine: Engine, options: Partial<TaskRun> = {}) {
  const env: TaskEnv = { ...enumerableEnv(engine, pairs), artefact: async () => FROZEN };
  const events: TaskEvent[] = [];
  const emit = (event: TaskEvent) => events.push(event);
  const run = { label: "task", signal: new AbortController().signal, emit, ...options };
  try {
    return { ...(await runTask(task, Number.POSITIVE_INFINITY, env, run)), events };
  } finally {
    await env.executables.dispose();
  }
}

describe("steps that share a call give what steps one by one give, to the bit", () => {
  test.each<[string, Task]>([
    ["SFT", sft],
    ["DPO", dpo],
    ["MVA", mva],
    ["a reward model", rewardModel],
  ])("%s: parameters, curve, ledger and events", async (_, task) => {
    const grouped = card(PER_CALL);
    const [got, expected] = [await trained(task, grouped.engine), await trained(task, card().engine)];
    expect(got).toEqual(expected);
    // A penalty that begins after the first step is another program.
    expect(grouped.calls).toEqual(task === mva ? [4, 4] : [4, 4, 2]);
  });

  test("where checkpoints and looks at the policy come in between, and after an interruption", async () => {
    const looksOf = (looks: { step: number; adapter: TensorMap }[]) => ({
      due: (step: number) => step === 5,
      async look(step: number, _: number, adapter: TensorMap) {
        looks.push({ step, adapter });
      },
    });
    const [expectedLooks, looks] = [[], []] as { step: number; adapter: TensorMap }[][];
    const whole = await trained(dpo, card().engine, { probe: looksOf(expectedLooks ?? []) });
    const probe = looksOf(looks ?? []);
    let kept: Checkpoint | null = null;
    const checkpoints = {
      every: 3,
      load: async () => kept,
      save: async (checkpoint: Checkpoint) => {
        kept = structuredClone(checkpoint);
      },
    };
    const controller = new AbortController();
    const emit = (event: TaskEvent) => {
      if (event.type === "task-step" && event.step === 4) controller.abort(new Error("stop, please"));
    };
    const first = card(PER_CALL);
    const running = trained(dpo, first.engine, { probe, checkpoints, signal: controller.signal, emit });
    await expect(running).rejects.toThrow("stop, please");
    expect(first.calls).toEqual([3, 2]);
    expect(looks?.map(({ step }) => step)).toEqual([5]);
    expect(looks).toEqual(expectedLooks);
    expect((kept as Checkpoint | null)?.step).toBe(3);
    const second = card(PER_CALL);
    const { events: rest, ...result } = await trained(dpo, second.engine, { probe, checkpoints });
    expect(result).toEqual({ artefacts: whole.artefacts, summary: whole.summary });
    expect(rest.flatMap((event) => (event.type === "task-step" ? [event.step] : []))).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(second.calls).toEqual([2, 3]);
  });

  test("an abort is heard between calls", async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const emit = (event: TaskEvent) => {
      if (event.type !== "task-step") return;
      steps.push(event.step);
      if (event.step === 2) controller.abort(new Error("stop, please"));
    };
    const running = trained(dpo, card(PER_CALL).engine, { signal: controller.signal, emit });
    await expect(running).rejects.toThrow("stop, please");
    expect(steps).toEqual([1, 2, 3, 4]);
  });
});

describe("a preference step in one piece is the step in passes, within 1e-6", () => {
  test.each([null, ...PENALTY_KINDS])("with the penalty %s", async (kind) => {
    const task: Task = { ...dpo, penalty: kind === null ? null : { ...mva.penalty, kind } };
    const [whole, inPasses] = [await trained(task, card().engine), await trained(task, cpu)];
    for (const [i, point] of inPasses.summary.curve.entries()) {
      for (const [name, value] of Object.entries(point)) {
        const difference = Math.abs((whole.summary.curve[i]?.[name] ?? Number.NaN) - value);
        expect(difference, `${name} of step ${i}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
      }
    }
    for (const [name, { data }] of Object.entries(inPasses.artefacts["adapter"] ?? {})) {
      expect(maxDifference(whole.artefacts["adapter"]?.[name]?.data ?? [], data), name).toBeLessThan(1e-5);
    }
    expect(whole.summary.ledger).toEqual(inPasses.summary.ledger);
  });
});

describe("the loop", () => {
  const parameters = { w: float32([3], [0.5, -1, 2]) };
  const layout = layoutOf(parameters);

  /** Trains w on Σ (w − x)², one x a step, each step at 10 FLOPs. */
  async function toy(engine: Engine, xs: readonly number[], budgetFlops: number) {
    const executables = new ExecutableCache(engine);
    const program = trainingProgram(layout, OPTIMIZER, () => ({ w }, { inputs }) => {
      const loss = tf.sum(tf.squaredDifference(w as tf.Tensor, inputs["x"] as tf.Tensor));
      return { loss, report: { x: inputs["x"] as tf.Tensor } };
    });
    const signature = {
      inputs: { x: { dtype: "float32", shape: [] }, rates: RATES },
      state: stateSpec(layout),
    } as const;
    const events: TaskEvent[] = [];
    const ledger = new Ledger(budgetFlops);
    const run: TaskRun = {
      label: "toy",
      ledger,
      signal: new AbortController().signal,
      emit: (event) => events.push(event),
    };
    const training = {
      layout,
      initial: parameters,
      optimizer: OPTIMIZER,
      charges: xs.map(() => [{ kind: "gradient", tokens: 1, flops: 10 } as const]),
      async prepare(step: number) {
        const executable = await executables.step("toy", () => ({ program, signature }));
        return { executable, inputs: { x: float32([], [xs[step] ?? 0]) } };
      },
      measure: (_: number, outputs: TensorMap) => ({ x: outputs["x"]?.data[0] ?? Number.NaN }),
    };
    const outcome = await train(engine, training, run).catch((error: unknown) => error);
    await executables.dispose();
    return { outcome, events, entries: ledger.entries() };
  }
  const xs = Array.from({ length: STEPS }, (_, i) => Math.cos(i));

  test("stops where the budget does, in the middle of a call's steps", async () => {
    const grouped = card(PER_CALL);
    const got = await toy(grouped.engine, xs, 65);
    expect(got).toEqual(await toy(card().engine, xs, 65));
    expect(got.entries).toEqual([{ kind: "gradient", tokens: 6, steps: 6, flops: 60 }]);
    expect(grouped.calls).toEqual([4, 2]);
  });

  test("a loss that is not finite in the middle of a call names its step, and what was spent up to there", async () => {
    const broken = xs.map((x, i) => (i === 5 ? Number.NaN : x));
    const got = await toy(card(PER_CALL).engine, broken, Number.POSITIVE_INFINITY);
    const expected = await toy(card().engine, broken, Number.POSITIVE_INFINITY);
    expect(got.outcome).toBeInstanceOf(MethodFailure);
    expect(String(got.outcome)).toMatch(/toy: the loss is NaN at step 5/);
    expect([String(got.outcome), got.events, got.entries]).toEqual([
      String(expected.outcome),
      expected.events,
      expected.entries,
    ]);
    expect(got.entries[0]?.steps).toBe(6);
  });
});

test("PPO's updates that share calls have the losses and parameters of updates one by one", async () => {
  const expected = await updatedPolicy(cpu, 2);
  const grouped = card(3);
  const got = await updatedPolicy(grouped.engine, 2);
  expect(grouped.calls).toEqual([3]);
  for (const [i, value] of expected.parameters.entries()) expect(got.parameters[i]).toBeCloseTo(value, 5);
  for (const [name, value] of Object.entries(expected.figures)) expect(got.figures[name], name).toBeCloseTo(value, 5);
});

const shape = fc.record({
  rows: fc.constant(8),
  length: fc.integer({ min: 1, max: 30 }),
  selected: fc.integer({ min: 1, max: 99 }),
});

type Shape = { rows: number; length: number; selected: number };
const costOf = ({ length, selected }: Shape) => length ** 2 + 3 * selected;
const joined = (shapes: readonly Shape[]): Shape => ({
  rows: 8,
  length: Math.max(...shapes.map(({ length }) => length)),
  selected: Math.max(...shapes.map(({ selected }) => selected)),
});

/** The least cost over all ways to cut the steps into calls. */
function cheapest(needed: readonly Shape[], perCall: number, callCost: number): number {
  if (needed.length === 0) return 0;
  const ways = Array.from({ length: Math.min(perCall, needed.length) }, (_, i) => {
    const first = needed.slice(0, i + 1);
    return callCost + (i + 1) * costOf(joined(first)) + cheapest(needed.slice(i + 1), perCall, callCost);
  });
  return Math.min(...ways);
}

const few = fc.array(shape, { minLength: 1, maxLength: 9 });

property.prop([few, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 500 })])(
  "shared shapes hold what steps need, at the least cost of padding and calls",
  (needed, perCall, callCost) => {
    const shapes = sharedShapes(needed, perCall, costOf, callCost);
    expect(shapes.length).toBe(needed.length);
    let cost = 0;
    for (let from = 0, to = 0; from < shapes.length; from = to) {
      while (to < shapes.length && to - from < perCall && shapes[to] === shapes[from]) to++;
      cost += callCost + (to - from) * costOf(shapes[from] as Shape);
    }
    expect(cost).toBe(cheapest(needed, perCall, callCost));
    for (const [step, shape] of shapes.entries()) expect(joined([shape, needed[step] as Shape])).toEqual(shape);
    if (perCall === 1) expect(shapes).toEqual(needed);
  },
);

const costs = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 12 });

property.prop([fc.integer({ min: 0, max: 4000 }), costs, costs])(
  "a ledger affords as many costs as can be charged to it",
  (budget, before, after) => {
    const ledger = new Ledger(budget);
    for (const flops of before) if (ledger.affords(flops)) ledger.charge("gradient", { tokens: 0, flops });
    const count = ledger.affordable(after);
    for (const flops of after.slice(0, count)) ledger.charge("gradient", { tokens: 0, flops });
    if (count < after.length) expect(ledger.affords(after[count] ?? 0)).toBe(false);
  },
);
