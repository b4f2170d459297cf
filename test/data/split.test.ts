import { createHash } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { hhProportions, normalisePrompt, splitOf, splitPairs, splits } from "../../src/data/split.js";

const share = fc.integer({ min: 0, max: 100 });
const proportions = fc
  .record({ train: share, scorer: share, validation: share, test: share })
  .filter((shares) => splits.some((split) => shares[split] > 0));

describe("splits", () => {
  test.prop([fc.string(), proportions])(
    "a prompt's split does not change with case, spacing or Unicode form",
    (prompt, shares) => {
      const split = splitOf(prompt, shares);
      expect(splitOf(`  ${prompt.replace(/ /g, " \n ")} `, shares)).toBe(split);
      expect(splitOf(normalisePrompt(prompt), shares)).toBe(split);
    },
  );

  test.prop([fc.string(), proportions])(
    "a split with share 0 receives nothing, and scale does not matter",
    (prompt, shares) => {
      const split = splitOf(prompt, shares);
      expect(shares[split]).toBeGreaterThan(0);
      const tenth = Object.fromEntries(splits.map((name) => [name, shares[name] / 8])) as typeof shares;
      expect(splitOf(prompt, tenth)).toBe(split);
    },
  );

  test.prop([fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.string({ maxLength: 2 })), { maxLength: 60 })])(
    "splits are disjoint in prompts over all values, and lose nothing",
    (rows) => {
      const pairs = rows.map(([value, prompt]) => ({ value, prompt, chosen: "x", rejected: "y" }));
      const parts = splitPairs(pairs);
      expect(splits.flatMap((split) => parts[split])).toHaveLength(pairs.length);
      const home = new Map<string, string>();
      for (const split of splits) {
        for (const { prompt } of parts[split]) {
          expect(home.get(normalisePrompt(prompt)) ?? split).toBe(split);
          home.set(normalisePrompt(prompt), split);
        }
      }
    },
  );

  test("10,000 prompts fall 50/25/10/15 within four standard deviations", () => {
    const counts = { train: 0, scorer: 0, validation: 0, test: 0 };
    for (let index = 0; index < 10_000; index += 1) counts[splitOf(`prompt ${index}`)] += 1;
    for (const split of splits) {
      const p = hhProportions[split];
      expect(Math.abs(counts[split] - 10_000 * p)).toBeLessThan(4 * Math.sqrt(10_000 * p * (1 - p)));
    }
  });

  test("the split is where 48 bits of the hash fall, computed here with big integers", () => {
    for (const prompt of ["How do I clean a knife?", "", "é", "\n\nHuman: Hi\n\nAssistant:"]) {
      const hex = createHash("sha256").update(normalisePrompt(prompt)).digest("hex").slice(0, 12);
      const percent = Number((BigInt(`0x${hex}`) * 100n) / 2n ** 48n);
      const expected = percent < 50 ? "train" : percent < 75 ? "scorer" : percent < 85 ? "validation" : "test";
      expect(splitOf(prompt)).toBe(expected);
    }
  });

  test("a pair's own split goes before the hash; impossible proportions are refused", () => {
    const pair = { value: "a", prompt: "p", chosen: "x", rejected: "y", split: "scorer" as const };
    expect(splitPairs([pair], { train: 1, scorer: 0, validation: 0, test: 0 }).scorer).toEqual([pair]);
    expect(() => splitOf("p", { train: 0, scorer: 0, validation: 0, test: 0 })).toThrow(RangeError);
    expect(() => splitOf("p", { train: 2, scorer: -1, validation: 0, test: 0 })).toThrow(RangeError);
  });
});
