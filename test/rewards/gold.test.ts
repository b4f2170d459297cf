import { describe, expect, test } from "vitest";
import { generatePairs, generatorDefaults } from "../../src/data/embedded/generate.js";
import { goldScores } from "../../src/data/embedded/gold.js";
import { InputError } from "../../src/data/errors.js";
import { createGoldScorer } from "../../src/rewards/gold.js";

const pairs = generatePairs({ ...generatorDefaults, entanglement: 0 }).slice(0, 50);

describe("gold scorer", () => {
  test("gives the gold rules' scores, in the order of its values", async () => {
    const scorer = createGoldScorer();
    const scores = await scorer.score(pairs.map(({ prompt, chosen }) => ({ prompt, reply: chosen, ended: true })));
    pairs.forEach(({ prompt, chosen }, i) => {
      const gold: Readonly<Record<string, number>> = goldScores(prompt, { text: chosen, ended: true });
      expect(scores[i]).toEqual(scorer.values.map((value) => gold[value]));
    });
    expect(Math.max(...scores.flat())).toBeGreaterThan(0.5);
  });

  test("a reply that was cut scores nothing", async () => {
    const items = pairs.map(({ prompt, chosen }) => ({ prompt, reply: chosen, ended: false }));
    expect((await createGoldScorer().score(items)).flat().every((score) => score === 0)).toBe(true);
  });

  test("a foreign prompt is an input error, not a score", async () => {
    const foreign = [{ prompt: "Who are you?", reply: "me", ended: true }];
    await expect(createGoldScorer().score(foreign)).rejects.toThrow(InputError);
  });
});
