/** The loop: what it plans, where it stops, how it fails, and that it can be continued. */
import { fc, test as property } from "@fast-check/vitest";
import type * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";
import { BudgetExceeded, Ledger } from "../../src/methods/budget.js";
import { MethodFailure, type OptimizerSettings } from "../../src/methods/method.js";
import { adamW, initialOptimizerState, learningRateAt, RATES, ratesAt } from "../../src/methods/optimizer.js";
import { layoutOf, packParameters, unpackParameters } from "../../src/methods/parameters.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Checkpoint, Task, TaskEvent } from "../../src/methods/task.js";
import { contentKey } from "../../src/methods/task.js";
import { allPairs, drawRewards, type EnumerableEnv, enumerableEnv, scalarise } from "./enumerable-task.js";
import { OPTIMIZER, PREFERENCE } from "./tiny-settings.js";

let engine: Engine;
let env: EnumerableEnv;
const signal = new AbortController().signal;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
  env = enumerableEnv(engine, { helpful: allPairs(scalarise(drawRewards(), [1, 0, 0]), "hard") });
});
afterAll(async () => {
  await env.executables.dispose();
  engine.dispose();
});

const task: Task = { kind: "dpo", value: "helpful", settings: PREFERENCE, penalty: null };
const steps = (count: number): Task => ({ ...task, settings: { ...PREFERENCE, maxSteps: count } }) as Task;
const silent = { label: "dpo helpful", signal, emit() {} };
const spent = (entries: readonly { flops: number }[]) => entries.reduce((sum, { flops }) => sum + flops, 0);

describe("budget of a task", () => {
  test("every planned step is taken, the sum stays within, and one more step would not fit", async () => {
    const ten = await runTask(steps(10), Number.POSITIVE_INFINITY, env, silent);
    const eleven = await runTask(steps(11), Number.POSITIVE_INFINITY, env, silent);
    const [low, high] = [spent(ten.summary.ledger), spent(eleven.summary.ledger)];
    for (const budget of [low, (low + high) / 2, high - 1]) {
      const { summary } = await runTask(task, budget, env, silent);
      expect(summary.steps).toBe(10);
      expect(spent(summary.ledger)).toBe(low);
      expect(summary.planned).toEqual(summary.ledger);
      expect(summary.curve.at(-1)).toEqual(ten.summary.curve.at(-1));
    }
    expect((await runTask(task, high, env, silent)).summary.steps).toBe(11);
    expect((await runTask(task, low - 1, env, silent)).summary.steps).toBe(9);
  });

  test("a budget too small for one step is an error that says how much a step takes", async () => {
    await expect(runTask(task, 1000, env, silent)).rejects.toThrow(BudgetExceeded);
    await expect(runTask(task, 1000, env, silent)).rejects.toThrow(
      /too small for one step on "helpful", which takes \d+/,
    );
  });

  test("neither budget nor number of steps is refused", async () => {
    await expect(runTask(task, Number.POSITIVE_INFINITY, env, silent)).rejects.toThrow(/neither a budget/);
  });

  test("a pair's reference pass is charged when it is first used, and not again", async () => {
    const bill = async (count: number) => {
      const { summary } = await runTask(steps(count), Number.POSITIVE_INFINITY, env, silent);
      return summary.ledger.find(({ kind }) => kind === "reference")?.flops ?? 0;
    };
    // 30 pairs, 8 a step: all have been seen after four steps (an epoch is dealt out before the next begins, in windows).
    const all = await bill(40);
    expect(await bill(1)).toBeLessThan(all / 3);
    expect(await bill(80)).toBe(all);
  });

  test("a ledger charges nothing of what does not fit", () => {
    const ledger = new Ledger(10);
    ledger.charge("gradient", { tokens: 5, flops: 6, steps: 1 });
    expect(() => ledger.charge("penalty", { tokens: 0, flops: 5 })).toThrow(BudgetExceeded);
    expect(() => ledger.charge("penalty", { tokens: 0, flops: Number.NaN })).toThrow(BudgetExceeded);
    expect(() => ledger.charge("penalty", { tokens: 0, flops: -1 })).toThrow(BudgetExceeded);
    expect(ledger.entries()).toEqual([{ kind: "gradient", tokens: 5, steps: 1, flops: 6 }]);
  });
});

describe("failure and interruption", () => {
  test("a loss that is not finite names the method and the step", async () => {
    const broken = enumerableEnv(engine, env.pairs);
    broken.model.weights["lm_head.weight"]?.data.fill(Number.NaN);
    const failure = await runTask(steps(3), Number.POSITIVE_INFINITY, broken, silent).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MethodFailure);
    expect(String(failure)).toMatch(/dpo helpful: the loss is NaN at step 0/);
  });

  test("an aborted task stops at the next step with the signal's reason", async () => {
    const controller = new AbortController();
    const events: TaskEvent[] = [];
    const emit = (event: TaskEvent) => {
      events.push(event);
      if (event.type === "task-step" && event.step === 3) controller.abort(new Error("stop, please"));
    };
    const running = runTask(steps(10), Number.POSITIVE_INFINITY, env, { ...silent, signal: controller.signal, emit });
    await expect(running).rejects.toThrow("stop, please");
    expect(events.filter(({ type }) => type === "task-step")).toHaveLength(3);
  });

  test.each([1, 3, 7])("continued from a checkpoint after step %i, the bits are those of one go", async (every) => {
    const whole = await runTask(steps(10), Number.POSITIVE_INFINITY, env, silent);
    let kept: Checkpoint | null = null;
    const checkpoints = {
      every,
      load: async () => kept,
      save: async (checkpoint: Checkpoint) => {
        kept = structuredClone(checkpoint);
      },
    };
    const controller = new AbortController();
    const emit = (event: TaskEvent) => {
      if (event.type === "task-step" && event.step === 8) controller.abort();
    };
    const options = { ...silent, checkpoints };
    await expect(
      runTask(steps(10), Number.POSITIVE_INFINITY, env, { ...options, signal: controller.signal, emit }),
    ).rejects.toThrow();
    expect(kept).not.toBeNull();
    const fresh = enumerableEnv(engine, env.pairs);
    const seen: number[] = [];
    const rest = await runTask(steps(10), Number.POSITIVE_INFINITY, fresh, {
      ...options,
      emit: (event) => {
        if (event.type === "task-step") seen.push(event.step);
      },
    });
    expect(seen[0]).toBe(Math.floor(8 / every) * every + 1);
    expect(rest).toEqual(whole);
    await fresh.executables.dispose();
  });

  test("events plan first, then tell each step with what is spent so far", async () => {
    const events: TaskEvent[] = [];
    const { summary } = await runTask(steps(4), Number.POSITIVE_INFINITY, env, {
      ...silent,
      emit: (event) => {
        events.push(event);
      },
    });
    expect(events[0]).toEqual({ type: "task-planned", task: "dpo helpful", steps: 4, flops: spent(summary.ledger) });
    const told = events.flatMap((event) => (event.type === "task-step" ? [event] : []));
    expect(told.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(told.map(({ curve }) => curve)).toEqual(summary.curve);
    expect(told.at(-1)?.spentFlops).toBe(spent(summary.ledger));
    for (const key of ["loss", "gradientNorm", "learningRate", "accuracy", "margin", "chosenShift", "kl", "nll"]) {
      expect(Number.isFinite(summary.curve[0]?.[key]), key).toBe(true);
    }
  });
});

test("a pair's reference does not depend on who asked first", async () => {
  const { referenceLogProbs } = await import("../../src/methods/pair-log-probs.js");
  const rows = Array.from({ length: 30 }, (_, i) => i);
  const fresh = enumerableEnv(engine, env.pairs);
  const forwards = await referenceLogProbs(env, "helpful", rows, signal);
  for (const row of [...rows].reverse()) {
    const [chosen, rejected] = await referenceLogProbs(fresh, "helpful", [row], signal);
    expect([chosen, rejected]).toEqual([forwards[2 * row], forwards[2 * row + 1]]);
  }
  await fresh.executables.dispose();
});

describe("AdamW", () => {
  const settings: OptimizerSettings = { ...OPTIMIZER, weightDecay: 0.05, maxGradientNorm: 0.5 };
  let reference: Engine;
  beforeEach(async () => {
    reference = await openEngine("tfjs-cpu", { threads: 1 });
  });

  test("follows the plain definition for twenty steps, clipped and decayed", async () => {
    const size = 5;
    const start = [0.3, -1, 2, 0, 0.01];
    const spec = { dtype: "float32", shape: [size] } as const;
    const executable = await reference.compile(
      "adamw",
      ({ inputs, state }) => {
        const { gradient, rates } = inputs as { gradient: tf.Tensor; rates: tf.Tensor };
        const result = adamW(settings, state, gradient, rates);
        return { outputs: { norm: result.gradientNorm }, state: result.state };
      },
      {
        inputs: { gradient: spec, rates: RATES },
        state: { parameters: spec, moment1: spec, moment2: spec },
      },
    );
    const state = reference.createState(initialOptimizerState(float32([size], start)));
    const twin = { p: [...start], m: start.map(() => 0), v: start.map(() => 0) };
    for (let step = 0; step < 20; step++) {
      const gradient = start.map((_, i) => Math.sin(step + 2 * i) * (step % 3));
      const { norm } = await executable.run(
        { gradient: float32([size], gradient), rates: ratesAt(settings, step, 20) },
        state,
      );
      const length = Math.hypot(...gradient);
      expect(norm?.data[0]).toBeCloseTo(length, 4);
      const rate = learningRateAt(settings, step, 20);
      twin.p.forEach((p, i) => {
        const g = (gradient[i] ?? 0) * Math.min(1, 0.5 / (length + 1e-6));
        const m = 0.9 * (twin.m[i] ?? 0) + 0.1 * g;
        const v = 0.999 * (twin.v[i] ?? 0) + 0.001 * g * g;
        const corrected = m / (1 - 0.9 ** (step + 1)) / (Math.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8);
        [twin.m[i], twin.v[i]] = [m, v];
        twin.p[i] = p - rate * 0.05 * p - rate * corrected;
      });
      const { parameters } = await state.read(["parameters"]);
      parameters?.data.forEach((p, i) => {
        expect(p).toBeCloseTo(twin.p[i] ?? Number.NaN, 5);
      });
    }
    state.dispose();
    executable.dispose();
  });

  test("the rate rises to the peak and falls to, but not before, the end", () => {
    for (const schedule of ["constant", "linear", "cosine"] as const) {
      const rates = Array.from({ length: 50 }, (_, step) => learningRateAt({ ...settings, schedule }, step, 50));
      expect(rates.slice(0, 5)).toEqual([...rates.slice(0, 5)].sort((a, b) => a - b));
      expect(rates[5]).toBeCloseTo(settings.learningRate, 12);
      expect(rates.slice(5)).toEqual([...rates.slice(5)].sort((a, b) => b - a));
      expect(Math.min(...rates)).toBeGreaterThan(0);
      expect(Math.max(...rates)).toBeLessThanOrEqual(settings.learningRate);
    }
    expect(learningRateAt({ ...settings, schedule: "linear" }, 49, 50)).toBeLessThan(settings.learningRate / 40);
  });
});

property.prop([fc.dictionary(fc.string(), fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), { maxKeys: 6 })])(
  "packing parameters and unpacking them gives them back",
  (shapes) => {
    let next = 0;
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        const size = shape.reduce((a, b) => a * b, 1);
        return [
          name,
          float32(
            shape,
            Array.from({ length: size }, () => next++),
          ),
        ];
      }),
    );
    const layout = layoutOf(tensors);
    expect(unpackParameters(layout, packParameters(layout, tensors))).toEqual(tensors);
  },
);

property.prop([fc.jsonValue(), fc.jsonValue()])("contentKey tells values apart, and not the order of keys", (a, b) => {
  expect(contentKey({ a, b })).toBe(contentKey({ b, a }));
  if (JSON.stringify(a) !== JSON.stringify(b)) {
    const sorted = (value: unknown) => contentKey(value);
    if (sorted(a) === sorted(b)) expect(normal(a)).toEqual(normal(b));
  }
});

/** JSON without the sign of zero. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, x: unknown) => (x === 0 ? 0 : x)));
}
