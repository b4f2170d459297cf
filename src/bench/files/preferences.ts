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
  /** Implicit reward of the chosen side less that of the rejected, nats. */
  readonly margin: number;
}

const COLUMNS = ["seed", "method", "candidate", "value", "pair", "margin"] as const;

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
      formatNumber(row.margin),
    ]);
  }
}

/** @throws InputError naming file, line and column; also when a pair stands there twice */
export function readPreferences(path: string): PreferenceRow[] {
  const seen = new Set<string>();
  return readTable(path, COLUMNS, (row): PreferenceRow => {
    const entry = {
      seed: row.count("seed"),
      method: row.text("method"),
      candidate: row.text("candidate"),
      value: row.text("value"),
      pair: row.count("pair"),
      margin: row.number("margin"),
    };
    const key = JSON.stringify([entry.seed, entry.method, entry.candidate, entry.value, entry.pair]);
    if (seen.has(key)) row.fail("pair", `${entry.value} pair ${entry.pair} of ${entry.candidate} stands there twice`);
    seen.add(key);
    return entry;
  }).rows;
}
