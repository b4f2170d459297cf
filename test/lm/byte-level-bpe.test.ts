/** The fast encoder and decoder against the library itself, on the same files. */

import { fc, test as property } from "@fast-check/vitest";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../src/lm/bpe.js";
import { byteLevelDecoder, byteLevelEncoder } from "../../src/lm/byte-level-bpe.js";
import { type Json, readTokenizerFiles, type TokenizerFiles, vocabularyOf } from "../../src/lm/tokenizer-files.js";
import { sharedFolder, sharedPath } from "../skip.js";

const trained = trainBpe(
  [
    "How do I bake bread? You bake the bread in the oven; you'll need some flour, and they're in the kitchen.",
    "I can't help you with the bread. Please ask a baker in the kitchen, they'll help you bake the bread.",
    "aaaa aaaaaaaa aaaaaaaaaaaaaaaa abababababab 日本語 日本 日本語 😀😀",
  ],
  { vocabSize: 400 },
);

const piece = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom(
    "bake",
    " the",
    " bread",
    "'ll",
    "'s",
    "aaaa",
    "ab",
    " ",
    "  ",
    "\n\n",
    "\u0085",
    "\ufeff",
    "\u00a0",
    "日本語",
    "😀",
    "<|end|>",
    "</s>",
  ),
  fc.nat(200).map((n) => "a".repeat(n)),
  fc.constant("\ud83d"),
);
const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));

/** The library, with or without the special tokens that it would find in a text. */
function library({ json, config }: TokenizerFiles, specials: boolean): LibraryTokenizer {
  return new LibraryTokenizer(specials ? json : { ...json, added_tokens: [] }, config);
}

const cases: [string, TokenizerFiles][] = [["a tokenizer of this project", trained]];
for (const name of ["tiny-llama3", "tiny-qwen2"]) {
  const dir = sharedPath(`models/${name}`);
  if (dir !== undefined) cases.push([name, readTokenizerFiles(dir)]);
  // Said where the files are absent: its block of tests would just not be there.
  else test(name, (context) => void sharedFolder(context, `models/${name}`));
}

for (const [name, files] of cases) {
  describe(name, () => {
    const vocabulary = vocabularyOf(files.json, "tokenizer.json");
    const plain = library(files, false);
    const whole = library(files, true);
    const byLibrary = (word: string) =>
      (plain.model?.encode([word]) ?? []).map((token: string) => vocabulary.idOf.get(token) as number);
    const encode = byteLevelEncoder(files.json, vocabulary, byLibrary);
    const decode = byteLevelDecoder(files.json, vocabulary);

    property.prop([text], { numRuns: 400 })("ids are the library's, the first time and again", (value) => {
      const expected = value === "" ? [] : plain.encode(value, { add_special_tokens: false }).ids;
      expect([...(encode?.(value) ?? ["none"])]).toEqual(expected);
      expect([...(encode?.(value) ?? ["none"])]).toEqual(expected);
    });

    property.prop([text], { numRuns: 200 })("texts come back, a byte order mark at their start included", (value) => {
      const whole = value.replace(/\p{Surrogate}/gu, "");
      for (const original of [whole, `\ufeff${whole}`]) expect(decode?.(encode?.(original) ?? [])).toBe(original);
    });

    property.prop([fc.array(fc.nat(vocabulary.size - 1), { minLength: 1, maxLength: 30 })], { numRuns: 400 })(
      "texts are the library's, for any ids: cut characters and special tokens among them",
      (ids) => {
        expect(decode?.(ids)).toBe(whole.decode(ids, { clean_up_tokenization_spaces: false }));
      },
    );
  });
}

test("a text longer than any before it decodes whole", () => {
  const vocabulary = vocabularyOf(trained.json, "tokenizer.json");
  const id = vocabulary.idOf.get("a") as number;
  expect(byteLevelDecoder(trained.json, vocabulary)?.(Array(10_000).fill(id))).toBe("a".repeat(10_000));
});

describe("a tokenizer that differs in what could change ids or texts is left to the library", () => {
  const model = trained.json.model as Json;
  const { Ġ: _, ...withoutSpace } = model.vocab as Json;
  const others: [string, Json, "encoder" | "both"][] = [
    ["a normalizer", { normalizer: { type: "Lowercase" } }, "encoder"],
    ["other words", { pre_tokenizer: { type: "Whitespace" } }, "encoder"],
    ["no words", { pre_tokenizer: null }, "encoder"],
    ["a space put first", { pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, use_regex: true } }, "encoder"],
    ["whole words before merges", { model: { ...model, ignore_merges: true } }, "both"],
    ["a suffix", { model: { ...model, end_of_word_suffix: "</w>" } }, "both"],
    ["bytes without a token", { model: { ...model, vocab: withoutSpace, merges: [] } }, "encoder"],
    ["added tokens that are not special", { added_tokens: [{ id: 400, content: "bread", special: false }] }, "encoder"],
  ];
  for (const [what, change, which] of others) {
    test(what, () => {
      const json = { ...trained.json, ...change };
      const vocabulary = vocabularyOf(json, "tokenizer.json");
      expect(byteLevelEncoder(json, vocabulary, () => [])).toBeUndefined();
      if (which === "both") expect(byteLevelDecoder(json, vocabulary)).toBeUndefined();
    });
  }

  test("another decoder", () => {
    const json = { ...trained.json, decoder: { type: "Fuse" } };
    expect(byteLevelDecoder(json, vocabularyOf(json, "tokenizer.json"))).toBeUndefined();
  });
});
