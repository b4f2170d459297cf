import { describe, expect, test } from "vitest";
import { prepareData, trainTokenizer } from "../../src/bench/prepare.js";
import { loadSuite, type Suite } from "../../src/bench/suite.js";
import { InputError } from "../../src/data/errors.js";
import { type Pair, promptHash, splitPairs } from "../../src/data/index.js";

const smoke = loadSuite("smoke");
const suite: Suite = {
  ...smoke,
  data: {
    source: "folder",
    splits: { train: 0.5, scorer: 0.25, validation: 0.1, test: 0.15 },
    maxPromptTokens: 60,
    maxReplyTokens: 60,
  },
  values: [{ name: "kind" }, { name: "brief" }],
  evaluation: { ...smoke.evaluation, testPrompts: 9, validationPrompts: 6 },
};
const pairs: Pair[] = Array.from({ length: 200 }, (_, i) => ({
  value: i % 4 === 0 ? "brief" : "kind",
  prompt: `ask number ${i}`,
  chosen: `yes ${i}`,
  rejected: `no ${i}`,
}));
const never = new AbortController().signal;
const prepare = async (given: readonly Pair[] = pairs, changed: Suite = suite) =>
  prepareData(given, [], changed, await trainTokenizer(given, changed, never), never);

describe("what methods are given", () => {
  test("holds no prompt of the scorer, validation or test split", async () => {
    const data = await prepare();
    const splits = splitPairs(pairs, suite.data.splits);
    const train = new Set(data.trainingPrompts.map(({ key }) => key));
    expect(train).toEqual(new Set(splits.train.map(({ prompt }) => promptHash(prompt))));
    for (const split of ["scorer", "validation", "test"] as const) {
      expect(splits[split].length).toBeGreaterThan(0);
      for (const { prompt } of splits[split]) expect(train.has(promptHash(prompt))).toBe(false);
    }
    for (const split of ["validation", "test"] as const) {
      const own = new Set(splits[split].map(({ prompt }) => promptHash(prompt)));
      for (const { key } of data.evaluation[split]) expect(own.has(key)).toBe(true);
    }
  });

  test("a tokenizer that has seen the training split alone", async () => {
    const train = splitPairs(pairs, suite.data.splits).train;
    const [all, own] = await Promise.all([trainTokenizer(pairs, suite, never), trainTokenizer(train, suite, never)]);
    expect(all.files).toEqual(own.files);
  });
});

describe("prompts to be scored on", () => {
  test("are taken in turn from each value's data, as many as asked for", async () => {
    const { evaluation } = await prepare();
    expect(evaluation.test).toHaveLength(9);
    expect(evaluation.validation).toHaveLength(6);
    const sources = evaluation.test.map(({ source }) => source);
    expect(sources.filter((source) => source === "brief").length).toBeGreaterThanOrEqual(4);
  });

  test("are the same whatever the order of the rows", async () => {
    const keys = async (given: readonly Pair[]) => (await prepare(given)).evaluation.test.map(({ key }) => key);
    expect(await keys(pairs.toReversed())).toEqual(await keys(pairs));
  });
});

test("pairs that are all over-long are the user's to mend", async () => {
  const long = pairs.map((pair) => ({ ...pair, chosen: "word ".repeat(200) }));
  await expect(prepare(long)).rejects.toThrow(InputError);
});

test("a judge without pairs is the user's to mend, before anything is trained", async () => {
  const judged: Suite = { ...suite, scorers: { kind: "linear-probe", ridge: 1, folds: 10 } };
  const bare = pairs.map((pair): Pair => (pair.value === "brief" ? { ...pair, split: "train" } : pair));
  await expect(prepare(bare, judged)).rejects.toThrow(
    /the scorer split has 0 pairs for the value "brief", and a judge needs at least 2; raise data\.splits\.scorer/,
  );
  await expect(prepare(pairs, judged)).resolves.toBeDefined();
  await expect(prepare(bare)).resolves.toBeDefined();
});

test("an interruption does not wait for the data", async () => {
  const stopped = AbortSignal.abort(new Error("stop"));
  await expect(trainTokenizer(pairs, suite, stopped)).rejects.toThrow("stop");
});
