import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, HostTensor, TfTensors } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import { mixBank, stackBank } from "../../src/lm/adapters.js";
import { decoderHidden, logitsAt } from "../../src/lm/decoder.js";
import type { Generation, GenerationRow, GenerationSettings, Model } from "../../src/lm/generate.js";
import { Generator } from "../../src/lm/generate.js";
import { loadModel } from "../../src/lm/huggingface.js";
import { initWeights } from "../../src/lm/init.js";
import { mergeIntoWeights } from "../../src/lm/merge.js";
import { loadAdapter } from "../../src/lm/peft.js";
import { argMax, drawToken, sampleNoise } from "../../src/lm/sampling.js";
import { sharedFolder } from "../skip.js";
import { ENGINES, openTestEngine } from "./engines.js";
import { maxDifference, randomIds, TINY, trainedAdapter } from "./tiny.js";

const model: Model = { config: TINY, weights: sharpened(initWeights(TINY, 3)) };
const adapters = [
  trainedAdapter(1),
  trainedAdapter(2, { rank: 2, alpha: 2, targets: ["q_proj", "gate_proj", "down_proj"] }),
  trainedAdapter(3),
];
const greedy: GenerationSettings = { maxNewTokens: 12, temperature: 0, stopIds: [2], seed: 5, logProbs: true };
const sampled: GenerationSettings = { ...greedy, temperature: 0.7 };

/** A head wide enough that the next token is not nearly uniform. */
function sharpened(weights: Record<string, HostTensor>): Record<string, HostTensor> {
  for (const name of ["lm_head.weight", "model.embed_tokens.weight"]) {
    const tensor = weights[name];
    for (let i = 0; tensor !== undefined && i < tensor.data.length; i++) {
      tensor.data[i] = (tensor.data[i] ?? 0) * (name === "lm_head.weight" ? 3 : 30);
    }
  }
  return weights;
}

function someRows(): GenerationRow[] {
  const mixtures = [[], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0.5, 0.25, 1], [1, 1, 1], [0, 0.7, -0.3]];
  return Array.from({ length: 23 }, (_, i) => ({
    // Some are long, so that a batch's cache is larger than a short row alone would need.
    prompt: randomIds(100 + i, 1 + ((i * 7) % 20) + (i % 6 === 5 ? 60 : 0)),
    promptKey: `prompt ${i % 9}`,
    sample: i,
    coefficients: mixtures[i % mixtures.length] ?? [],
  }));
}

/** The slow twin: every token from a whole pass over the text so far, one row at a time, in plain tfjs. */
function recomputed(rows: readonly GenerationRow[], settings: GenerationSettings): Generation[] {
  const toTf = (tensors: Readonly<Record<string, HostTensor>>): TfTensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, tf.tensor(t.data, [...t.shape], t.dtype)]));
  const bank = stackBank(adapters);
  const weights = toTf(model.weights);
  const stacked = toTf(bank.tensors);
  return rows.map((row) => {
    const noise = sampleNoise(settings.seed, row.promptKey, row.sample);
    const tokens: number[] = [];
    const logProbs: number[] = [];
    let ended = false;
    while (!ended && tokens.length < settings.maxNewTokens) {
      const text = [...row.prompt, ...tokens];
      const [logits, tempered] = tf.tidy(() => {
        const ids = tf.tensor2d([text], [1, text.length], "int32");
        const positions = tf.tensor2d([[...text.keys()]], [1, text.length], "int32");
        const coefficients = tf.tensor2d([[...(row.coefficients?.length ? row.coefficients : [0, 0, 0])]]);
        const hidden = decoderHidden(
          TINY,
          weights,
          { tokens: ids, positions, segments: tf.zerosLike(ids) },
          mixBank(bank, stacked, coefficients),
        );
        const logits = logitsAt(TINY, weights, hidden, tf.tensor1d([text.length - 1], "int32"));
        const scores = settings.temperature === 0 ? logits : tf.softmax(tf.div(logits, settings.temperature));
        return [tf.logSoftmax(logits).dataSync(), scores.dataSync()];
      }) as unknown as [Float32Array, Float32Array];
      const token =
        settings.temperature === 0
          ? argMax(tempered, 0, TINY.vocabSize)
          : drawToken(tempered, 0, TINY.vocabSize, settings.topP ?? 1, noise());
      tokens.push(token);
      logProbs.push(logits[token] ?? Number.NaN);
      ended = settings.stopIds.includes(token);
    }
    return { tokens: Int32Array.from(tokens), ended, logProbs: Float32Array.from(logProbs) };
  });
}

interface Gold {
  readonly ids: number[];
  readonly greedy: number[];
}

for (const id of ENGINES) {
  describe(`generation on ${id}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openTestEngine(id);
    });
    afterAll(() => engine.dispose());

    test("stories260K's greedy ids are its gold ids", async (context) => {
      const dir = sharedFolder(context, "models/stories260K");
      const gold = JSON.parse(readFileSync(join(dir, "gold.json"), "utf8")) as {
        prompt_ids: number[];
        greedy_ids: number[];
      };
      const generator = new Generator(engine, loadModel(dir));
      const rest = gold.greedy_ids.length - gold.prompt_ids.length;
      const [result] = await generator.generate(
        [{ prompt: Int32Array.from(gold.prompt_ids), promptKey: "", sample: 0 }],
        { ...greedy, maxNewTokens: rest, stopIds: [] },
      );
      expect([...gold.prompt_ids, ...(result?.tokens ?? [])]).toEqual(gold.greedy_ids);
      await generator.dispose();
    });

    test("tiny-llama3's greedy ids, with and without its adapter in one batch, are its gold ids", async (context) => {
      const dir = sharedFolder(context, "models/tiny-llama3");
      const gold = JSON.parse(readFileSync(join(dir, "gold.json"), "utf8")) as { base: Gold[]; adapter: Gold[] };
      const generator = new Generator(engine, loadModel(dir), [loadAdapter(join(dir, "adapter"))]);
      const wanted = [...gold.base.map((g) => ({ g, c: 0 })), ...gold.adapter.map((g) => ({ g, c: 1 }))];
      const results = await generator.generate(
        wanted.map(({ g, c }) => ({ prompt: Int32Array.from(g.ids), promptKey: "", sample: 0, coefficients: [c] })),
        { ...greedy, maxNewTokens: 24, stopIds: [] },
      );
      expect(results.map(({ tokens }) => [...tokens])).toEqual(wanted.map(({ g }) => g.greedy));
      await generator.dispose();
    });

    for (const [name, settings] of [
      ["greedy", greedy],
      ["temperature", sampled],
      ["top-p", { ...sampled, temperature: 1.3, topP: 0.6 }],
    ] as const) {
      test(`with a cache gives what whole passes give (${name})`, async () => {
        const rows = someRows().slice(0, 7);
        const generator = new Generator(engine, model, adapters, { maxRows: 4 });
        const results = await generator.generate(rows, settings);
        for (const [i, twin] of recomputed(rows, settings).entries()) {
          expect(results[i]?.tokens, `row ${i}`).toEqual(twin.tokens);
          expect(results[i]?.ended).toBe(twin.ended);
          expect(maxDifference(results[i]?.logProbs ?? [], twin.logProbs)).toBeLessThan(2e-4);
        }
        await generator.dispose();
      });
    }

    test("a sample does not depend on what else is in the batch, bit for bit", async () => {
      const rows = someRows();
      const large = new Generator(engine, model, adapters, { maxRows: 16 });
      const small = new Generator(engine, model, adapters, { maxRows: 4 });
      const together = await large.generate(rows, sampled);
      const reversed = (await small.generate([...rows].reverse(), sampled)).reverse();
      expect(reversed).toEqual(together);
      for (const i of [0, 4, 11, 20]) {
        const row = rows[i];
        if (row !== undefined) expect(await small.generate([row], sampled)).toEqual([together[i]]);
      }
      await Promise.all([large.dispose(), small.dispose()]);
    });

    test("nor does one of a merged mixture, nor on a call that goes on beside its own", async () => {
      const rows = someRows().map((row) => ({ ...row, coefficients: [0.5, 0.75, 1] }));
      const large = new Generator(engine, model, adapters, { maxRows: 16, mergeFrom: 1 });
      const small = new Generator(engine, model, adapters, { maxRows: 4, mergeFrom: 1 });
      const together = await large.generate(rows, sampled);
      const [reversed, again] = await Promise.all([
        small.generate([...rows].reverse(), sampled),
        small.generate(rows.slice(0, 6), sampled),
      ]);
      expect([...reversed].reverse()).toEqual(together);
      expect(again).toEqual(together.slice(0, 6));
      for (const i of [3, 5]) {
        const row = rows[i];
        if (row !== undefined) expect(await small.generate([row], sampled)).toEqual([together[i]]);
      }
      await Promise.all([large.dispose(), small.dispose()]);
    });

    // The plain JavaScript engine has one order of sums whatever the shapes, and would take minutes.
    if (id === "cpu")
      test("nor in a decoder of a suite's width, however large the batch makes the cache", async () => {
        const config = {
          ...TINY,
          vocabSize: 331,
          hiddenSize: 96,
          intermediateSize: 256,
          headDim: 24,
          maxPositions: 512,
        };
        const targets = ["q_proj", "k_proj", "v_proj", "o_proj"];
        const bank = [1, 2].map((seed) => trainedAdapter(seed, { rank: 8, alpha: 4, targets }, config));
        const generator = new Generator(engine, { config, weights: initWeights(config, 1) }, bank);
        const rows = [3, 14, 40, 90, 5, 200, 16].map((length, i) => ({
          prompt: randomIds(i, length, 331),
          promptKey: `${i}`,
          sample: 0,
          coefficients: [0.5, i / 4],
        }));
        const together = await generator.generate(rows, { ...sampled, maxNewTokens: 40 });
        for (const [i, row] of rows.entries()) {
          expect(await generator.generate([row], { ...sampled, maxNewTokens: 40 }), `row ${i}`).toEqual([together[i]]);
        }
        await generator.dispose();
      });

    test("a mixture generates what its merged weights generate, and is merged where many rows share it", async () => {
      const coefficients = [0.5, 0.75, 1];
      const rows = someRows().map((row) => ({ ...row, coefficients }));
      const bank = new Generator(engine, model, adapters);
      const merged = new Generator(engine, {
        config: TINY,
        weights: mergeIntoWeights(model.weights, adapters, coefficients),
      });
      const fromBank = await bank.generate(rows, greedy);
      const fromMerged = await merged.generate(
        rows.map(({ prompt, promptKey, sample }) => ({ prompt, promptKey, sample })),
        greedy,
      );
      for (const [i, { tokens, logProbs }] of fromBank.entries()) {
        expect(tokens).toEqual(fromMerged[i]?.tokens);
        expect(maxDifference(logProbs, fromMerged[i]?.logProbs ?? [])).toBeLessThan(1e-4);
      }
      const choosing = new Generator(engine, model, adapters, { mergeFrom: rows.length });
      const [alone] = await choosing.generate(rows.slice(0, 1), greedy);
      expect(alone).toEqual(fromBank[0]);
      const byEngine = await choosing.generate(rows, greedy);
      for (const [i, { tokens, logProbs }] of byEngine.entries()) {
        expect(tokens).toEqual(fromMerged[i]?.tokens);
        expect(maxDifference(logProbs, fromMerged[i]?.logProbs ?? [])).toBeLessThan(2e-5);
      }
      await Promise.all([bank.dispose(), merged.dispose(), choosing.dispose()]);
    });

    test("stop tokens end a row, the limit cuts it", async () => {
      const generator = new Generator(engine, model);
      const row = { prompt: randomIds(8, 6), promptKey: "p", sample: 0 };
      const [free] = await generator.generate([row], { ...greedy, stopIds: [] });
      expect(free?.tokens).toHaveLength(12);
      expect(free?.ended).toBe(false);
      const stop = free?.tokens[4] ?? -1;
      const first = free?.tokens.indexOf(stop) ?? -1;
      const [cut] = await generator.generate([row], { ...greedy, stopIds: [stop] });
      expect(cut?.tokens).toEqual(free?.tokens.slice(0, first + 1));
      expect(cut?.ended).toBe(true);
      const [one] = await generator.generate([row], { ...greedy, stopIds: [], maxNewTokens: 1 });
      expect(one?.tokens).toEqual(free?.tokens.slice(0, 1));
      await generator.dispose();
    });

    test("adapters can be replaced", async () => {
      const generator = new Generator(engine, model, adapters.slice(0, 1));
      const other = new Generator(engine, model, [trainedAdapter(9)]);
      const rows = someRows().map((row) => ({ ...row, coefficients: [1] }));
      const before = await generator.generate(rows, greedy);
      generator.replaceAdapters([trainedAdapter(9)]);
      const after = await generator.generate(rows, greedy);
      expect(after).not.toEqual(before);
      expect(after).toEqual(await other.generate(rows, greedy));
      const merging = new Generator(engine, model, adapters.slice(0, 1), { mergeFrom: 1 });
      const [tokens, wanted] = [merging, other].map(() => [] as number[][]);
      await merging.generate(rows, greedy);
      merging.replaceAdapters([trainedAdapter(9)]);
      for (const reply of await merging.generate(rows, greedy)) tokens?.push([...reply.tokens]);
      for (const reply of after) wanted?.push([...reply.tokens]);
      expect(tokens).toEqual(wanted);
      // Of another rank, they need a program of their own.
      merging.replaceAdapters([trainedAdapter(9, { rank: 2, alpha: 2, targets: ["q_proj"] })]);
      expect(await merging.generate(rows.slice(0, 2), greedy)).toHaveLength(2);
      await Promise.all([generator.dispose(), other.dispose(), merging.dispose()]);
    });
  });
}

test("generation does not depend on the engine's threads, bit for bit", async () => {
  const config = { ...TINY, vocabSize: 331, hiddenSize: 96, intermediateSize: 256, headDim: 24 };
  const rows = Array.from({ length: 40 }, (_, i) => ({
    prompt: randomIds(i, 4 + (i % 9), 331),
    promptKey: `${i}`,
    sample: 0,
  }));
  const results: Generation[][] = [];
  for (const threads of [1, 2]) {
    const engine = await openEngine("cpu", { threads });
    const generator = new Generator(engine, { config, weights: initWeights(config, 1) });
    results.push(await generator.generate(rows, sampled), await generator.generate(rows.slice(0, 3), sampled));
    await generator.dispose();
    engine.dispose();
  }
  expect(results[2]).toEqual(results[0]);
  expect(results[3]).toEqual(results[1]);
  expect(results[1]).toEqual(results[0]?.slice(0, 3));
});

describe("generation refuses", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openTestEngine("cpu");
  });
  const row = { prompt: randomIds(1, 5), promptKey: "", sample: 0 };
  test.each([
    ["an empty prompt", { ...row, prompt: new Int32Array(0) }, greedy, "row 0 to generate has an empty prompt"],
    ["a wrong number of coefficients", { ...row, coefficients: [1] }, greedy, "1 coefficients for 3 adapters"],
    ["texts beyond the model's positions", row, { ...greedy, maxNewTokens: 124 }, "pass the model's 128 positions"],
    ["a limit of no tokens", row, { ...greedy, maxNewTokens: 0 }, "maxNewTokens is 0"],
    ["a negative temperature", row, { ...greedy, temperature: -1 }, "temperature is -1"],
  ])("%s", async (_, bad, settings, message) => {
    await expect(new Generator(engine, model, adapters).generate([bad], settings)).rejects.toThrow(message);
  });

  test("logits that are not finite", async () => {
    const weights = {
      ...model.weights,
      "model.norm.weight": { ...(model.weights["model.norm.weight"] as HostTensor) },
    };
    weights["model.norm.weight"] = { dtype: "float32", shape: [16], data: new Float32Array(16).fill(Number.NaN) };
    for (const settings of [greedy, sampled]) {
      await expect(new Generator(engine, { config: TINY, weights }).generate([row], settings)).rejects.toThrow(
        "logits are not finite",
      );
    }
  });

  test("to go on after an abort", async () => {
    const abort = new AbortController();
    abort.abort();
    const settings = { ...greedy, signal: abort.signal };
    await expect(new Generator(engine, model).generate([row], settings)).rejects.toThrow("aborted");
  });
});
