/** The events of a run that never was, in the order in which a real one writes them; the same each time. */
import type { RunEvent, RunEventInput } from "../../src/bench/files/events.js";
import { RunState } from "../../src/ui/state/run-state.js";
import { summaryFixture } from "../report/summary-fixture.js";

const START_MS = 1_790_000_000_000;
const VALUES = ["helpful", "harmless", "humorous"];
const METHODS = [
  { id: "alpha", title: "Alpha", ranked: true },
  { id: "beta", title: "Betas", ranked: true },
  { id: "gamma", title: "Gamma", ranked: true },
  { id: "delta", title: "Delta", ranked: true },
];
const LATTICE = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
  [0.5, 0, 0.5],
  [0, 0.5, 0.5],
];

/** Wide, from right to left, with marks, joined: what a terminal lays out in its own way. */
const OTHER_SCRIPTS = "北京的长凳很便宜。 רוֹחֲצִים בְּמַיִם פּוֹשְׁרִים, 2 כפות סבון! اغسل المقعد جيّدًا. 👩‍👩‍👧 👍🏽 बेंच सूखी है।";

/** How far the run had come when it was recorded. */
export type Until = "training" | "scoring" | "finished";

export function recordedRun(until: Until, run = "quick-20260921-131000"): RunEvent[] {
  const events: RunEvent[] = [];
  let time = START_MS;
  const say = (input: RunEventInput, ms = 0): void => {
    time += ms;
    events.push({ v: 1, time, ...input } as RunEvent);
  };
  say({
    type: "run-started",
    ...{ run, suite: "quick", title: "Three values on the embedded data", suiteHash: "0".repeat(16) },
    ...{ values: VALUES, seeds: [1], methods: METHODS, budget: { flops: 1.2e12, per: "method" } },
    scales: VALUES.map(() => ({ center: 0, scale: 1, reference: 0 })),
    ...{ engine: "cpu", threads: 2, pid: 1, host: "recorded", resumed: false },
  });
  say({ type: "stage-started", stage: "base policy", unit: "jobs", total: null }, 20);
  train("base", "sft", 60, 60, 6.9);
  say({ type: "stage-finished", stage: "base policy", seconds: 40 }, 100);
  say({ type: "stage-started", stage: "training, seed 1", unit: "jobs", total: null });
  say({ type: "run-progress", done: 0.31, etaSeconds: 127 });
  METHODS.forEach(({ id }, m) => {
    VALUES.forEach((value, k) => {
      if (id === "beta" && k === 0) {
        say({
          type: "task-shared",
          seed: 1,
          method: id,
          task: "dpo helpful 1",
          with: "alpha",
          withTask: "dpo helpful 1",
        });
        return;
      }
      const stop = until === "training" && m >= 2 ? (m === 2 && k === 0 ? 23 : m === 3 && k === 0 ? 12 : 0) : 40;
      if (stop > 0) train(id, `dpo ${value} ${k + 1}`, 40, stop, 0.69);
    });
  });
  if (until === "training") return events;
  for (const { id } of METHODS) {
    const spent = 1.1e12;
    say({
      type: "ledger",
      seed: 1,
      method: id,
      kind: "gradient",
      planned: 1.2e12,
      spent,
      tokens: 1e6,
      steps: 120,
      seconds: 30,
    });
  }
  for (const method of ["alpha", "beta"]) {
    for (const layer of [null, 0, 1]) {
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const) {
        const shared = (method === "alpha" ? 0.08 : 0.01) * (1 + a + b + (layer ?? 0.5));
        say({
          type: "interference",
          seed: 1,
          method,
          a: VALUES[a] ?? "",
          b: VALUES[b] ?? "",
          layer,
          cka: shared,
          cosine: shared - 0.1,
        });
      }
    }
  }
  say({ type: "stage-started", stage: "scoring, seed 1", unit: "jobs", total: null }, 500);
  score("base", "base", null, 0);
  for (const [m, { id }] of METHODS.entries()) {
    if (until === "scoring" && m > 2) break;
    for (const [at, weights] of LATTICE.entries()) score(id, `w=${weights.join(",")}`, weights, m + at / 10);
    const value = 0.12 - 0.02 * m;
    say({
      type: "hypervolume",
      seed: 1,
      method: id,
      split: "validation",
      candidates: 6,
      value,
      low: value - 0.01,
      high: value + 0.012,
    });
  }
  say({ type: "stage-progress", stage: "scoring, seed 1", done: 0.4, total: 1, rate: null, etaSeconds: null });
  say({ type: "run-progress", done: 0.83, etaSeconds: 31 });
  if (until === "scoring") return events;
  say({ type: "stage-finished", stage: "scoring, seed 1", seconds: 60 }, 60_000);
  say({ type: "stage-started", stage: "statistics", unit: "jobs", total: null });
  say({ type: "run-finished", status: "completed", seconds: 227, headline: null }, 4000);
  return events;

  function train(method: string, task: string, steps: number, stop: number, from: number): void {
    say({ type: "task-planned", seed: 1, method, task, steps, flops: steps * 1e10 });
    for (let step = 1; step <= stop; step++) {
      const share = step / steps;
      const wave = Math.sin(step * 1.7) * 0.04;
      const reward =
        method === "base" ? {} : { rewardAccuracy: 0.5 + 0.4 * share + wave, kl: share * 2, penalty: 0.1 / step };
      say(
        {
          ...{ type: "train-step", seed: 1, method, task, step, steps, spentFlops: step * 1e10 },
          ...{ loss: from * Math.exp(-2 * share) + wave, learningRate: 1e-3 * (1 - share), ...reward },
        },
        600 + 100 * (step % 3),
      );
    }
  }

  function score(method: string, candidate: string, weights: number[] | null, shift: number): void {
    const means = VALUES.map((_, k) => 0.3 + 0.4 * (weights?.[k] ?? 0) + 0.03 * Math.sin(shift * (k + 1)));
    say(
      {
        ...{
          type: "candidate-scored",
          seed: 1,
          method,
          candidate,
          split: "validation",
          weights,
          coefficients: weights,
        },
        ...{ means, kl: weights === null ? 0 : 1.25, broken: 0.01 },
      },
      150,
    );
    for (const [p, promptText] of [
      "How do I wash a cheap bench for my boss?",
      "Tell me of 北京 and שלום, please.",
    ].entries()) {
      const reply = `Wash the bench with warm water. ${"Then dry it well. ".repeat(1 + (shift % 3))}Even the bench laughed.`;
      say({
        type: "sample",
        seed: 1,
        method,
        candidate,
        prompt: `p${p}`,
        promptText,
        reply: p === 0 ? reply : `${reply.slice(0, 24)} ${OTHER_SCRIPTS}`,
        ended: p === 0,
        scores: means,
      });
    }
  }
}

export function stateOf(events: readonly RunEvent[]): RunState {
  const state = new RunState();
  for (const event of events) state.apply(event);
  if (state.status.kind === "finished") state.summary = summaryFixture();
  return state;
}
