import { describe, expect, test } from "vitest";
import { isBroken, loops, vocabularyOf, wordsOf } from "../../src/bench/broken.js";

const vocabulary = vocabularyOf(["Wipe the sofa dry. Don't rush."]);

describe("text that broke", () => {
  test.each([
    ["Wipe the sofa dry.", true, false],
    ["Wipe the sofa", false, true],
    ["", true, true],
    ["Wipe the sofffa.", true, true],
    ["dry dry dry", true, true],
    ["wipe the wipe the wipe the", true, true],
    ["dry dry", true, false],
    ["Don't wipe the sofa", true, false],
  ])("%j ended %s: broken %s", (text, ended, broken) => {
    expect(isBroken(text, ended, vocabulary)).toBe(broken);
  });
  test("a loop of up to four words counts from its third turn", () => {
    expect(loops(wordsOf("a b c d a b c d"))).toBe(false);
    expect(loops(wordsOf("a b c d a b c d a b c d"))).toBe(true);
    expect(loops(wordsOf("a b c d e a b c d e a b c d e"))).toBe(false);
  });
});
