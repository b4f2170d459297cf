import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, float32, openEngine } from "../../src/engine/index.js";
import { decoderHidden } from "../../src/lm/decoder.js";
import { initWeights } from "../../src/lm/init.js";
import { packSequences } from "../../src/lm/sequences.js";
import type { Tokenizer } from "../../src/lm/tokenizer.js";
import { ExecutableCache } from "../../src/methods/executables.js";
import { LinearProbeScorer } from "../../src/rewards/linear-probe-scorer.js";
import { pooledFeatures } from "../../src/rewards/pooled-features.js";
import { randomIds, TINY } from "../lm/tiny.js";

const model = { config: TINY, weights: initWeights(TINY, 3) };
const rows = [0, 1, 2, 3, 4].map((i) => ({
  prompt: randomIds(i, 2 + 7 * i),
  response: randomIds(10 + i, 1 + (i % 3)),
}));

let engine: Engine;
let programs: ExecutableCache;
beforeAll(async () => {
  engine = await openEngine("cpu", { threads: 1 });
  programs = new ExecutableCache(engine);
});
afterAll(async () => {
  await programs.dispose();
  engine.dispose();
});

/** One row through the decoder, its reply's states averaged by hand. */
async function slowFeatures(row: (typeof rows)[number]): Promise<number[]> {
  const { inputs } = packSequences([row]);
  const { tokens, positions, segments } = inputs;
  if (!tokens || !positions || !segments) throw new Error("inputs");
  const executable = await engine.compile(
    "hidden",
    ({ inputs: given, constants }) => {
      const { tokens: t, positions: p, segments: s } = given;
      if (!t || !p || !s) throw new Error("inputs");
      return { outputs: { hidden: decoderHidden(TINY, constants, { tokens: t, positions: p, segments: s }) } };
    },
    {
      inputs: Object.fromEntries(
        Object.entries({ tokens, positions, segments }).map(([name, { shape }]) => [name, { dtype: "int32", shape }]),
      ),
      constants: model.weights,
    },
  );
  const { hidden } = await executable.run({ tokens, positions, segments });
  executable.dispose();
  const mean = new Array<number>(TINY.hiddenSize).fill(0);
  row.response.forEach((_, i) => {
    for (let k = 0; k < mean.length; k++) {
      const at = (row.prompt.length + i) * TINY.hiddenSize + k;
      mean[k] = (mean[k] ?? 0) + (hidden?.data[at] ?? Number.NaN) / row.response.length;
    }
  });
  return mean;
}

describe("linear probe", () => {
  test("features are the mean of the reply's hidden states, whatever shares the batch", async () => {
    const found = await pooledFeatures(model, rows, { programs, key: "together", batchRows: 2 });
    for (const [i, row] of rows.entries()) {
      const slow = await slowFeatures(row);
      expect(found[i]?.length).toBe(TINY.hiddenSize);
      slow.forEach((x, k) => {
        expect(found[i]?.[k]).toBeCloseTo(x, 5);
      });
    }
  });

  test("scores are heads times features, in the order of the rows", async () => {
    const heads = new Float32Array(2 * TINY.hiddenSize);
    heads[3] = 2;
    heads[TINY.hiddenSize + 5] = -1;
    const trunk = { ...model, tokenizer: {} as Tokenizer };
    const probe = { trunk, values: ["a", "b"], heads: float32([2, TINY.hiddenSize], heads) };
    const scores = await new LinearProbeScorer(probe, { programs, key: "scores" }).scoreRows(rows);
    const features = await pooledFeatures(model, rows, { programs, key: "scores" });
    rows.forEach((_, i) => {
      expect(scores[i]).toEqual([2 * (features[i]?.[3] ?? 0), -(features[i]?.[5] ?? 0)]);
    });
  });

  test("heads of another base are refused", () => {
    const probe = { trunk: { ...model, tokenizer: {} as Tokenizer }, values: ["a"], heads: float32([1, 3]) };
    expect(() => new LinearProbeScorer(probe, { programs, key: "x" })).toThrow(
      "[1,3], its values and base ask for [1,16]",
    );
  });
});
