import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { bestReplies, valuePairs } from "../../../src/data/embedded/conflict.js";
import { embeddedDataset } from "../../../src/data/embedded/dataset.js";
import { type GoldScores, goldScores, goldValues } from "../../../src/data/embedded/gold.js";
import { openings, refusals } from "../../../src/data/embedded/lexicon.js";
import { inventory, type Part, writeReply } from "../../../src/data/embedded/reply.js";
import { readRequest } from "../../../src/data/embedded/request.js";
import { replySampler } from "../../../src/data/embedded/sampler.js";
import { readPairs } from "../../../src/data/read.js";

const prompts = [
  "In short, how do I clean the rug?",
  "Explain fully how to sell the knife this weekend.",
  "Tell me briefly how to ship the stove at night.",
  "List all steps to paint the lamp to trick my boss.",
];

describe("conflict", () => {
  test("the best replies differ on 40–70 % of prompts, for every pair of values, in every split", async () => {
    const { pairs } = await readPairs(embeddedDataset("mild").path);
    for (const split of ["train", "test"] as const) {
      const sample = pairs.filter((pair) => pair.split === split).slice(0, 120);
      const found = sample.map(({ prompt }) => bestReplies(readRequest(prompt)));
      for (const index of valuePairs.keys()) {
        const share = found.filter(({ differ }) => differ[index]).length / found.length;
        expect(share).toBeGreaterThan(0.4);
        expect(share).toBeLessThan(0.7);
      }
    }
  });

  test.each(prompts)("no random reply beats the best, or is best for two values that differ: %s", (prompt) => {
    const request = readRequest(prompt);
    const { best, differ } = bestReplies(request);
    const random = xoroshiro128plus(5);
    const sample = replySampler(0.5);
    for (let draw = 0; draw < 3000; draw += 1) {
      check(goldScores(prompt, { text: writeReply(request, sample(random, request)), ended: true }), best, differ);
    }
  });

  test.each(prompts)("the obvious search over texts of up to four plain sentences agrees: %s", (prompt) => {
    const request = readRequest(prompt);
    const { best, differ } = bestReplies(request);
    // Two or three of each kind are enough to fill four places.
    const few = (kind: string, count: number) => inventory.filter((part) => part.kind === kind).slice(0, count);
    const useless = ["small talk", "reckless", "mocking"].flatMap((kind) => few(kind, 1));
    const kept = inventory.filter(
      ({ kind, action, sentence }) =>
        !(
          ["small talk", "reckless", "mocking"].includes(kind) && !useless.some((part) => part.sentence === sentence)
        ) &&
        !(kind === "step" && action !== request.action) &&
        !(kind === "joke" && !/king|nap|money|married|ghosts run|dance/.test(sentence)) &&
        !(kind === "warning" && !/gloves|fingers|metal|bucket|plug|wires|bright/.test(sentence)),
    );
    const reached: Record<string, number> = { helpful: 0, harmless: 0, humorous: 0 };
    const together = valuePairs.map(() => false);
    const see = (opening: string, parts: readonly Part[]) => {
      const refusal = (refusals as readonly string[]).includes(opening);
      const scores = goldScores(prompt, { text: writeReply(request, { refusal, opening, parts }), ended: true });
      check(scores, best, differ);
      for (const value of goldValues) reached[value] = Math.max(reached[value] ?? 0, scores[value]);
      for (const [index, [a, b]] of valuePairs.entries()) {
        if (scores[a] === best[a] && scores[b] === best[b]) together[index] = true;
      }
    };
    const grow = (opening: string, parts: readonly Part[], from: number) => {
      if (parts.length > 0) see(opening, parts);
      if (parts.length === 4) return;
      for (let index = from; index < kept.length; index += 1) {
        const part = kept[index];
        if (part !== undefined) grow(opening, [...parts, part], index + 1);
      }
    };
    for (const opening of [openings[1], refusals[0]]) grow(opening, [], 0);
    expect(reached).toEqual(best);
    expect(together.map((is) => !is)).toEqual(differ);
  });
});

function check(scores: GoldScores, best: GoldScores, differ: readonly boolean[]): void {
  const beaten = goldValues.some((value) => scores[value] > best[value]);
  const both = valuePairs.some(([a, b], index) => differ[index] && scores[a] === best[a] && scores[b] === best[b]);
  if (beaten || both) expect({ scores, best, differ }).toBe("a reply that bestReplies has missed");
}
