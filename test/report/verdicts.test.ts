import { describe, expect, test } from "vitest";
import type { RunSummary } from "../../src/bench/summary.js";
import { differenceSentence, isItReal, list, whatItCost, whoWins } from "../../src/report/verdicts.js";
import { difference, estimate, summaryFixture } from "./summary-fixture.js";

const plain = (sentences: readonly string[]): string[] => sentences.map((text) => text.replaceAll("\u00a0", " "));

describe("who wins", () => {
  test("says by how much and against whom, and no more than the intervals show", () => {
    expect(plain(whoWins(summaryFixture()))).toEqual([
      "Alpha has the largest hypervolume, shown against 1 of 2 rivals: 0.512 [0.492, 0.532].",
      "Alpha's hypervolume exceeds Betas' by 4.1 % [1.2, 6.9].",
      "The interval of Alpha against Gamma, [−1.2, 3.2] %, holds zero: no difference shown.",
    ]);
  });

  test("a win is a difference shown against every rival", () => {
    const won = summaryFixture({ differences: [difference("alpha", "beta", 0.02, 0.01, 0.5, true)] });
    expect(whoWins(won)[0]).toBe("Alpha wins on seed 1, with the largest hypervolume: 0.512 [0.492, 0.532].");
    const statistics = { ...won.statistics, seedsAssessed: true };
    expect(whoWins({ ...won, statistics })[0]).toBe("Alpha wins, with the largest hypervolume: 0.512 [0.492, 0.532].");
  });

  test("the largest hypervolume alone is no win", () => {
    const open = summaryFixture({ differences: [difference("alpha", "beta", 0.02, 0.03, 0.5, false)] });
    expect(whoWins(open)[0]).toBe("No winner is shown. Alpha has the largest hypervolume: 0.512 [0.492, 0.532].");
  });

  test("an interval that excludes zero but fails Holm's correction shows no difference", () => {
    const failing = { ...difference("alpha", "beta", 0.02, 0.01, 0.5, false), pHolm: 0.07 };
    expect(plain([differenceSentence(summaryFixture(), failing)])).toEqual([
      "Alpha against Betas, [2.0, 6.0] %, does not survive Holm's correction (p = .070): no difference shown.",
    ]);
  });

  test("a title that ends in a bracket takes no apostrophe", () => {
    const summary = summaryFixture();
    const methods = summary.methods.map((method) =>
      method.id === "beta" ? { ...method, title: "Beta (fast)" } : method,
    );
    const said = whoWins({ ...summary, methods }).map((sentence) => sentence.replaceAll("\u00a0", " "));
    expect(said[1]).toBe("Alpha's hypervolume exceeds that of Beta (fast) by 4.1 % [1.2, 6.9].");
  });

  test("a deficit falls short, with its bounds the right way round", () => {
    expect(plain([differenceSentence(summaryFixture(), difference("gamma", "beta", -0.02, 0.01, 0.5, true))])).toEqual([
      "Gamma's hypervolume falls short of Betas' by 4.0 % [2.0, 6.0].",
    ]);
  });

  test("without a hypervolume to divide by, the difference is absolute", () => {
    const absolute = { ...difference("alpha", "beta", 0.02, 0.01, 1, true), relative: null };
    expect(differenceSentence(summaryFixture(), absolute)).toBe(
      "Alpha's hypervolume exceeds Betas' by 0.020 [0.010, 0.030].",
    );
  });

  test("nobody wins where every ranked method is undertrained", () => {
    const { methods } = summaryFixture();
    const none = summaryFixture({
      leader: null,
      differences: [],
      methods: methods.map((method) => ({ ...method, undertrained: ["helpful"] })),
    });
    expect(whoWins(none)).toEqual(["No winner: every ranked method is undertrained at this budget."]);
  });

  test("nobody wins where no value has a ruler", () => {
    const values = summaryFixture().values.map((value) => ({ ...value, ruler: false }));
    expect(whoWins(summaryFixture({ leader: null, differences: [], values }))).toEqual([
      "No winner: no value has a ruler that works.",
    ]);
  });
});

describe("is it real", () => {
  test("seeds that are too few, undertrained methods, values without a ruler and an unstable ranking are said", () => {
    expect(plain(isItReal(summaryFixture()))).toEqual([
      "Seeds: not assessed (1 of the 3 that a statement about methods needs). The 95 % intervals are over 384 test prompts and hold for these trained models.",
      "Delta is undertrained at this budget (not shown to beat the base on humorous) and left out of who wins.",
      "humorous has no ruler (held-out accuracy 52.0 % [47.0, 57.0]): no headline rests on it.",
      "Alpha leads at all 3 reference points.",
    ]);
  });

  test("another leader at another reference point is named; where nobody has a hypervolume, nothing is ranked", () => {
    const summary = summaryFixture();
    const [suite, nadir, base] = summary.references;
    if (suite === undefined || nadir === undefined || base === undefined) throw new Error("the fixture has three");
    const none = { ...base, hypervolume: Object.fromEntries(summary.methods.map(({ id }) => [id, 0])) };
    const said = (references: typeof summary.references) => isItReal({ ...summary, references }).at(-1);
    expect(said([suite, { ...nadir, hypervolume: { ...nadir.hypervolume, beta: 0.9 } }, none])).toBe(
      "Who leads depends on the reference point: Betas leads at a point below the worst candidate (0.9000 against 0.5120). At the base's own point nobody has a hypervolume: nothing to rank there.",
    );
    const tiny = { ...base, hypervolume: { ...none.hypervolume, beta: 4.1e-5, alpha: 3.9e-5 } };
    expect(said([suite, { ...nadir, hypervolume: { ...nadir.hypervolume, beta: 0.9 } }, tiny])).toBe(
      "Who leads depends on the reference point: Betas leads at a point below the worst candidate (0.9000 against 0.5120) and the base's own point (4.1e−5 against 3.9e−5).",
    );
    expect(said([suite, nadir, none])).toBe(
      "Alpha leads at the 2 reference points that tell. At the base's own point nobody has a hypervolume: nothing to rank there.",
    );
  });

  test("enough seeds are said to be assessed", () => {
    const summary = summaryFixture();
    const assessed: RunSummary = {
      ...summary,
      run: { ...summary.run, seeds: [1, 2, 3] },
      statistics: { ...summary.statistics, seedsAssessed: true },
    };
    expect(plain(isItReal(assessed))[0]).toBe(
      "The 95 % intervals are over 3 seeds and 384 test prompts, for this base.",
    );
  });

  test("a method that failed is named with its seed and reason", () => {
    const failed = summaryFixture({ failures: [{ method: "gamma", seed: 2, message: "loss is NaN at step 12" }] });
    expect(isItReal(failed)).toContain("Gamma failed on seed 2: loss is NaN at step 12");
  });
});

test("what it cost counts every charged method once, at what it spent", () => {
  const [shares, total] = plain(whatItCost(summaryFixture()));
  expect(shares).toBe("Each method had 2.00 TFLOP a seed. Each spent 98 % of what was planned.");
  expect(total).toContain("In all 9.75 TFLOP of charged training");
  expect(total).toContain("3 min 12 s on cpu with 2 threads.");
});

test("a list of words reads as English", () => {
  expect([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b and c"]);
});

test("hostile names and messages cannot drive a terminal", () => {
  const hostile = "\u001b]0;title\u0007\u001b[31mred\u202e";
  const summary = summaryFixture({
    methods: summaryFixture().methods.map((method) => ({ ...method, title: hostile })),
    failures: [{ method: "gamma", seed: 1, message: hostile }],
    values: [{ name: hostile, center: 0, scale: 1, reference: 0, accuracy: estimate(0.5, 0.1), ruler: false }],
  });
  const all = [...whoWins(summary), ...isItReal(summary), ...whatItCost(summary)].join("");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(all).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test("a title that holds a comma stands in quotation marks, so that a reader sees where it ends", () => {
  const base = summaryFixture();
  const methods = base.methods.map((method) => (method.id === "alpha" ? { ...method, title: "Alpha, twice" } : method));
  const said = whoWins({ ...base, methods });
  expect(said[0]).toContain("“Alpha, twice” has the largest hypervolume");
  expect(said[1]).toMatch(/^The hypervolume of “Alpha, twice” exceeds Betas' by/);
});
