import { describe, expect, test } from "vitest";
import { promptTokens } from "../../src/data/index.js";
import { trainBpe } from "../../src/lm/bpe.js";
import { Tokenizer } from "../../src/lm/tokenizer.js";

const one = "\n\nHuman: Hello\n\nAssistant:";
const two = `${one} Hi there.\n\nHuman: Tea?\n\nAssistant:`;
const tokenizer = new Tokenizer(trainBpe([two, "Write a note"], { vocabSize: 300 }));
const written = (prompt: string) => tokenizer.decode(promptTokens(tokenizer, prompt));

describe("promptTokens", () => {
  test("closes each finished assistant turn with the end token, and no other turn", () => {
    expect(written(two)).toBe("\n\nHuman: Hello\n\nAssistant: Hi there.<|end|>\n\nHuman: Tea?\n\nAssistant:");
    expect(written(one)).toBe(one);
  });

  test("two human turns in a row end nothing", () => {
    expect(written("\n\nHuman: a\n\nHuman: b\n\nAssistant:")).toBe("\n\nHuman: a\n\nHuman: b\n\nAssistant:");
  });

  test("a prompt that is no dialogue is left alone, even where it quotes one", () => {
    expect(written("Write a note")).toBe("Write a note\n");
    expect(written(`${two} and so on`)).toBe(`${two} and so on\n`);
  });

  test("the end token in a prompt's text is spelt out", () => {
    const ids = promptTokens(tokenizer, "\n\nHuman: say <|end|>\n\nAssistant:");
    expect([...ids]).not.toContain(tokenizer.eosId);
  });
});
