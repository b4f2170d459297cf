import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { forwardFlops } from "../../src/lm/flops.js";
import { Ledger } from "../../src/methods/budget.js";
import { LINEAR_PROBE, type LinearProbeTask, trainLinearProbe } from "../../src/methods/linear-probe-task.js";
import type { PreferencePair, TaskRun } from "../../src/methods/task.js";
import { LinearProbeScorer } from "../../src/rewards/linear-probe-scorer.js";
import { CONFIG, enumerableEnv } from "./enumerable-task.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

const runWith = (ledger: Ledger): TaskRun => ({
  label: "judges",
  ledger,
  signal: new AbortController().signal,
  emit: () => {},
});

/** 36 prompts, four pairs each; `swapped` says which pairs prefer the other side. */
function pairsOf(swapped: (i: number) => boolean): PreferencePair[] {
  const prompts = Array.from({ length: 36 }, (_, i) => Int32Array.of(i % 6, Math.floor(i / 6)));
  const pairs = prompts.flatMap((prompt) => [2, 3, 4, 5].map((other) => ({ prompt, good: 1, other })));
  return pairs.map(({ prompt, good, other }, i) => {
    const [chosen, rejected] = swapped(i) ? [other, good] : [good, other];
    return { prompt, chosen: Int32Array.of(chosen), rejected: Int32Array.of(rejected) };
  });
}

const task = (values: readonly string[], settings = { ridge: 0.1, folds: 6 }): LinearProbeTask => ({
  kind: "linear-probe",
  values,
  settings,
});

describe("linear probe task", () => {
  test("learns what separates the pairs, each value for itself, and its heads judge by it", async () => {
    const env = enumerableEnv(engine, { helpful: pairsOf(() => false), harmless: pairsOf(() => true) });
    const ledger = new Ledger(Number.POSITIVE_INFINITY);
    const { artefacts, summary } = await trainLinearProbe(task(["helpful", "harmless"]), env, runWith(ledger));
    expect(summary.rewardAccuracy?.map(({ value, pairs, accuracy }) => [value, pairs, accuracy])).toEqual([
      ["helpful", 144, 1],
      ["harmless", 144, 1],
    ]);
    const heads = artefacts[LINEAR_PROBE]?.["score.weight"];
    if (heads === undefined) throw new Error("no heads");
    expect(heads.shape).toEqual([2, CONFIG.hiddenSize]);
    const trunk = { config: CONFIG, weights: env.model.weights, tokenizer: {} as never };
    const scorer = new LinearProbeScorer(
      { trunk, values: ["helpful", "harmless"], heads },
      { programs: env.executables, key: "test" },
    );
    const [good, bad] = await scorer.scoreRows(
      [1, 3].map((reply) => ({ prompt: Int32Array.of(0, 1), response: Int32Array.of(reply) })),
    );
    expect(good?.[0]).toBeGreaterThan(bad?.[0] ?? Number.NaN);
    expect(good?.[1]).toBeLessThan(bad?.[1] ?? Number.NaN);
    // Every pair passes once, each side a sequence of two and one tokens.
    const count = { tokens: 4 * 144 * 3, attended: 4 * 144 * 6, logits: 0 };
    expect(ledger.spentFlops).toBe(forwardFlops(CONFIG, count));
    await env.executables.dispose();
  });

  test("labels that mean nothing leave no ruler: no pair is judged by heads that have seen its prompt", async () => {
    const generator = xoroshiro128plus(5);
    const env = enumerableEnv(engine, { helpful: pairsOf(() => uniformInt(generator, 0, 1) === 1) });
    // Almost no ridge: the fit itself is by heart.
    const noise = task(["helpful"], { ridge: 1e-2, folds: 6 });
    const { summary } = await trainLinearProbe(noise, env, runWith(new Ledger(Number.POSITIVE_INFINITY)));
    const [accuracy] = summary.rewardAccuracy ?? [];
    expect(accuracy?.ruler).toBe(false);
    expect(accuracy?.low).toBeLessThan(0.5);
    await env.executables.dispose();
  });

  test("the same pairs give the same heads to the last bit", async () => {
    const heads: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const env = enumerableEnv(engine, { helpful: pairsOf((at) => at % 3 === 0) });
      const { artefacts } = await trainLinearProbe(task(["helpful"]), env, runWith(new Ledger(1e12)));
      heads.push(artefacts[LINEAR_PROBE]?.["score.weight"]?.data);
      await env.executables.dispose();
    }
    expect(heads[0]).toEqual(heads[1]);
  });

  test("where all prompts fall into one fold, no accuracy is made up", async () => {
    const [first] = pairsOf(() => false);
    if (first === undefined) throw new Error("no pairs");
    const env = enumerableEnv(engine, { helpful: [first, first, first] });
    const { summary } = await trainLinearProbe(task(["helpful"]), env, runWith(new Ledger(Number.POSITIVE_INFINITY)));
    expect(summary.rewardAccuracy).toEqual([]);
  });

  test("a value with too few pairs is named", async () => {
    const env = enumerableEnv(engine, { helpful: pairsOf(() => false).slice(0, 1) });
    await expect(trainLinearProbe(task(["helpful"]), env, runWith(new Ledger(1e12)))).rejects.toThrow(
      'judges: 1 pairs of value "helpful"; at least 2 are needed',
    );
  });
});
