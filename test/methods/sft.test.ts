import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import type { PairRow } from "../../src/lm/pairs.js";
import { pairShape } from "../../src/lm/pairs.js";
import { packSequences, sequenceLogProbs, sequenceShape, sequenceSignature } from "../../src/lm/sequences.js";
import { runTask } from "../../src/methods/run-task.js";
import { packSft, SFT_WEIGHTS, type SftTask } from "../../src/methods/sft.js";
import { CONFIG, type EnumerableEnv, enumerableEnv } from "./enumerable-task.js";
import { OPTIMIZER } from "./tiny-settings.js";

const PAIRS: PairRow[] = [
  { prompt: Int32Array.of(0, 1, 2), chosen: Int32Array.of(3, 4), rejected: Int32Array.of(5) },
  { prompt: Int32Array.of(2), chosen: Int32Array.of(1, 1, 5), rejected: Int32Array.of(0, 4) },
];

let engine: Engine;
let env: EnumerableEnv;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
  env = enumerableEnv(engine, { helpful: PAIRS.slice(0, 1), harmless: PAIRS.slice(1) });
});
afterAll(async () => {
  await env.executables.dispose();
  engine.dispose();
});

const sft = (maxSteps: number, promptLoss: boolean): SftTask => ({
  kind: "sft",
  values: ["helpful", "harmless"],
  settings: { batchPairs: 2, optimizer: { ...OPTIMIZER, maxGradientNorm: null }, promptLoss, maxSteps },
});
const options = { label: "sft", signal: new AbortController().signal, emit() {} };

/** Mean next-token loss by plain sequences, one reply a row. */
async function plainLoss(promptLoss: boolean): Promise<number> {
  const rows = PAIRS.flatMap(({ prompt, chosen, rejected }) =>
    [chosen, rejected].map((response) => ({ prompt, response })),
  );
  if (promptLoss) {
    for (const { prompt } of PAIRS) {
      if (prompt.length > 1) rows.push({ prompt: prompt.slice(0, 1), response: prompt.slice(1) });
    }
  }
  const shape = sequenceShape(rows);
  const executable = await engine.compile(
    "plain",
    ({ inputs, constants }) => ({ outputs: { logProbs: sequenceLogProbs(CONFIG, constants, inputs) } }),
    { inputs: sequenceSignature(shape), constants: env.model.weights },
  );
  const { inputs, offsets } = packSequences(rows, shape);
  const { logProbs } = await executable.run(inputs);
  executable.dispose();
  const count = offsets[rows.length] ?? 0;
  return (
    -Array.from(logProbs?.data ?? [])
      .slice(0, count)
      .reduce((sum, x) => sum + x, 0) / count
  );
}

test.each([false, true])(
  "the loss is the mean over tokens of plain sequences (prompt learnt: %s)",
  async (promptLoss) => {
    const { summary } = await runTask(sft(1, promptLoss), Number.POSITIVE_INFINITY, env, options);
    expect(summary.curve[0]?.["loss"]).toBeCloseTo(await plainLoss(promptLoss), 5);
  },
);

test("every weight is trained, both replies are learnt, the loss falls", async () => {
  const { artefacts, summary } = await runTask(sft(60, true), Number.POSITIVE_INFINITY, env, options);
  const weights = artefacts[SFT_WEIGHTS] ?? {};
  expect(Object.keys(weights).sort()).toEqual(Object.keys(env.model.weights).sort());
  for (const [name, tensor] of Object.entries(weights)) {
    expect(tensor.shape).toEqual(env.model.weights[name]?.shape);
    expect(tensor.data, name).not.toEqual(env.model.weights[name]?.data);
  }
  const [first = 0, last = 0] = [summary.curve[0]?.["loss"], summary.curve.at(-1)?.["loss"]];
  expect(last).toBeLessThan(first / 2);
  expect(summary.ledger.map(({ kind }) => kind)).toEqual(["gradient"]);
});

test("a budget ends it like any other training", async () => {
  const { summary } = await runTask(sft(5, false), Number.POSITIVE_INFINITY, env, options);
  const spent = summary.ledger[0]?.flops ?? 0;
  expect((await runTask(sft(50, false), spent, env, options)).summary.steps).toBe(5);
  await expect(runTask(sft(50, false), 10, env, options)).rejects.toThrow(/too small for one step/);
});

test("padding has no share in the loss", () => {
  const shape = { ...pairShape(PAIRS), selected: 32 };
  const { shares } = packSft(PAIRS, shape, true);
  const real = Array.from(shares.data).filter((share) => share > 0);
  expect(real).toHaveLength(2 + 1 + 3 + 2 + 2);
  expect(real.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
});
