import { expect, test } from "vitest";
import { countsOf, countsText } from "../../src/bench/data-counts.js";
import { prepareData, trainTokenizer } from "../../src/bench/prepare.js";
import { loadSuite, type Suite } from "../../src/bench/suite.js";
import { checkTextLimits, type TextLimits } from "../../src/bench/text-limits.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { InputError } from "../../src/data/errors.js";
import { noDrops, type Pair } from "../../src/data/pair.js";

const smoke = loadSuite("smoke");
const suite: Suite = {
  ...smoke,
  data: { ...smoke.data, maxPromptTokens: 60, maxReplyTokens: 60 },
  values: [{ name: "kind" }, { name: "brief" }],
};
const pairs: Pair[] = ["train", "scorer", "validation", "test"].flatMap((split) =>
  ["kind", "brief"].flatMap((value) =>
    Array.from({ length: 3 }, (_, i): Pair => {
      const long = value === "brief" && split === "scorer" && i === 0 ? "zq".repeat(70) : "no";
      return { value, prompt: `ask ${split} ${i}`, chosen: "yes", rejected: long, split: split as "train" };
    }),
  ),
);
const never = new AbortController().signal;
const tokenizer = await trainTokenizer(pairs, suite, never);
const data = await prepareData(pairs, [], suite, tokenizer, never);

/** Bytes are tokens, or fewer: a prompt has at least 3 and at most 20, a reply at most 4. */
const limits = (changed: Partial<TextLimits>): TextLimits => ({
  where: "somewhere",
  config: { maxPositions: 120, eosTokenIds: [1] },
  eosId: 1,
  suite,
  rows: trainedRows(smoke),
  data,
  ...changed,
});
const fault = (changed: Partial<TextLimits>): string => {
  try {
    checkTextLimits(limits(changed));
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return "";
};

test("texts that fit are fine", () => {
  expect(fault({})).toBe("");
});

test("pairs, replies to be scored and rollouts that pass the positions are told apart", () => {
  expect(fault({ config: { maxPositions: 3, eosTokenIds: [1] } })).toMatch(
    /^somewhere: has 3 positions .*take up to \d+; lower data\.maxPromptTokens or data\.maxReplyTokens/,
  );
  const wordy = { ...suite, evaluation: { ...suite.evaluation, maxNewTokens: 200 } };
  expect(fault({ suite: wordy })).toMatch(/take up to 2\d\d; lower .* or evaluation\.maxNewTokens/);
  const ppo = { ...smoke.settings.morlhf.ppo, maxNewTokens: 300 };
  const rows = trainedRows({ ...smoke, settings: { ...smoke.settings, morlhf: { ...smoke.settings.morlhf, ppo } } });
  expect(fault({ rows })).toMatch(/take up to 3\d\d; lower .* or morlhf\.ppo\.maxNewTokens/);
  // Nobody rolls out: what PPO is set to is nothing to a suite of mixtures.
  expect(fault({ rows: rows.filter(({ id }) => id !== "morlhf") })).toBe("");
});

test("a reply must end with a token that generation stops at", () => {
  expect(fault({ config: { maxPositions: 120, eosTokenIds: [7, 9] } })).toMatch(
    /replies end with the tokenizer's eos_token \(1\), but generation stops at 7, 9/,
  );
  expect(fault({ config: { maxPositions: 120, eosTokenIds: [] } })).toMatch(/generation stops at no token/);
});

test("what the data gave is counted by value and split, what was left out by reason", () => {
  const counts = countsOf(data, { ...noDrops(), duplicate: 4 });
  expect(counts.pairs).toEqual({
    kind: { train: 3, scorer: 3, validation: 3, test: 3 },
    brief: { train: 3, scorer: 2, validation: 3, test: 3 },
  });
  expect(counts.leftOut).toEqual({ duplicate: 4, "over-long": 1 });
  expect(countsText(counts)).toBe(
    "kind 3 train, 3 scorer, 3 validation, 3 test; brief 3 train, 2 scorer, 3 validation, 3 test; left out: 4 duplicate, 1 over-long",
  );
  expect(countsText({ ...counts, leftOut: {} })).toMatch(/; no row left out$/);
});
