/**
 * `scores.csv`: one row a reply and value. Every hypervolume, mean, interval and verdict is recomputed from it, so its
 * bytes are a function of its rows: sorted, each once, numbers in their shortest form.
 */
import { gzipSync } from "node:zlib";
import { InputError } from "../../data/errors.js";
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { AppendFile } from "./append-file.js";
import { formatNumber, formatRecord, readTable } from "./csv.js";

export const SCORED_SPLITS = ["validation", "test"] as const;
export type ScoredSplit = (typeof SCORED_SPLITS)[number];

export interface ScoreRow {
  readonly suite: string;
  readonly seed: number;
  readonly method: string;
  readonly candidate: string;
  readonly split: ScoredSplit;
  /** Content hash of the prompt. */
  readonly prompt: string;
  /** Which reply to the prompt, from 0. */
  readonly sample: number;
  readonly value: string;
  /** Raw units of the scorer; finite. */
  readonly score: number;
}

const COLUMNS = ["suite", "seed", "method", "candidate", "split", "prompt", "sample", "value", "score"] as const;
const HEADER = formatRecord(COLUMNS);

/** @throws RangeError when the score is not finite */
export function formatScore(row: ScoreRow): string {
  return formatRecord([
    row.suite,
    formatNumber(row.seed),
    row.method,
    row.candidate,
    row.split,
    row.prompt,
    formatNumber(row.sample),
    row.value,
    formatNumber(row.score),
  ]);
}

/** The order of rows in the file: by each column but the score, numbers as numbers, texts by code units. */
export function compareScores(a: ScoreRow, b: ScoreRow): number {
  return (
    compareTexts(a.suite, b.suite) ||
    a.seed - b.seed ||
    compareTexts(a.method, b.method) ||
    compareTexts(a.candidate, b.candidate) ||
    compareTexts(a.split, b.split) ||
    compareTexts(a.prompt, b.prompt) ||
    a.sample - b.sample ||
    compareTexts(a.value, b.value)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Writes the whole file, sorted, atomically; packed where the name ends in `.gz`.
 * @throws RangeError when two rows are for the same reply and value, or a score is not finite; WriteError
 */
export function writeScores(path: string, rows: readonly ScoreRow[]): void {
  const sorted = rows.toSorted(compareScores);
  const again = sorted.find((row, i) => i > 0 && compareScores(sorted[i - 1] as ScoreRow, row) === 0);
  if (again !== undefined) throw new RangeError(`two scores for ${formatScore(again).trimEnd()}`);
  if (path.toLowerCase().endsWith(".gz")) writeFileAtomic(path, gzipSync([...blocks(sorted)].join("")));
  else writeFileAtomic(path, blocks(sorted));
}

function* blocks(rows: readonly ScoreRow[]): Generator<string> {
  yield HEADER;
  for (let at = 0; at < rows.length; at += 10_000)
    yield rows
      .slice(at, at + 10_000)
      .map(formatScore)
      .join("");
}

/**
 * @throws InputError naming file, line and column; also when a reply has two scores of one value
 */
export function readScores(path: string): ScoreRow[] {
  let inOrder = true;
  let previous: ScoreRow | undefined;
  const { rows } = readTable(path, COLUMNS, (row): ScoreRow => {
    const score = {
      suite: row.text("suite"),
      seed: row.count("seed"),
      method: row.text("method"),
      candidate: row.text("candidate"),
      split: row.oneOf("split", SCORED_SPLITS),
      prompt: row.text("prompt"),
      sample: row.count("sample"),
      value: row.text("value"),
      score: row.number("score"),
    };
    if (previous !== undefined && compareScores(previous, score) >= 0) inOrder = false;
    previous = score;
    return score;
  });
  // Rows in strict order cannot repeat; only others need the memory.
  if (!inOrder) refuseRepeats(path, rows);
  return rows;
}

function refuseRepeats(path: string, rows: readonly ScoreRow[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = formatScore({ ...row, score: 0 });
    if (seen.has(key)) {
      throw new InputError(
        `${path}: two scores for method ${row.method}, candidate ${row.candidate}, seed ${row.seed}, ${row.split} prompt ${row.prompt}, sample ${row.sample}, value ${row.value}`,
      );
    }
    seen.add(key);
  }
}

/** `scores.csv` while a run goes on: rows in the order they come, whole lines only, continued after a kill. */
export class ScoreLog {
  readonly #file: AppendFile;

  /** @throws WriteError; InputError when there is another file of that name */
  constructor(path: string) {
    this.#file = new AppendFile(path);
    const first = this.#file.firstLine();
    if (first === undefined) this.#file.append(HEADER);
    else if (`${first}\n` !== HEADER) {
      this.#file.close();
      throw new InputError(`${path}: line 1 is not ${HEADER.trimEnd()}; is it another program's file?`);
    }
  }

  /** @throws RangeError when a score is not finite (nothing is written then); WriteError */
  append(rows: readonly ScoreRow[]): void {
    this.#file.append(rows.map(formatScore).join(""));
  }

  close(): void {
    this.#file.close();
  }
}
