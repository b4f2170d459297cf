/**
 * `preferences.csv`: how far each candidate prefers the chosen side of held-out pairs. One row a pair, in the order of seeds,
 * methods and candidates of `candidates.csv`.
 */
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { formatNumber, formatRecord, readTable } from "./csv.js";

export interface PreferenceRow {
  readonly seed: number;
  readonly method: string;
  readonly candidate: string;
  readonly value: string;
  /** Place of the pair among the value's pairs of the test split, from 0. */
  readonly pair: number;
  /** Content hash of its prompt: another one for each pair of a value. */
  readonly prompt: string;
  /** Implicit reward of the chosen side less that of the rejected, nats. */
  readonly margin: number;
}

const COLUMNS = ["seed", "method", "candidate", "value", "pair", "prompt", "margin"] as const;

/** @throws RangeError when a margin is not finite; WriteError */
export function writePreferences(path: string, rows: readonly PreferenceRow[]): void {
  writeFileAtomic(path, lines(rows));
}

function* lines(rows: readonly PreferenceRow[]): Generator<string> {
  yield formatRecord(COLUMNS);
  for (const row of rows) {
    yield formatRecord([
      formatNumber(row.seed),
      row.method,
      row.candidate,
      row.value,
      formatNumber(row.pair),
      row.prompt,
      formatNumber(row.margin),
    ]);
  }
}

/** @throws InputError naming file, line and column; also when a pair, or two pairs of one prompt, stand there */
export function readPreferences(path: string): PreferenceRow[] {
  const seen = new Set<string>();
  const required = COLUMNS.filter((name) => name !== "prompt");
  return readTable(path, required, (row): PreferenceRow => {
    const entry = {
      seed: row.count("seed"),
      method: row.text("method"),
      candidate: row.text("candidate"),
      value: row.text("value"),
      pair: row.count("pair"),
      // Files of an older version name none: then no two pairs can be said to share one.
      prompt: row.has("prompt") ? row.text("prompt") : `${row.text("value")} ${row.count("pair")}`,
      margin: row.number("margin"),
    };
    for (const column of ["pair", "prompt"] as const) {
      const key = JSON.stringify([entry.seed, entry.method, entry.candidate, entry.value, column, entry[column]]);
      if (seen.has(key))
        row.fail(column, `${entry.value} ${column} ${entry[column]} of ${entry.candidate} stands there twice`);
      seen.add(key);
    }
    return entry;
  }).rows;
}
