/** Any event that a run may write, for properties. */
import { fc } from "@fast-check/vitest";
import type { RunEventInput } from "../../../src/bench/files/index.js";

const text = fc.string({ unit: "binary", maxLength: 10 });
const count = fc.nat();
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const perValue = fc.array(finite, { maxLength: 3 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const split = fc.constantFrom("validation" as const, "test" as const);

function shaped<T extends RunEventInput["type"]>(
  type: T,
  shape: Record<string, fc.Arbitrary<unknown>>,
  optional: string[] = [],
) {
  const requiredKeys = Object.keys(shape).filter((key) => !optional.includes(key));
  return fc
    .record(
      { type: fc.constant(type), ...shape },
      { requiredKeys: ["type", ...requiredKeys] as never, noNullPrototype: true },
    )
    .map((event) => event as unknown as RunEventInput);
}

const numbers = [
  "spentFlops",
  "tokensPerSecond",
  "loss",
  "rewardAccuracy",
  "margin",
  "kl",
  "penalty",
  "learningRate",
  "gradientNorm",
  "chosenShift",
];

/** Events of each type that is declared. */
export const eventsByType: Record<RunEventInput["type"], fc.Arbitrary<RunEventInput>> = {
  "run-started": shaped("run-started", {
    run: text,
    suite: text,
    title: text,
    suiteHash: text,
    values: fc.array(text),
    seeds: fc.array(count),
    methods: fc.array(fc.record({ id: text, title: text, ranked: fc.boolean() }, { noNullPrototype: true })),
    budget: fc.record({ flops: amount, per: fc.constantFrom("method", "policy") }, { noNullPrototype: true }),
    scales: orNull(
      fc.array(
        fc.record({ center: finite, scale: amount.map((x) => x + 1), reference: finite }, { noNullPrototype: true }),
      ),
    ),
    engine: text,
    threads: fc.integer({ min: 1 }),
    pid: count,
    host: text,
    resumed: fc.boolean(),
  }),
  "stage-started": shaped("stage-started", { stage: text, unit: text, total: orNull(amount) }),
  "stage-progress": shaped("stage-progress", {
    stage: text,
    done: amount,
    total: orNull(amount),
    rate: orNull(amount),
    etaSeconds: orNull(amount),
  }),
  "stage-finished": shaped("stage-finished", { stage: text, seconds: amount }),
  "task-planned": shaped("task-planned", { seed: count, method: text, task: text, steps: count, flops: amount }),
  "run-progress": shaped("run-progress", { done: share, etaSeconds: orNull(amount) }),
  "task-shared": shaped("task-shared", { seed: count, method: text, task: text, with: text, withTask: text }),
  hypervolume: shaped("hypervolume", {
    ...{ seed: count, method: text, split, candidates: count },
    ...{ value: finite, low: finite, high: finite },
  }),
  "train-step": shaped(
    "train-step",
    {
      ...{ seed: count, method: text, task: text, step: count, steps: count },
      ...Object.fromEntries(numbers.map((name) => [name, amount])),
      more: fc.dictionary(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1 }), finite, {
        noNullPrototype: true,
      }),
    },
    [...numbers, "more"],
  ),
  "candidate-scored": shaped("candidate-scored", {
    ...{ seed: count, method: text, candidate: text, split, means: perValue },
    ...{ weights: orNull(perValue), coefficients: orNull(perValue), kl: orNull(finite), broken: orNull(share) },
  }),
  sample: shaped("sample", {
    seed: count,
    method: text,
    candidate: text,
    prompt: text,
    promptText: text,
    reply: text,
    ended: fc.boolean(),
    scores: perValue,
  }),
  probe: shaped("probe", {
    ...{ seed: count, method: text, task: text, step: count, steps: count },
    ...{ prompts: count, means: perValue, flops: amount, seconds: amount },
  }),
  interference: shaped("interference", {
    seed: count,
    method: text,
    a: text,
    b: text,
    layer: orNull(count),
    cka: finite,
    cosine: finite,
  }),
  ledger: shaped("ledger", {
    seed: count,
    method: text,
    kind: text,
    planned: amount,
    spent: amount,
    tokens: amount,
    steps: count,
    seconds: amount,
  }),
  warning: shaped("warning", { message: text, method: text, seed: count }, ["method", "seed"]),
  "method-failed": shaped("method-failed", { seed: count, method: text, message: text }),
  "run-interrupted": shaped("run-interrupted", { signal: text }),
  "run-finished": shaped("run-finished", {
    status: fc.constantFrom("completed", "failed"),
    seconds: amount,
    headline: orNull(text),
  }),
};

export const anyEvent = fc.oneof(...Object.values(eventsByType));
