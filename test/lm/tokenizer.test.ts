import { readFileSync } from "node:fs";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../src/lm/bpe.js";
import { ModelFileError } from "../../src/lm/model-file-error.js";
import { assertTokenizerFits, loadTokenizer, Tokenizer } from "../../src/lm/tokenizer.js";
import type { Json, TokenizerFiles } from "../../src/lm/tokenizer-files.js";
import { sharedFolder, sharedPath } from "../skip.js";

const trained = trainBpe(["the cat sat on the mat and the cat sat"], { vocabSize: 280 });

describe("models made elsewhere", () => {
  for (const name of ["tiny-llama3", "tiny-qwen2", "tiny-gpt2"]) {
    test(`${name}: text to ids as transformers 5 has them`, (ctx) => {
      const dir = sharedFolder(ctx, `models/${name}`);
      const gold = JSON.parse(readFileSync(`${dir}/gold.json`, "utf8")) as { base: { text: string; ids: number[] }[] };
      const tokenizer = loadTokenizer(dir);
      expect([tokenizer.padId, tokenizer.bosId, tokenizer.eosId, tokenizer.vocabSize]).toEqual([0, 1, 2, 512]);
      for (const { text, ids } of gold.base) {
        expect([1, ...tokenizer.encode(text)]).toEqual(ids);
        expect(tokenizer.decode(ids, { specials: "skip" })).toBe(text);
      }
    });
  }

  test("stories260K: ids to text, with the space that SentencePiece puts before a text", (ctx) => {
    const dir = sharedFolder(ctx, "models/stories260K");
    const gold = JSON.parse(readFileSync(`${dir}/gold.json`, "utf8")) as { greedy_ids: number[]; text: string };
    const tokenizer = loadTokenizer(dir);
    const ids = gold.greedy_ids.slice(1);
    expect(tokenizer.decodeContinuation(ids)).toBe(gold.text);
    expect(tokenizer.decode(ids)).toBe(gold.text.slice(1));
    expect([...tokenizer.encodeContinuation(gold.text)]).toEqual(ids);
    expect([...tokenizer.encode(gold.text.slice(1))]).toEqual(ids);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([1, 2, null]);
    expect([...tokenizer.prefixIds]).toEqual([1]);
  });

  const stories = sharedPath("models/stories260K");
  if (stories !== undefined) {
    const tokenizer = loadTokenizer(stories);
    // The library's byte fallback drops a byte order mark and has U+2581 for the space itself.
    const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((value) => !/[\ufeff\u2581]/.test(value));
    property.prop([text, text])("stories260K: start and continuation both come back, and join", (start, next) => {
      expect(tokenizer.decode(tokenizer.encode(start))).toBe(start);
      expect(tokenizer.decodeContinuation(tokenizer.encodeContinuation(next))).toBe(next);
      const ids = [...tokenizer.encode(start), ...tokenizer.encodeContinuation(next)];
      if (start !== "") expect(tokenizer.decode(ids)).toBe(start + next);
    });
  }
});

describe("special tokens", () => {
  const tokenizer = new Tokenizer(trained);

  test("are spelt out unless they are asked for", () => {
    expect([...tokenizer.encode("<|end|>")]).not.toContain(tokenizer.eosId);
    expect([...tokenizer.encode("<|end|>", { specials: "parse" })]).toEqual([tokenizer.eosId]);
  });

  test("are written out unless they are skipped", () => {
    const ids = [...tokenizer.encode("cat"), 1, 0];
    expect(tokenizer.decode(ids)).toBe("cat<|end|><|pad|>");
    expect(tokenizer.decode(ids, { specials: "skip" })).toBe("cat");
    expect(tokenizer.decode([1], { specials: "skip" })).toBe("");
  });

  test("nothing is nothing", () => {
    expect(tokenizer.encode("").length).toBe(0);
    expect(tokenizer.decode([])).toBe("");
  });
});

describe("a tokenizer that does not fit the model", () => {
  const model = { vocabSize: 300, bosTokenId: null, eosTokenIds: [1] };

  test("a smaller vocabulary than the model's fits: models pad theirs", () => {
    expect(() => assertTokenizerFits(new Tokenizer(trained), model, "t")).not.toThrow();
  });

  test("ids beyond the model's embedding", () => {
    expect(() =>
      assertTokenizerFits(new Tokenizer(trained), { ...model, vocabSize: 260 }, "dir/tokenizer.json"),
    ).toThrow(/dir\/tokenizer\.json: does not fit the model: its ids go up to 2\d\d, the model's vocab_size is 260/);
  });

  test("no token for the model's eos", () => {
    expect(() => assertTokenizerFits(new Tokenizer(trained), { ...model, eosTokenIds: [299] }, "t")).toThrow(
      /no token 299/,
    );
  });

  test("an id that no token has, of an embedding padded to a round size, is one U+FFFD in the text", () => {
    const tokenizer = new Tokenizer(trained);
    const [a, b] = [tokenizer.encode("the "), tokenizer.encodeContinuation("sun")];
    expect(tokenizer.decode([...a, 299, ...b])).toBe("the \ufffdsun");
    expect(tokenizer.decodeContinuation([299, 299])).toBe("\ufffd\ufffd");
    expect(tokenizer.decode([299], { specials: "skip" })).toBe("\ufffd");
  });
});

describe("files that are no tokenizer are refused, and say where", () => {
  const model = trained.json.model as Json;
  const broken: [string, TokenizerFiles, RegExp][] = [
    ["no model", { json: {}, config: {} }, /"model": must be an object/],
    ["no vocabulary", { json: { model: { type: "BPE", merges: [] } }, config: {} }, /"model\.vocab": must map/],
    [
      "an empty vocabulary",
      { json: { model: { type: "BPE", vocab: {}, merges: [] } }, config: {} },
      /"model\.vocab": is empty/,
    ],
    ["two tokens of one id", withVocab({ a: 0, b: 0 }), /"a" and "b" share id 0/],
    ["an id that is no number", withVocab({ a: "0" }), /"a" has id "0"/],
    ["a negative id", withVocab({ a: -1 }), /"a" has id -1/],
    [
      "a merge of unknown tokens",
      { ...trained, json: { ...trained.json, model: { ...model, merges: [["x y", "z"]] } } },
      /merge 0/,
    ],
    [
      "a merge into no token",
      { ...trained, json: { ...trained.json, model: { ...model, merges: ["< |"] } } },
      /merge 0, "< \|"/,
    ],
    [
      "added tokens that are no list",
      { ...trained, json: { ...trained.json, added_tokens: 3 } },
      /"added_tokens": must be a list/,
    ],
    [
      "an unknown component",
      { ...trained, json: { ...trained.json, pre_tokenizer: { type: "Nope" } } },
      /not supported \(.*Nope/,
    ],
    [
      "an eos token that does not exist",
      { ...trained, config: { eos_token: "</s>" } },
      /"eos_token": has no token "<\/s>"/,
    ],
  ];
  function withVocab(vocab: Json): TokenizerFiles {
    return { json: { model: { type: "BPE", vocab, merges: [] } }, config: {} };
  }
  for (const [what, files, message] of broken) {
    test(what, () => {
      expect(() => new Tokenizer(files, "dir/tokenizer.json")).toThrow(ModelFileError);
      expect(() => new Tokenizer(files, "dir/tokenizer.json")).toThrow(message);
    });
  }
});
