import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SMALLEST_VOCABULARY, trainBpe, WORD } from "../../src/lm/bpe.js";
import { BYTE_CHARACTERS } from "../../src/lm/byte-alphabet.js";
import { Tokenizer } from "../../src/lm/tokenizer.js";
import type { TokenizerFiles } from "../../src/lm/tokenizer-files.js";
import { slowByteCharacter, slowEncode, slowMerges, slowWords } from "./slow-bpe.js";

const TEXTS = [
  "How do I bake bread? You bake the bread in the oven, and you'll need some flour.",
  "I can't help you with that.   Please ask a professional; they're trained, it's safer.",
  "Why did the baker work nights?\n\nHe kneaded the dough! 1234 12 1999",
  "The bakers who bake bread at night help other bakers; you can't bake bread without flour, nor without an oven.",
  "Can you help the professional bakers? They need some help with the dough and the flour in the kitchen at night.",
  "naïve café — ünïcödé 😀😀 日本語 日本",
];

interface BpeJson {
  readonly vocab: Record<string, number>;
  readonly merges: [string, string][];
}
const modelOf = (files: TokenizerFiles) => files.json.model as BpeJson;

/** Unicode text of every sort: whole code points, near misses of words, white space, special tokens spelt out. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          "bake",
          "the",
          " ",
          "  ",
          "\n",
          "\t",
          "\u0085",
          "\u00a0",
          "\u3000",
          "\ufeff",
          "\u180e",
          "'s",
          "'ll",
          "'",
          "12",
          "½",
        ],
        ...[
          "<|end|>",
          "<|pad|>",
          "Ġ",
          "é",
          "e\u0301",
          "😀",
          "日本",
          ".",
          "?!",
          "\u0000",
          "\u200b",
          "__proto__",
          "constructor",
        ],
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join("")),
);

describe("training", () => {
  test("the slow trainer, which recounts everything after each merge, learns the same merges", () => {
    const files = trainBpe(TEXTS, { vocabSize: 400 });
    const { vocab, merges } = modelOf(files);
    expect(merges).toEqual(slowMerges(TEXTS, (character) => vocab[character] as number, 400 - SMALLEST_VOCABULARY));
    expect(merges.length).toBeGreaterThan(50);
  });

  property.prop([fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 30 }), { maxLength: 4 })], {
    numRuns: 60,
  })("so it does on any texts of few letters, where ties and overlapping pairs abound", (texts) => {
    const { vocab, merges } = modelOf(trainBpe(texts, { vocabSize: 300 }));
    expect(merges).toEqual(slowMerges(texts, (character) => vocab[character] as number, 300 - SMALLEST_VOCABULARY));
  });

  test("the order of the texts does not matter", () => {
    const one = trainBpe(TEXTS, { vocabSize: 380 });
    const other = trainBpe(TEXTS.toReversed(), { vocabSize: 380 });
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  test("ids are dense: pad, end, bytes, then one a new token", () => {
    const files = trainBpe(TEXTS, { vocabSize: 300 });
    const ids = Object.values(modelOf(files).vocab).sort((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: 300 }, (_, id) => id));
    const tokenizer = new Tokenizer(files);
    expect([tokenizer.padId, tokenizer.eosId, tokenizer.bosId, tokenizer.vocabSize]).toEqual([0, 1, null, 300]);
    expect(tokenizer.prefixIds.length).toBe(0);
  });

  test("texts with nothing to merge give fewer tokens than asked for", () => {
    expect(new Tokenizer(trainBpe(["a b"], { vocabSize: 1000 })).vocabSize).toBe(SMALLEST_VOCABULARY);
  });

  test("a vocabulary without room for the bytes is refused", () => {
    expect(() => trainBpe(TEXTS, { vocabSize: SMALLEST_VOCABULARY - 1 })).toThrow(/from 258, is 257/);
  });
});

describe("words", () => {
  property.prop([text], { numRuns: 300 })("the pattern splits as the slow reader does, and loses nothing", (value) => {
    const words = Array.from(value.matchAll(WORD), ([word]) => word);
    expect(words.join("")).toBe(value);
    expect(words).toEqual(slowWords(value));
  });

  test("each byte has its own character", () => {
    expect(BYTE_CHARACTERS).toEqual(Array.from({ length: 256 }, (_, byte) => slowByteCharacter(byte)));
    expect(new Set(BYTE_CHARACTERS).size).toBe(256);
    expect([BYTE_CHARACTERS[0x20], BYTE_CHARACTERS[0x0a], BYTE_CHARACTERS[0x41]]).toEqual(["Ġ", "Ċ", "A"]);
  });
});

describe("the file through @huggingface/tokenizers", () => {
  const files = trainBpe(TEXTS, { vocabSize: 420 });
  const tokenizer = new Tokenizer(JSON.parse(JSON.stringify(files)) as TokenizerFiles);

  property.prop([text], { numRuns: 300 })("ids equal those of the slow encoder", (value) => {
    expect([...tokenizer.encode(value)]).toEqual(slowEncode(value, modelOf(files)));
  });

  property.prop([text], { numRuns: 300 })(
    "decode(encode(text)) is the text, special tokens in it included",
    (value) => {
      const ids = tokenizer.encode(value);
      expect(tokenizer.decode(ids)).toBe(value);
      expect(ids.some((id) => tokenizer.specialIds.has(id))).toBe(false);
    },
  );

  property.prop([text, text], { numRuns: 100 })(
    "a reply's ids do not depend on what it follows, and decode to it",
    (prompt, reply) => {
      const ids = tokenizer.encodeContinuation(reply);
      expect([...ids]).toEqual([...tokenizer.encode(reply)]);
      expect(tokenizer.decodeContinuation(ids)).toBe(reply);
      expect(tokenizer.decode([...tokenizer.encode(prompt), ...ids])).toBe(prompt + reply);
    },
  );

  test("lone surrogates become U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud800b"))).toBe("a\ufffdb");
  });
});
