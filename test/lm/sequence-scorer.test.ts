import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, HostTensor, TensorMap } from "../../src/engine/index.js";
import { decoderHidden, logitsAt } from "../../src/lm/decoder.js";
import { initWeights } from "../../src/lm/init.js";
import { mergeIntoWeights } from "../../src/lm/merge.js";
import type { ScoredRow } from "../../src/lm/sequence-scorer.js";
import { SequenceScorer } from "../../src/lm/sequence-scorer.js";
import { packSequences } from "../../src/lm/sequences.js";
import { ENGINES, openTestEngine } from "./engines.js";
import { maxDifference, randomIds, TINY, trainedAdapter } from "./tiny.js";

const model = { config: TINY, weights: initWeights(TINY, 5) };
const adapters = [trainedAdapter(1), trainedAdapter(2)];
const rows: ScoredRow[] = Array.from({ length: 19 }, (_, i) => ({
  prompt: randomIds(40 + i, 1 + (i % 6)),
  response: randomIds(80 + i, 1 + ((i * 5) % 17)),
  coefficients: [(i % 3) / 2, (i % 4) / 3],
}));

/** The slow twin: one row alone under merged weights, log-softmax in double precision, [position][token]. */
async function distributions(engine: Engine, weights: TensorMap, row: ScoredRow): Promise<number[][]> {
  const ids = [...row.prompt, ...row.response];
  const executable = await engine.compile(
    "twin",
    ({ constants }) => {
      const tokens = tf.tensor2d([ids], [1, ids.length], "int32");
      const positions = tf.tensor2d([[...ids.keys()]], [1, ids.length], "int32");
      const hidden = decoderHidden(TINY, constants, { tokens, positions, segments: tf.zerosLike(tokens) });
      const logits = logitsAt(TINY, constants, hidden, tf.range(0, ids.length, 1, "int32"));
      return { outputs: { logits } };
    },
    { inputs: {}, constants: weights },
  );
  const { data } = (await executable.run({})).logits as HostTensor;
  executable.dispose();
  return [...row.response.keys()].map((i) => {
    const start = (row.prompt.length - 1 + i) * TINY.vocabSize;
    const logits = Array.from(data.slice(start, start + TINY.vocabSize));
    const normalizer = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    return logits.map((x) => x - normalizer);
  });
}

for (const id of ENGINES) {
  describe(`scores of replies on ${id}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openTestEngine(id);
    });
    afterAll(() => engine.dispose());

    test("are log-probabilities and the exact divergence per position", async () => {
      const scorer = new SequenceScorer(engine, model, adapters);
      const scores = await scorer.score(rows);
      const oracle = await openTestEngine("tfjs-cpu");
      for (const [i, row] of rows.entries()) {
        if (i % 4 !== 1) continue;
        const mixture = await distributions(oracle, mergeIntoWeights(model.weights, adapters, row.coefficients), row);
        const base = await distributions(oracle, model.weights, row);
        const of = (all: number[][]): number[] => all.map((at, t) => at[row.response[t] ?? -1] ?? Number.NaN);
        let kl = 0;
        for (const [t, logs] of mixture.entries()) {
          for (const [token, log] of logs.entries()) kl += Math.exp(log) * (log - (base[t]?.[token] ?? Number.NaN));
        }
        expect(maxDifference(scores[i]?.logProbs ?? [], of(mixture))).toBeLessThan(2e-5);
        expect(maxDifference(scores[i]?.baseLogProbs ?? [], of(base))).toBeLessThan(2e-5);
        expect(scores[i]?.kl).toBeCloseTo(kl, 4);
        expect(kl).toBeGreaterThan(1e-3);
      }
      await scorer.dispose();
    });

    test("find no divergence of the base from itself", async () => {
      const scorer = new SequenceScorer(engine, model, adapters);
      const [score] = await scorer.score([
        { prompt: randomIds(1, 3), response: randomIds(2, 5), coefficients: [0, 0] },
      ]);
      expect(score?.kl).toBeCloseTo(0, 6);
      expect(score?.logProbs).toHaveLength(5);
      expect(maxDifference(score?.logProbs ?? [], score?.baseLogProbs ?? [])).toBeLessThan(1e-6);
      await scorer.dispose();
    });
  });
}

describe("plain sequences", () => {
  test("are packed with each response token's predictor before it", () => {
    const { inputs, offsets, shape } = packSequences(
      [
        { prompt: Int32Array.of(5, 6), response: Int32Array.of(7, 2) },
        { prompt: Int32Array.of(8), response: Int32Array.of(9) },
      ],
      { rows: 3, length: 5, selected: 4 },
    );
    expect(shape).toEqual({ rows: 3, length: 5, selected: 4 });
    expect([...(inputs.tokens?.data ?? [])]).toEqual([5, 6, 7, 2, 0, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect([...(inputs.segments?.data ?? [])]).toEqual([0, 0, 0, 0, -1, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1]);
    expect([...(inputs.positions?.data ?? [])]).toEqual([0, 1, 2, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect([...(inputs.predictors?.data ?? [])]).toEqual([1, 2, 5, 0]);
    expect([...(inputs.targets?.data ?? [])]).toEqual([7, 2, 9, 0]);
    expect([...(inputs.owners?.data ?? [])]).toEqual([0, 0, 1, 3]);
    expect([...offsets]).toEqual([0, 2, 3]);
  });

  test("refuse what does not fit", () => {
    const row = { prompt: Int32Array.of(5, 6), response: Int32Array.of(7, 2) };
    expect(() => packSequences([{ ...row, prompt: new Int32Array(0) }])).toThrow("empty prompt");
    expect(() => packSequences([{ ...row, response: new Int32Array(0) }])).toThrow("empty response");
    expect(() => packSequences([row], { rows: 1, length: 3, selected: 16 })).toThrow("does not fit 3 columns");
    expect(() => packSequences([row, row], { rows: 1, length: 16, selected: 16 })).toThrow("2 sequences");
  });
});
