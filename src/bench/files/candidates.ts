/** `candidates.csv`: every policy offered for scoring, its declared preference and what it is mixed of. */
import { InputError } from "../../data/errors.js";
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { type CsvRow, formatNumber, formatRecord, readTable } from "./csv.js";

export interface CandidateRow {
  readonly seed: number;
  readonly method: string;
  readonly candidate: string;
  /** Declared preference, one number a value in suite order; null for explored points and the base. */
  readonly weights: readonly number[] | null;
  /** Mixing coefficients, one a value; null where nothing is mixed. */
  readonly coefficients: readonly number[] | null;
  readonly selected: boolean;
  /** Nats a reply, over test replies; null where none were made. */
  readonly kl: number | null;
  /** Share of test replies; null where none were made. */
  readonly broken: number | null;
}

export interface CandidateTable {
  /** In suite order. */
  readonly values: readonly string[];
  readonly rows: readonly CandidateRow[];
}

/** @throws RangeError when a row has another number of weights than there are values; WriteError */
export function writeCandidates(path: string, { values, rows }: CandidateTable): void {
  const perValue = (numbers: readonly number[] | null, row: CandidateRow): string[] => {
    if (numbers !== null && numbers.length !== values.length) {
      throw new RangeError(`${row.method} ${row.candidate}: ${numbers.length} numbers for ${values.length} values`);
    }
    return values.map((_, v) => optional(numbers === null ? null : (numbers[v] as number)));
  };
  const lines = rows.map((row) =>
    formatRecord([
      formatNumber(row.seed),
      row.method,
      row.candidate,
      ...perValue(row.weights, row),
      ...perValue(row.coefficients, row),
      String(row.selected),
      optional(row.kl),
      optional(row.broken),
    ]),
  );
  writeFileAtomic(path, [formatRecord(header(values)), ...lines].join(""));
}

function header(values: readonly string[]): string[] {
  const perValue = (prefix: string) => values.map((value) => `${prefix}_${value}`);
  return ["seed", "method", "candidate", ...perValue("w"), ...perValue("c"), "selected", "kl", "broken"];
}

function optional(value: number | null): string {
  return value === null ? "" : formatNumber(value);
}

/** @throws InputError naming file, line and column; also when a candidate stands there twice */
export function readCandidates(path: string): CandidateTable {
  const seen = new Set<string>();
  const names = (row: CsvRow, prefix: string) => row.header.filter((name) => name.startsWith(prefix));
  const { header: columns, rows } = readTable(path, header([]), (row): CandidateRow => {
    const candidate = {
      seed: row.count("seed"),
      method: row.text("method"),
      candidate: row.text("candidate"),
      weights: perValue(row, names(row, "w_")),
      coefficients: perValue(row, names(row, "c_")),
      selected: row.flag("selected"),
      kl: row.numberOrEmpty("kl"),
      broken: row.numberOrEmpty("broken"),
    };
    const key = JSON.stringify([candidate.seed, candidate.method, candidate.candidate]);
    if (seen.has(key))
      row.fail(
        "candidate",
        `"${candidate.candidate}" of ${candidate.method}, seed ${candidate.seed}, stands there twice`,
      );
    seen.add(key);
    return candidate;
  });
  const values = columns.filter((name) => name.startsWith("w_")).map((name) => name.slice(2));
  const mixed = columns.filter((name) => name.startsWith("c_")).map((name) => name.slice(2));
  if (values.length === 0) throw new InputError(`${path}: line 1 has no column "w_<value>"`);
  if (values.join("\n") !== mixed.join("\n")) {
    throw new InputError(
      `${path}: line 1 has other values under w_ (${values.join(", ")}) than under c_ (${mixed.join(", ")})`,
    );
  }
  return { values, rows };
}

/** All numbers, or none. */
function perValue(row: CsvRow, columns: readonly string[]): number[] | null {
  const empty = columns.filter((name) => row.raw(name) === "");
  if (empty.length === columns.length) return null;
  if (empty[0] !== undefined) row.fail(empty[0], "is empty, but its neighbours are not");
  return columns.map((name) => row.number(name));
}
