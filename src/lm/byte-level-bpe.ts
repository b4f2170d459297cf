/**
 * A fast encoder and decoder for the common kind of tokenizer: byte-level BPE with GPT-2's words, such as `bpe.ts` makes.
 * The library finds a word's merges anew for each text; here a word is looked up. Ids and texts are the library's, and
 * a tokenizer that differs in any setting that could change them is left to it.
 */
import { WORD, WORD_PATTERN } from "./bpe.js";
import { BYTE_CHARACTERS, toByteCharacters } from "./byte-alphabet.js";
import { isObject, type Json, type Vocabulary } from "./tokenizer-files.js";

/** As the library spells the words of a ByteLevel pre-tokenizer: with JavaScript's own white space. */
const LIBRARY_WORD = new RegExp(WORD_PATTERN, "gu");
/** A word's merges are found by scanning it once a merge; longer ones are left to the library's queue. */
const LONGEST_WORD = 64;
const MOST_WORDS = 1 << 17;

/** Encodes one word, written in byte characters, the library's way. */
export type EncodeWord = (word: string) => readonly number[];

/** Undefined: not a tokenizer of this kind. */
export function byteLevelEncoder(
  json: Json,
  vocabulary: Vocabulary,
  encodeLongWord: EncodeWord,
): ((text: string) => Int32Array) | undefined {
  const model = json.model;
  const pattern = wordPattern(json.pre_tokenizer);
  if (!isObject(model) || !isPlainBpe(model) || pattern === undefined || json.normalizer != null) return undefined;
  // Tokens that are no special ones are cut out of texts before words are.
  if (vocabulary.added.some((token) => !token.special)) return undefined;
  const byteIds = BYTE_CHARACTERS.map((character) => vocabulary.idOf.get(character));
  if (byteIds.includes(undefined)) return undefined;

  const merges = mergeTable(model.merges as readonly (string | readonly [string, string])[], vocabulary);
  const known = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const bytes = Buffer.from(word, "utf8");
    if (bytes.length > LONGEST_WORD) return encodeLongWord(toByteCharacters(word));
    return merge(
      Array.from(bytes, (byte) => byteIds[byte] as number),
      merges,
      vocabulary.size,
    );
  };
  return (text) => {
    const ids: number[] = [];
    for (const word of text.match(pattern) ?? []) {
      let own = known.get(word);
      if (own === undefined) {
        own = encodeWord(word);
        if (known.size >= MOST_WORDS) known.clear();
        known.set(word, own);
      }
      for (const id of own) ids.push(id);
    }
    return Int32Array.from(ids);
  };
}

/** Undefined: not a tokenizer of this kind. Ids must be of the vocabulary. */
export function byteLevelDecoder(json: Json, vocabulary: Vocabulary): ((ids: ArrayLike<number>) => string) | undefined {
  const { decoder, model } = json;
  if (!isObject(decoder) || decoder.type !== "ByteLevel" || !isObject(model) || !isPlainBpe(model)) return undefined;
  const byteOf = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
  const added = new Set(vocabulary.added.map((token) => token.content));
  const pieces: (Uint8Array | string)[] = [];
  for (const [token, id] of vocabulary.idOf) {
    const bytes = Array.from(token, (character) => byteOf.get(character));
    if (added.has(token)) pieces[id] = token;
    else if (bytes.includes(undefined)) return undefined;
    else pieces[id] = Uint8Array.from(bytes as number[]);
  }
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  let buffer = new Uint8Array(1024);
  return (ids) => {
    let text = "";
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const piece = pieces[ids[i] as number] as Uint8Array | string;
      if (typeof piece === "string") {
        // An added token ends a run of bytes, whole characters or not.
        text += utf8.decode(buffer.subarray(0, length)) + piece;
        length = 0;
        continue;
      }
      if (length + piece.length > buffer.length) {
        const larger = new Uint8Array(2 * (length + piece.length));
        larger.set(buffer);
        buffer = larger;
      }
      buffer.set(piece, length);
      length += piece.length;
    }
    return text + utf8.decode(buffer.subarray(0, length));
  };
}

function isPlainBpe(model: Json): boolean {
  return (
    model.type === "BPE" &&
    Array.isArray(model.merges) &&
    model.unk_token == null &&
    model.dropout == null &&
    !model.continuing_subword_prefix &&
    !model.continuing_subword_suffix &&
    !model.end_of_word_suffix &&
    !model.byte_fallback &&
    !model.ignore_merges
  );
}

function wordPattern(preTokenizer: unknown): RegExp | undefined {
  if (!isObject(preTokenizer)) return undefined;
  if (isByteLevel(preTokenizer)) return preTokenizer.use_regex === false ? undefined : LIBRARY_WORD;
  const parts = preTokenizer.type === "Sequence" ? preTokenizer.pretokenizers : undefined;
  if (!Array.isArray(parts) || parts.length !== 2) return undefined;
  const [split, bytes] = parts as unknown[];
  const isOwn =
    isObject(split) &&
    split.type === "Split" &&
    isObject(split.pattern) &&
    split.pattern.Regex === WORD_PATTERN &&
    split.behavior === "Isolated" &&
    split.invert === false;
  return isOwn && isObject(bytes) && isByteLevel(bytes) && bytes.use_regex === false ? WORD : undefined;
}

function isByteLevel(part: Json): boolean {
  return part.type === "ByteLevel" && part.add_prefix_space === false;
}

interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** By left · size + right. A pair listed twice has its last rank, as in the library. */
function mergeTable(
  merges: readonly (string | readonly [string, string])[],
  { idOf, size }: Vocabulary,
): ReadonlyMap<number, Merge> {
  const table = new Map<number, Merge>();
  merges.forEach((entry, rank) => {
    const [left, right] = (typeof entry === "string" ? entry.split(" ") : entry) as [string, string];
    const key = (idOf.get(left) as number) * size + (idOf.get(right) as number);
    table.set(key, { rank, id: idOf.get(left + right) as number });
  });
  return table;
}

/** Merges the pair of lowest rank, the first of them from the left, until there is none. */
function merge(ids: number[], merges: ReadonlyMap<number, Merge>, size: number): number[] {
  for (;;) {
    let best: Merge | undefined;
    let at = -1;
    for (let i = 1; i < ids.length; i++) {
      const found = merges.get((ids[i - 1] as number) * size + (ids[i] as number));
      if (found !== undefined && (best === undefined || found.rank < best.rank)) {
        best = found;
        at = i;
      }
    }
    if (best === undefined) return ids;
    ids.splice(at - 1, 2, best.id);
  }
}
