/**
 * Text to token ids and back, through `@huggingface/tokenizers`, so that a `tokenizer.json` means here what it means
 * elsewhere. Two things are this project's own:
 * - a text is never read as special tokens unless asked: a prompt that contains "<|end|>" spells it out;
 * - SentencePiece-like tokenizers put a space before a text and drop it again when they decode. A reply that follows a
 *   prompt is no start of a text, so there is an `encodeContinuation` and a `decodeContinuation` that do neither.
 */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { byteLevelDecoder, byteLevelEncoder } from "./byte-level-bpe.js";
import { ModelFileError } from "./model-file-error.js";
import {
  isObject,
  type Json,
  readTokenizerFiles,
  type TokenizerFiles,
  type Vocabulary,
  vocabularyOf,
} from "./tokenizer-files.js";

export interface EncodeOptions {
  /** `"plain"` (default): special tokens in the text are spelt out. `"parse"`: they become their ids. */
  readonly specials?: "plain" | "parse";
}

export interface DecodeOptions {
  /** `"keep"` (default): special tokens are written out. `"skip"`: they are left out. */
  readonly specials?: "keep" | "skip";
}

export class Tokenizer {
  /** The documents it was made from: what to save, and what to send to a worker. */
  readonly files: TokenizerFiles;
  /** One more than the largest token id; a model's `vocabSize` must be at least this. */
  readonly vocabSize: number;
  readonly bosId: number | null;
  readonly eosId: number | null;
  readonly padId: number | null;
  readonly specialIds: ReadonlySet<number>;
  /** What this tokenizer's own template puts before a text: usually the bos token, or nothing. */
  readonly prefixIds: Int32Array;
  readonly #vocabulary: Vocabulary;
  readonly #path: string;
  readonly #variants = new Map<string, HuggingFaceTokenizer>();
  readonly #tokenOf = new Map<number, string>();
  readonly #fastEncode: ((text: string) => Int32Array) | undefined;
  readonly #fastDecode: ((ids: ArrayLike<number>) => string) | undefined;

  /**
   * @param path named in error messages
   * @throws ModelFileError when the files hold no tokenizer that this program can run.
   */
  constructor(files: TokenizerFiles, path = "tokenizer.json") {
    this.files = files;
    this.#path = path;
    this.#vocabulary = vocabularyOf(files.json, path);
    this.vocabSize = this.#vocabulary.size;
    for (const [token, id] of this.#vocabulary.idOf) this.#tokenOf.set(id, token);
    this.specialIds = new Set(this.#vocabulary.added.filter((token) => token.special).map((token) => token.id));
    this.bosId = this.#named("bos_token");
    this.eosId = this.#named("eos_token");
    this.padId = this.#named("pad_token");
    const template = this.#variant("start", "parse");
    const withTemplate = template.encode("a").ids;
    const bare = template.encode("a", { add_special_tokens: false }).ids;
    this.prefixIds = Int32Array.from(prefixOf(withTemplate, bare));
    this.#fastEncode = byteLevelEncoder(files.json, this.#vocabulary, (word) => this.#encodeWord(word));
    this.#fastDecode = byteLevelDecoder(files.json, this.#vocabulary);
  }

  /** The token of an id, as the vocabulary writes it; undefined for an id that no token has. */
  token(id: number): string | undefined {
    return this.#tokenOf.get(id);
  }

  /** The id of a token, as the vocabulary writes it. */
  idOf(token: string): number | undefined {
    return this.#vocabulary.idOf.get(token);
  }

  /**
   * The ids of a text that begins here. No bos or eos is added: see `prefixIds`. Lone surrogates become U+FFFD.
   * @throws ModelFileError when the tokenizer has no token for a part of the text.
   */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    return this.#encode(text, "start", options);
  }

  /** The ids of a text that follows other text, such as a reply after its prompt. */
  encodeContinuation(text: string, options: EncodeOptions = {}): Int32Array {
    return this.#encode(text, "continuation", options);
  }

  /**
   * The text of ids that begin a text; bytes that are no UTF-8 become U+FFFD, and so does an id without a token: models whose
   * embedding is padded to a round size (Qwen2) have such ids, and may sample them.
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.#decode(ids, "start", options);
  }

  /** The text of ids that follow other text. */
  decodeContinuation(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.#decode(ids, "continuation", options);
  }

  #encode(text: string, place: "start" | "continuation", { specials = "plain" }: EncodeOptions): Int32Array {
    if (text === "") return new Int32Array(0);
    if (this.#fastEncode !== undefined && specials === "plain") return this.#fastEncode(text);
    const { ids, tokens } = this.#variant(place, specials).encode(text, { add_special_tokens: false });
    return Int32Array.from(ids, (id: number | undefined, i) => {
      if (id === undefined) throw new ModelFileError(this.#path, "is no token of the vocabulary", tokens[i]);
      return id;
    });
  }

  #decode(ids: ArrayLike<number>, place: "start" | "continuation", { specials }: DecodeOptions): string {
    const pieces: string[] = [];
    let kept: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      if (!this.#tokenOf.has(id)) {
        pieces.push(this.#decodeKnown(kept, pieces.length === 0 ? place : "continuation"), "\ufffd");
        kept = [];
      } else if (specials !== "skip" || !this.specialIds.has(id)) kept.push(id);
    }
    return pieces.join("") + this.#decodeKnown(kept, pieces.length === 0 ? place : "continuation");
  }

  #decodeKnown(kept: readonly number[], place: "start" | "continuation"): string {
    if (kept.length === 0) return "";
    if (this.#fastDecode !== undefined) return this.#fastDecode(kept);
    // Cleaning up would move spaces before punctuation, and decode(encode(text)) would not be the text.
    const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
    return this.#variant(place, "parse").decode([...kept], options);
  }

  /** One word in byte characters, through the library's queue of merges. */
  #encodeWord(word: string): number[] {
    const pieces: string[] = this.#variant("start", "plain").model?.encode([word]) ?? [];
    return pieces.map((piece) => this.#vocabulary.idOf.get(piece) as number);
  }

  #named(key: string): number | null {
    const entry = this.files.config[key];
    const content = isObject(entry) ? entry.content : entry;
    if (content === undefined || content === null) return null;
    const id = typeof content === "string" ? this.#vocabulary.idOf.get(content) : undefined;
    if (id === undefined) {
      throw new ModelFileError(
        this.#path,
        `has no token ${JSON.stringify(content)}, which tokenizer_config.json names`,
        key,
      );
    }
    return id;
  }

  #variant(place: "start" | "continuation", specials: "plain" | "parse"): HuggingFaceTokenizer {
    const key = `${place} ${specials}`;
    let tokenizer = this.#variants.get(key);
    if (tokenizer === undefined) {
      try {
        tokenizer = new HuggingFaceTokenizer(
          variantOf(this.files.json, place, specials),
          libraryConfig(this.files.config),
        );
      } catch (error) {
        throw new ModelFileError(
          this.#path,
          `holds a tokenizer that is not supported (${error instanceof Error ? error.message : String(error)})`,
        );
      }
      this.#variants.set(key, tokenizer);
    }
    return tokenizer;
  }
}

/** @throws ModelFileError when the folder holds no tokenizer that this program can run. */
export function loadTokenizer(dir: string): Tokenizer {
  return new Tokenizer(readTokenizerFiles(dir), `${dir}/tokenizer.json`);
}

/**
 * @throws ModelFileError when the tokenizer gives ids that the model has no embedding for, or has no token for an id
 * that the model's configuration names.
 */
export function assertTokenizerFits(
  tokenizer: Tokenizer,
  model: { readonly vocabSize: number; readonly bosTokenId: number | null; readonly eosTokenIds: readonly number[] },
  path: string,
): void {
  if (tokenizer.vocabSize > model.vocabSize) {
    throw new ModelFileError(
      path,
      `does not fit the model: its ids go up to ${tokenizer.vocabSize - 1}, the model's vocab_size is ${model.vocabSize}`,
    );
  }
  for (const id of [...(model.bosTokenId === null ? [] : [model.bosTokenId]), ...model.eosTokenIds]) {
    if (tokenizer.token(id) === undefined) {
      throw new ModelFileError(path, `does not fit the model: it has no token ${id}, the model's bos or eos`);
    }
  }
}

/** The library turns settings of `tokenizer_config.json` into text changes that `tokenizer.json` does not know of. */
function libraryConfig(config: Json): Json {
  const { remove_space: _, do_lowercase_and_remove_accent: __, ...rest } = config;
  return rest;
}

function prefixOf(withTemplate: readonly number[], bare: readonly number[]): readonly number[] {
  for (let start = 0; start + bare.length <= withTemplate.length; start++) {
    if (bare.every((id, i) => withTemplate[start + i] === id)) return withTemplate.slice(0, start);
  }
  return [];
}

function variantOf(json: Json, place: "start" | "continuation", specials: "plain" | "parse"): Json {
  const added = (json.added_tokens as readonly Json[] | undefined) ?? [];
  const base: Json = {
    ...json,
    normalizer: json.normalizer ?? null,
    pre_tokenizer: json.pre_tokenizer ?? null,
    post_processor: json.post_processor ?? null,
    decoder: json.decoder ?? null,
    added_tokens: specials === "parse" ? added : added.filter((token) => token.special !== true),
  };
  if (place === "start") return base;
  return {
    ...base,
    normalizer: continuing(base.normalizer, "normalizers"),
    pre_tokenizer: continuing(base.pre_tokenizer, "pretokenizers"),
    decoder: continuing(base.decoder, "decoders"),
  };
}

/** A component without the parts that treat the first characters as the start of a text. */
function continuing(component: unknown, list: string): unknown {
  if (!isObject(component)) return component;
  switch (component.type) {
    case "Sequence": {
      const parts = Array.isArray(component[list]) ? component[list] : [];
      return { ...component, [list]: parts.map((part) => continuing(part, list)).filter((part) => part !== null) };
    }
    case "Prepend":
      return null;
    case "Strip":
      return list === "decoders" ? { ...component, start: 0 } : component;
    case "ByteLevel":
      return { ...component, add_prefix_space: false };
    case "Metaspace": {
      if (list === "pretokenizers") return { ...component, prepend_scheme: "never" };
      const replacement = typeof component.replacement === "string" ? component.replacement : "\u2581";
      return { type: "Replace", pattern: { String: replacement }, content: " " };
    }
    default:
      return component;
  }
}
