import { describe, expect, test } from "vitest";
import { inspectData, inspectPairs, quantiles } from "../../src/data/inspect.js";
import { noDrops } from "../../src/data/pair.js";
import { sharedFolder } from "../skip.js";

describe("inspection", () => {
  test("counts, conflicts and the length bias of a small set", () => {
    const pair = (value: string, prompt: string, chosen: string, rejected: string) => ({
      value,
      prompt,
      chosen,
      rejected,
      split: "train" as const,
    });
    const pairs = [
      pair("helpful", "p", "long one", "short"),
      pair("harmless", "p", "short", "long one"),
      pair("helpful", "q", "a", "b"),
      pair("harmless", "q", "a", "b"),
      pair("harmless", "r", "a", "b"),
    ];
    const model = inspectPairs({
      pairs,
      values: ["helpful", "harmless"],
      dropped: noDrops(),
      droppedByValue: {},
      files: [],
    });
    expect(model.conflicts).toEqual([{ values: ["helpful", "harmless"], shared: 2, opposed: 1 }]);
    expect(model.distinctPrompts).toEqual({ train: 3, scorer: 0, validation: 0, test: 0 });
    expect(model.values.map(({ pairs, chosenLonger }) => [pairs.train, chosenLonger])).toEqual([
      [2, 0.75],
      [3, 1 / 3],
    ]);
  });

  test("quantiles are nearest ranks", () => {
    const lengths = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantiles(lengths)).toEqual({ min: 1, p10: 10, p50: 50, p90: 90, p99: 99, max: 100 });
    expect(quantiles([])).toEqual({ min: 0, p10: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });

  test("the shared HH folder, whole", async (context) => {
    const model = await inspectData(sharedFolder(context, "data/hh"));
    expect(model.values.map(({ value }) => value)).toEqual(["harmless", "helpful"]);
    expect(model.dropped["prefix mismatch"]).toBe(14);
    const { train, scorer, validation, test: held } = model.distinctPrompts;
    expect(train).toBeGreaterThan(scorer + validation);
    expect(held).toBeGreaterThan(validation);
  });
});
