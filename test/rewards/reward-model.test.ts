import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { type Engine, openEngine, type TensorMap } from "../../src/engine/index.js";
import { initWeights } from "../../src/lm/init.js";
import { ModelFileError } from "../../src/lm/model-file-error.js";
import type { Tokenizer } from "../../src/lm/tokenizer.js";
import { ExecutableCache } from "../../src/methods/executables.js";
import { encodeExchange } from "../../src/rewards/encoding.js";
import {
  bradleyTerryLoss,
  initRewardModel,
  packRewardPairs,
  type RewardModel,
  type RewardPair,
  rewardMargins,
  rewardPairShape,
  rewardPairSignature,
  SCORE_WEIGHT,
} from "../../src/rewards/reward-model.js";
import { loadRewardModel, saveRewardModel } from "../../src/rewards/reward-model-file.js";
import { RewardModelScorer } from "../../src/rewards/reward-model-scorer.js";
import { randomTensor, smallModel } from "../lm/model-folder.js";
import { temporaryFolder } from "../lm/temporary-folder.js";
import { randomIds, TINY } from "../lm/tiny.js";

const VALUES = ["helpful", "harmless"];
const noText = {} as Tokenizer;

function modelOf(tie = false): RewardModel {
  const config = { ...TINY, tieWordEmbeddings: tie };
  const model = initRewardModel({ config, weights: initWeights(config, 3) }, VALUES);
  return { ...model, weights: { ...model.weights, [SCORE_WEIGHT]: randomTensor(9, [2, config.hiddenSize]) } };
}

const pairs: RewardPair[] = [0, 1, 2, 3, 4].map((i) => ({
  prompt: randomIds(i, 3 + i),
  chosen: randomIds(10 + i, 2 + 3 * (i % 3)),
  rejected: randomIds(20 + i, 1 + i),
  head: i % 2,
  label: i / 4,
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

async function marginsOf(model: RewardModel, rows = pairs.length): Promise<{ margins: number[]; loss: number }> {
  const shape = rewardPairShape(pairs, rows, VALUES.length);
  const executable = await engine.compile(
    "margins",
    ({ inputs, constants }) => {
      const margins = rewardMargins(model.config, constants, inputs);
      const { labels, shares } = inputs;
      if (labels === undefined || shares === undefined) throw new Error("inputs");
      return { outputs: { margins, loss: bradleyTerryLoss(margins, labels, shares) } };
    },
    { inputs: rewardPairSignature(shape), constants: model.weights },
  );
  const { margins, loss } = await executable.run(packRewardPairs(pairs, shape));
  executable.dispose();
  return { margins: [...(margins?.data ?? [])].slice(0, pairs.length), loss: loss?.data[0] ?? Number.NaN };
}

describe("reward model", () => {
  for (const tie of [false, true]) {
    test(`a pair in one row has the margin of two separate rows (${tie ? "tied" : "own"} vocabulary head)`, async () => {
      const model = modelOf(tie);
      const { margins, loss } = await marginsOf(model);
      const scorer = new RewardModelScorer(model, noText, { programs, key: `separate ${tie}` });
      const rows = pairs.flatMap(({ prompt, chosen, rejected }) => [
        { prompt, response: chosen },
        { prompt, response: rejected },
      ]);
      const scores = await scorer.scoreRows(rows);
      let expectedLoss = 0;
      pairs.forEach(({ head, label = 1 }, i) => {
        const separate = (scores[2 * i]?.[head] ?? Number.NaN) - (scores[2 * i + 1]?.[head] ?? Number.NaN);
        expect(Math.abs(separate)).toBeGreaterThan(1e-3);
        expect(margins[i]).toBeCloseTo(separate, 5);
        const better = Math.log1p(Math.exp(-separate));
        const worse = Math.log1p(Math.exp(separate));
        expectedLoss += (label * better + (1 - label) * worse) / pairs.length;
      });
      expect(loss).toBeCloseTo(expectedLoss, 5);
    });
  }

  test("rows of padding change neither margins nor loss", async () => {
    const model = modelOf();
    const exact = await marginsOf(model);
    const padded = await marginsOf(model, 8);
    padded.margins.forEach((margin, i) => {
      expect(margin).toBeCloseTo(exact.margins[i] ?? Number.NaN, 5);
    });
    expect(padded.loss).toBeCloseTo(exact.loss, 5);
  });

  test.prop([fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 })], { numRuns: 8 })(
    "a reply's score does not depend on what is judged with it",
    async (chosen) => {
      const rows = Array.from({ length: 9 }, (_, i) => ({
        prompt: randomIds(i, 2 + i),
        response: randomIds(50 + i, 1 + 4 * (i % 4)),
      }));
      const scorer = new RewardModelScorer(modelOf(), noText, { programs, key: "alone", batchRows: 4 });
      const all = await scorer.scoreRows(rows);
      const some = await scorer.scoreRows(chosen.map((i) => rows[i] as (typeof rows)[number]));
      chosen.forEach((i, j) => {
        expect(some[j]?.[0]).toBeCloseTo(all[i]?.[0] ?? Number.NaN, 5);
        expect(some[j]?.[1]).toBeCloseTo(all[i]?.[1] ?? Number.NaN, 5);
      });
    },
  );

  test("an untrained one scores 0 and leaves an untied vocabulary head out", () => {
    const model = initRewardModel({ config: TINY, weights: initWeights(TINY, 3) }, VALUES);
    expect(model.weights[SCORE_WEIGHT]?.data.every((x) => x === 0)).toBe(true);
    expect("lm_head.weight" in model.weights).toBe(false);
  });
});

describe("reward model folder", () => {
  function saved(): { dir: string; model: RewardModel; weights: TensorMap } {
    const base = smallModel();
    const model = initRewardModel(base, VALUES);
    const weights = { ...model.weights, [SCORE_WEIGHT]: randomTensor(9, [2, base.config.hiddenSize]) };
    const dir = temporaryFolder();
    saveRewardModel(dir, { ...model, weights }, base.tokenizer);
    return { dir, model, weights };
  }

  test("what is loaded scores as what was saved", async () => {
    const { dir, model, weights } = saved();
    const loaded = loadRewardModel(dir);
    expect(loaded.model.values).toEqual(VALUES);
    expect(loaded.model.config).toEqual(model.config);
    const items = [{ prompt: "the cat", reply: "and the cat", ended: true }];
    const before = new RewardModelScorer({ ...model, weights }, loaded.tokenizer, { programs, key: "saved" });
    const after = new RewardModelScorer(loaded.model, loaded.tokenizer, { programs, key: "loaded" });
    expect(await after.score(items)).toEqual(await before.score(items));
    expect(after.describe()).toContain("helpful, harmless");
  });

  test("refuses a truncated file and heads that the configuration does not know", () => {
    const { dir } = saved();
    const path = join(dir, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...config, id2label: { 0: "helpful" } }));
    expect(() => loadRewardModel(dir)).toThrow(ModelFileError);
    writeFileSync(path, JSON.stringify({ ...config, id2label: undefined }));
    expect(() => loadRewardModel(dir)).toThrow(/id2label/);
    writeFileSync(path, JSON.stringify(config));
    expect(() => loadRewardModel(dir)).not.toThrow();
    truncateSync(join(dir, "model.safetensors"), 400);
    expect(() => loadRewardModel(dir)).toThrow(ModelFileError);
  });
});

describe("encoding an exchange", () => {
  const { tokenizer, config } = smallModel();
  const decode = (ids: Int32Array) => tokenizer.decode(ids, { specials: "skip" });

  test("reads prompt and reply once each, and ends only what ended", () => {
    const ended = encodeExchange(tokenizer, { prompt: "the cat", reply: "and the cat", ended: true }, config);
    const cut = encodeExchange(tokenizer, { prompt: "the cat", reply: "and the cat", ended: false }, config);
    expect(decode(ended.prompt)).toBe("the cat\n");
    expect(decode(ended.response)).toBe(" and the cat");
    expect(ended.response.at(-1)).toBe(tokenizer.eosId);
    expect([...cut.response]).toEqual([...ended.response.slice(0, -1)]);
  });

  test("an empty reply still has a token to be read at", () => {
    const { response } = encodeExchange(tokenizer, { prompt: "the cat", reply: "", ended: false }, config);
    expect(response.length).toBeGreaterThan(0);
  });

  test("cuts the start of a prompt that the trunk has no positions for", () => {
    const short = { ...config, maxPositions: 8 };
    const { prompt, response } = encodeExchange(
      tokenizer,
      { prompt: "the cat ".repeat(20), reply: "cat", ended: true },
      short,
    );
    expect(prompt.length + response.length).toBe(8);
    expect(response.at(-1)).toBe(tokenizer.eosId);
    expect(prompt.at(-1)).toBe(tokenizer.encode("\n")[0]);
  });
});
