/** `ledger.csv`: what each method has planned and spent, by kind. */
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { formatNumber, formatRecord, readTable } from "./csv.js";

export interface LedgerRow {
  readonly seed: number;
  readonly method: string;
  readonly kind: string;
  /** FLOPs. */
  readonly planned: number;
  /** FLOPs. */
  readonly spent: number;
  /** Non-padding. */
  readonly tokens: number;
  readonly steps: number;
  /** Wall time: not the same in a repeated run. */
  readonly seconds: number;
}

const COLUMNS = ["seed", "method", "kind", "planned", "spent", "tokens", "steps", "seconds"] as const;

/** @throws WriteError; RangeError when a number is not finite */
export function writeLedger(path: string, rows: readonly LedgerRow[]): void {
  const lines = rows.map((row) =>
    formatRecord([
      formatNumber(row.seed),
      row.method,
      row.kind,
      ...[row.planned, row.spent, row.tokens, row.steps, row.seconds].map(formatNumber),
    ]),
  );
  writeFileAtomic(path, [formatRecord(COLUMNS), ...lines].join(""));
}

/** @throws InputError naming file, line and column */
export function readLedger(path: string): LedgerRow[] {
  return readTable(path, COLUMNS, (row): LedgerRow => {
    const entry = {
      seed: row.count("seed"),
      method: row.text("method"),
      kind: row.text("kind"),
      planned: row.number("planned"),
      spent: row.number("spent"),
      tokens: row.number("tokens"),
      steps: row.count("steps"),
      seconds: row.number("seconds"),
    };
    for (const column of ["planned", "spent", "tokens", "seconds"] as const) {
      if (entry[column] < 0) row.fail(column, `"${entry[column]}" is negative`);
    }
    return entry;
  }).rows;
}
