/**
 * Real model folders through this project's readers and decoder, against numbers that transformers 5 and PEFT gave:
 * ids, logits of the last position, sum of log-probs, and greedy continuations (checked under teacher forcing: each
 * greedy token must be the argmax after those before it, which is the same thing).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { type Engine, type HostTensor, int32, openEngine, type TensorMap } from "../../src/engine/index.js";
import { type Adapter, singleAdapter } from "../../src/lm/adapters.js";
import type { DecoderConfig } from "../../src/lm/config.js";
import { decoderHidden, logitsAt } from "../../src/lm/decoder.js";
import { loadModel } from "../../src/lm/huggingface.js";
import { exportMixture, mergeIntoWeights, mixtureAsAdapter } from "../../src/lm/merge.js";
import { loadAdapter } from "../../src/lm/peft.js";
import { sharedFolder } from "../skip.js";
import { temporaryFolder } from "./temporary-folder.js";

const TOLERANCE = 1e-4;
let engine: Engine | undefined;
afterAll(() => engine?.dispose());

/** Logits of every position, [time][vocab]. */
async function logits(
  config: DecoderConfig,
  weights: TensorMap,
  ids: readonly number[],
  adapter?: Adapter,
): Promise<Float32Array[]> {
  engine ??= await openEngine("tfjs-cpu", { threads: 1 });
  const time = ids.length;
  const shape = [1, time];
  const executable = await engine.compile(
    "gold",
    ({ inputs, constants }) => {
      const batch = {
        tokens: inputs.tokens as tf.Tensor,
        positions: inputs.positions as tf.Tensor,
        segments: inputs.segments as tf.Tensor,
      };
      const bank = adapter === undefined ? undefined : singleAdapter(config, adapter.config, constants);
      const hidden = decoderHidden(config, constants, batch, bank);
      return { outputs: { logits: logitsAt(config, constants, hidden, tf.range(0, time, 1, "int32")) } };
    },
    {
      inputs: {
        tokens: { dtype: "int32", shape },
        positions: { dtype: "int32", shape },
        segments: { dtype: "int32", shape },
      },
      constants: { ...weights, ...adapter?.tensors },
    },
  );
  const run = await executable.run({
    tokens: int32(shape, ids),
    positions: int32(shape, [...ids.keys()]),
    segments: int32(shape),
  });
  executable.dispose();
  const { data } = run.logits as HostTensor;
  return ids.map((_, i) => (data as Float32Array).subarray(i * config.vocabSize, (i + 1) * config.vocabSize));
}

function argmax(row: Float32Array | undefined): number {
  return row === undefined ? -1 : row.indexOf(Math.max(...row));
}

function logProb(row: Float32Array, id: number): number {
  const top = Math.max(...row);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - top);
  return (row[id] as number) - top - Math.log(sum);
}

interface Gold {
  readonly text: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly sum_logprob: number;
  readonly greedy: number[];
}

async function expectGold(
  golds: readonly Gold[],
  config: DecoderConfig,
  weights: TensorMap,
  adapter?: Adapter,
): Promise<void> {
  for (const gold of golds) {
    const rows = await logits(config, weights, [...gold.ids, ...gold.greedy.slice(0, -1)], adapter);
    const n = gold.ids.length;
    const worst = Math.max(...gold.last_logits.map((value, id) => Math.abs(value - (rows[n - 1]?.[id] as number))));
    expect(worst).toBeLessThanOrEqual(TOLERANCE);
    let sum = 0;
    for (let i = 1; i < n; i++) sum += logProb(rows[i - 1] as Float32Array, gold.ids[i] as number);
    expect(Math.abs(sum - gold.sum_logprob)).toBeLessThanOrEqual(TOLERANCE * n);
    expect(gold.greedy.map((_, i) => argmax(rows[n - 1 + i]))).toEqual(gold.greedy);
  }
}

for (const name of ["tiny-llama3", "tiny-qwen2"]) {
  describe(name, () => {
    const golds = (dir: string) =>
      JSON.parse(readFileSync(join(dir, "gold.json"), "utf8")) as Record<"base" | "adapter", Gold[]>;

    test("base", async (ctx) => {
      const dir = sharedFolder(ctx, `models/${name}`);
      const { config, weights } = loadModel(dir);
      await expectGold(golds(dir).base, config, weights);
    });

    test("with its adapter: applied, merged, and as an exported mixture of two halves", async (ctx) => {
      const dir = sharedFolder(ctx, `models/${name}`);
      const model = loadModel(dir);
      const adapter = loadAdapter(join(dir, "adapter"), model.config);
      const gold = golds(dir).adapter;
      await expectGold(gold, model.config, model.weights, adapter);
      await expectGold(gold.slice(0, 1), model.config, mergeIntoWeights(model.weights, [adapter], [1]));
      const halves = { adapters: [adapter, adapter], coefficients: [0.5, 0.5] };
      await expectGold(
        gold.slice(0, 1),
        model.config,
        model.weights,
        mixtureAsAdapter(halves.adapters, halves.coefficients),
      );
      for (const form of ["adapter", "merged"] as const) {
        const out = temporaryFolder();
        exportMixture(out, { model, ...halves, form });
        if (form === "merged") {
          const merged = loadModel(out);
          await expectGold(gold.slice(0, 1), merged.config, merged.weights);
        } else await expectGold(gold.slice(0, 1), model.config, model.weights, loadAdapter(out, model.config));
      }
    });
  });
}

test("stories260K: logits, greedy ids and text", async (ctx) => {
  const dir = sharedFolder(ctx, "models/stories260K");
  const gold = JSON.parse(readFileSync(join(dir, "gold.json"), "utf8")) as {
    greedy_ids: number[];
    text: string;
    logits_first8_positions_first16: number[][];
  };
  const { config, weights, tokenizer } = loadModel(dir);
  const rows = await logits(config, weights, gold.greedy_ids.slice(0, -1));
  gold.logits_first8_positions_first16.forEach((row, i) => {
    for (const [id, value] of row.entries()) {
      expect(Math.abs((rows[i]?.[id] as number) - value)).toBeLessThanOrEqual(TOLERANCE);
    }
  });
  expect(rows.map(argmax)).toEqual(gold.greedy_ids.slice(1));
  expect(tokenizer.decodeContinuation(gold.greedy_ids.slice(1))).toBe(gold.text);
});
