/** The two JSON documents a tokenizer is made of, checked far enough that every token has one id and every id is sane. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "./atomic-file.js";
import { ModelFileError } from "./model-file-error.js";

export type Json = Readonly<Record<string, unknown>>;

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** Plain JSON throughout, so it can be sent to a worker thread as it is. */
export interface TokenizerFiles {
  /** `tokenizer.json`. */
  readonly json: Json;
  /** `tokenizer_config.json`; `{}` where there is none. */
  readonly config: Json;
}

/** @throws ModelFileError when `tokenizer.json` is missing, or either file is not a JSON object. */
export function readTokenizerFiles(dir: string): TokenizerFiles {
  return {
    json: readJsonObject(join(dir, "tokenizer.json")),
    config: readJsonObject(join(dir, "tokenizer_config.json"), {}),
  };
}

export function writeTokenizerFiles(dir: string, files: TokenizerFiles): void {
  writeFileAtomic(join(dir, "tokenizer.json"), `${JSON.stringify(files.json, null, 1)}\n`);
  writeFileAtomic(join(dir, "tokenizer_config.json"), `${JSON.stringify(files.config, null, 2)}\n`);
}

/**
 * A JSON file that must hold an object.
 * @param absent what a missing file stands for; without it a missing file is an error
 * @throws ModelFileError
 */
export function readJsonObject(path: string, absent?: Json): Json {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && absent !== undefined) return absent;
    throw new ModelFileError(
      path,
      code === "ENOENT" ? "is missing" : `cannot be read as UTF-8 text (${String(error)})`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(path, `is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isObject(value)) throw new ModelFileError(path, "must hold a JSON object");
  return value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a checked `tokenizer.json` holds. */
export interface Vocabulary {
  readonly idOf: ReadonlyMap<string, number>;
  readonly added: readonly AddedToken[];
  /** One more than the largest id. */
  readonly size: number;
}

/**
 * The vocabulary of a `tokenizer.json`, model and added tokens together.
 * @throws ModelFileError on ids that are missing, negative or given twice, and on merges of unknown tokens.
 */
export function vocabularyOf(json: Json, path: string): Vocabulary {
  const fail = (detail: string, key: string): never => {
    throw new ModelFileError(path, detail, key);
  };
  const model = isObject(json.model) ? json.model : fail("must be an object", "model");
  const idOf = new Map<string, number>();
  const tokenOf = new Map<number, string>();
  const put = (token: string, id: unknown, key: string): number => {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= 2 ** 31) {
      return fail(`token ${JSON.stringify(token)} has id ${JSON.stringify(id)}, not a whole number from 0`, key);
    }
    const other = tokenOf.get(id);
    if (other !== undefined && other !== token) {
      fail(`tokens ${JSON.stringify(other)} and ${JSON.stringify(token)} share id ${id}`, key);
    }
    idOf.set(token, id);
    tokenOf.set(id, token);
    return id;
  };

  const { vocab } = model;
  if (isObject(vocab)) for (const [token, id] of Object.entries(vocab)) put(token, id, "model.vocab");
  else if (Array.isArray(vocab)) {
    vocab.forEach((entry: unknown, id) => {
      const token: unknown = Array.isArray(entry) ? entry[0] : undefined;
      if (typeof token !== "string") fail(`entry ${id} is not [token, score]`, "model.vocab");
      else put(token, id, "model.vocab");
    });
  } else fail("must map tokens to ids", "model.vocab");

  const merges = model.merges;
  if (Array.isArray(merges)) {
    merges.forEach((merge: unknown, rank) => {
      const [left, right, more] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
      const known =
        typeof left === "string" &&
        typeof right === "string" &&
        more === undefined &&
        idOf.has(left) &&
        idOf.has(right);
      if (!known || !idOf.has(left + withoutPrefix(right, model.continuing_subword_prefix))) {
        fail(
          `merge ${rank}, ${JSON.stringify(merge)}, is not of two tokens of the vocabulary into a third`,
          "model.merges",
        );
      }
    });
  }

  const listed = json.added_tokens ?? [];
  if (!Array.isArray(listed)) return fail("must be a list", "added_tokens");
  const added = listed.map((entry: unknown): AddedToken => {
    const token = isObject(entry) ? entry : {};
    const content = token.content;
    if (typeof content !== "string" || content === "") return fail("holds a token without content", "added_tokens");
    return { id: put(content, token.id, "added_tokens"), content, special: token.special === true };
  });
  if (idOf.size === 0) fail("is empty", "model.vocab");
  let largest = 0;
  for (const id of tokenOf.keys()) if (id > largest) largest = id;
  return { idOf, added, size: largest + 1 };
}

function withoutPrefix(right: string, prefix: unknown): string {
  return typeof prefix === "string" && right.startsWith(prefix) ? right.slice(prefix.length) : right;
}
