/**
 * A byte-level BPE trainer for base policies made from scratch. The same texts give the same `tokenizer.json`, whatever
 * their order: a pair's count decides, and between equal counts the smaller (left id, right id).
 *
 * Not here: encoding. `Tokenizer` does it, from the file that this writes, as any other user of the file would.
 * Source: Sennrich et al. 2016; byte alphabet and word pattern of GPT-2.
 */
import { BYTE_CHARACTERS, toByteCharacters } from "./byte-alphabet.js";
import type { TokenizerFiles } from "./tokenizer-files.js";

export const PAD_TOKEN = "<|pad|>";
export const END_TOKEN = "<|end|>";
const SPECIALS = [PAD_TOKEN, END_TOKEN];

/** Two special tokens and 256 bytes. */
export const SMALLEST_VOCABULARY = SPECIALS.length + BYTE_CHARACTERS.length;

export interface BpeOptions {
  /** Tokens in all, special ones and bytes included. Fewer come out when the texts have no more pairs to merge. */
  readonly vocabSize: number;
  /** Pairs seen less often than this are not merged; 2 by default. */
  readonly minCount?: number;
}

/**
 * Where words end: GPT-2's pattern. The file spells it with `\s`, which tokenizer libraries read as Unicode white space;
 * JavaScript's own `\s` takes in U+FEFF and leaves out U+0085, so it is spelt out here.
 */
export const WORD_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const SPACE = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
export const WORD = new RegExp(
  WORD_PATTERN.replaceAll(String.raw`[^\s`, `[^${SPACE}`)
    .replaceAll(String.raw`\s`, `[${SPACE}]`)
    .replaceAll(String.raw`\S`, `[^${SPACE}]`),
  "gu",
);

/**
 * Learns merges from texts (a training split's) and returns the tokenizer's files.
 * @throws RangeError when `vocabSize` has no room for the bytes.
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions): TokenizerFiles {
  if (!Number.isInteger(options.vocabSize) || options.vocabSize < SMALLEST_VOCABULARY) {
    throw new RangeError(`vocabSize must be a whole number from ${SMALLEST_VOCABULARY}, is ${options.vocabSize}`);
  }
  const words = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.matchAll(WORD)) words.set(word, (words.get(word) ?? 0) + 1);
  }
  const tokens = [...SPECIALS, ...BYTE_CHARACTERS.toSorted()];
  const merges = learnMerges(words, tokens, options.vocabSize, options.minCount ?? 2);
  return tokenizerFiles(tokens, merges);
}

interface Word {
  symbols: number[];
  readonly count: number;
}

/** Appends the merged tokens to `tokens` and returns the merges in order of rank. */
function learnMerges(
  counts: ReadonlyMap<string, number>,
  tokens: string[],
  vocabSize: number,
  minCount: number,
): [string, string][] {
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const words: Word[] = [];
  for (const [text, count] of counts) {
    words.push({ symbols: Array.from(toByteCharacters(text), (character) => idOf.get(character) as number), count });
  }
  const pairs = new PairCounts(vocabSize);
  words.forEach((word, index) => {
    pairs.add(word, index);
  });

  const merges: [string, string][] = [];
  while (tokens.length < vocabSize) {
    const best = pairs.popBest(minCount);
    if (best === undefined) break;
    const left = tokens[best.left] as string;
    const right = tokens[best.right] as string;
    // Never a token that exists: a stretch of text that no merge has crossed is cut up alike wherever it stands, so all
    // of its occurrences become one token in the same merge.
    const merged = tokens.length;
    tokens.push(left + right);
    merges.push([left, right]);
    for (const index of best.words) {
      const word = words[index] as Word;
      const symbols = mergePair(word.symbols, best.left, best.right, merged);
      if (symbols.length === word.symbols.length) continue;
      pairs.remove(word);
      word.symbols = symbols;
      pairs.add(word, index);
    }
    pairs.settle();
  }
  return merges;
}

/** Replaces the pair wherever it stands, from left to right. */
export function mergePair(symbols: readonly number[], left: number, right: number, merged: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i] as number;
    if (symbol === left && symbols[i + 1] === right) {
      result.push(merged);
      i++;
    } else result.push(symbol);
  }
  return result;
}

interface Candidate {
  readonly count: number;
  readonly key: number;
}

/** How often each pair of neighbours occurs and in which words, with the most frequent one at hand. */
class PairCounts {
  readonly #counts = new Map<number, number>();
  readonly #words = new Map<number, Set<number>>();
  /** A binary heap of (count, key) as they were when pushed; stale ones are skipped when they come up. */
  readonly #heap: Candidate[] = [];
  readonly #changed = new Set<number>();
  #settled = false;

  constructor(private readonly base: number) {}

  add(word: Word, index: number): void {
    this.#each(word, (key) => {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + word.count);
      let words = this.#words.get(key);
      if (words === undefined) {
        words = new Set();
        this.#words.set(key, words);
      }
      words.add(index);
    });
  }

  remove(word: Word): void {
    this.#each(word, (key) => {
      this.#counts.set(key, (this.#counts.get(key) as number) - word.count);
    });
  }

  #each(word: Word, visit: (key: number) => void): void {
    const { symbols } = word;
    for (let i = 1; i < symbols.length; i++) {
      const key = (symbols[i - 1] as number) * this.base + (symbols[i] as number);
      visit(key);
      this.#changed.add(key);
    }
  }

  /** Puts the pairs changed since the last call back into the heap, with their new counts. */
  settle(): void {
    for (const key of this.#changed) {
      const count = this.#counts.get(key) as number;
      if (count > 0) this.#push({ count, key });
      else {
        this.#counts.delete(key);
        this.#words.delete(key);
      }
    }
    this.#changed.clear();
    this.#settled = true;
  }

  /** Takes out the most frequent pair, the smallest of them by (left, right); undefined when none reaches `minCount`. */
  popBest(minCount: number): { left: number; right: number; words: readonly number[] } | undefined {
    if (!this.#settled) this.settle();
    for (let top = this.#pop(); top !== undefined; top = this.#pop()) {
      if (top.count < minCount) return undefined;
      if (this.#counts.get(top.key) !== top.count) continue;
      const words = [...(this.#words.get(top.key) ?? [])];
      return { left: Math.floor(top.key / this.base), right: top.key % this.base, words };
    }
    return undefined;
  }

  #push(candidate: Candidate): void {
    const heap = this.#heap;
    let i = heap.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(candidate, heap[parent] as Candidate)) break;
      heap[i] = heap[parent] as Candidate;
      i = parent;
    }
    heap[i] = candidate;
  }

  #pop(): Candidate | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Candidate, heap[child] as Candidate)) child++;
      if (!before(heap[child] as Candidate, last)) break;
      heap[i] = heap[child] as Candidate;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Candidate, b: Candidate): boolean {
  return a.count > b.count || (a.count === b.count && a.key < b.key);
}

function tokenizerFiles(tokens: readonly string[], merges: readonly [string, string][]): TokenizerFiles {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  const json = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIALS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: WORD_PATTERN }, behavior: "Isolated", invert: false },
        byteLevel,
      ],
    },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: END_TOKEN,
    pad_token: PAD_TOKEN,
    clean_up_tokenization_spaces: false,
    model_max_length: 1_000_000,
  };
  return { json, config };
}
