/** Reads preference pairs from a file or folder in any form of PROTOCOL §1, and counts what it leaves out. */
import { InputError } from "./errors.js";
import { dataFiles, valueOfFile } from "./files.js";
import { type Reading, readForm } from "./forms.js";
import { type DropCounts, noDrops, type Pair } from "./pair.js";
import { readRows } from "./rows.js";
import { normalisePrompt, type Split } from "./split.js";

export interface ReadOptions {
  /** Only these values are read, and each must have a pair. Default: every value found. */
  readonly values?: readonly string[];
  /** Length of a prompt with one reply, in whatever unit `maxLength` has (characters, tokens). */
  readonly lengthOf?: (prompt: string, reply: string) => number;
  /** A pair is over-long when either side with the prompt is longer than this. */
  readonly maxLength?: number;
}

export interface PairSet {
  /** In file order. */
  readonly pairs: readonly Pair[];
  /** Values in the order asked for, or of first appearance. */
  readonly values: readonly string[];
  /** What was left out, over all values and by value. */
  readonly dropped: DropCounts;
  readonly droppedByValue: Readonly<Record<string, DropCounts>>;
  readonly files: readonly string[];
}

/**
 * @throws InputError, one line: file missing, empty, cut or not UTF-8; a row that makes no pair (with its line);
 * a prompt that the data puts into two splits; no pairs at all, or none for a value asked for
 */
export async function readPairs(path: string, options: ReadOptions = {}): Promise<PairSet> {
  const files = await dataFiles(path);
  const pairs: Pair[] = [];
  const dropped = noDrops();
  const droppedByValue: Record<string, DropCounts> = {};
  const seen = new Set<string>();
  const splitsByPrompt = new Map<string, Split>();
  const found = new Set<string>();

  const take = (reading: Reading, where: string): void => {
    if (options.values !== undefined && !options.values.includes(reading.value)) return;
    found.add(reading.value);
    const counts = droppedByValue[reading.value] ?? noDrops();
    droppedByValue[reading.value] = counts;
    const reason = "drop" in reading ? reading.drop : lateDrop(reading.pair, seen, options);
    if (reason !== undefined) {
      dropped[reason] += 1;
      counts[reason] += 1;
    } else if ("pair" in reading) {
      checkSplit(reading.pair, splitsByPrompt, where);
      pairs.push(reading.pair);
    }
  };

  for (const file of files) {
    const fileValue = valueOfFile(file);
    let rows = 0;
    for await (const row of readRows(file)) {
      rows += 1;
      for (const reading of readForm(row, fileValue)) take(reading, row.where);
    }
    if (rows === 0) throw new InputError(`${file}: no rows in this file; it should hold preference pairs`);
  }

  const values = options.values ?? [...found];
  for (const value of values) {
    if (pairs.some((pair) => pair.value === value)) continue;
    const there = [...new Set(pairs.map((pair) => pair.value))].join(", ") || "none";
    throw new InputError(`${path}: no pairs for the value "${value}" (values with pairs: ${there}); add its data`);
  }
  if (pairs.length === 0) throw new InputError(`${path}: no pairs in this data`);
  return { pairs: withSplits(pairs, splitsByPrompt), values, dropped, droppedByValue, files };
}

/** A prompt whose split one row names has that split in every row: its hash might say another. */
function withSplits(pairs: readonly Pair[], splitsByPrompt: ReadonlyMap<string, Split>): readonly Pair[] {
  if (splitsByPrompt.size === 0) return pairs;
  return pairs.map((pair) => {
    const split = pair.split ?? splitsByPrompt.get(normalisePrompt(pair.prompt));
    return split === undefined ? pair : { ...pair, split };
  });
}

function lateDrop(pair: Pair, seen: Set<string>, options: ReadOptions): "duplicate" | "over-long" | undefined {
  const key = JSON.stringify([pair.value, pair.prompt, pair.chosen, pair.rejected]);
  if (seen.has(key)) return "duplicate";
  seen.add(key);
  const { lengthOf, maxLength } = options;
  if (lengthOf === undefined || maxLength === undefined) return undefined;
  const length = Math.max(lengthOf(pair.prompt, pair.chosen), lengthOf(pair.prompt, pair.rejected));
  return length > maxLength ? "over-long" : undefined;
}

function checkSplit(pair: Pair, splitsByPrompt: Map<string, Split>, where: string): void {
  if (pair.split === undefined) return;
  const key = normalisePrompt(pair.prompt);
  const earlier = splitsByPrompt.get(key);
  if (earlier !== undefined && earlier !== pair.split) {
    throw new InputError(
      `${where}: this prompt is in split "${pair.split}" here and in "${earlier}" before; keep a prompt in one split`,
    );
  }
  splitsByPrompt.set(key, pair.split);
}
