/**
 * Comma-separated text as the files of a run use it: RFC 4180 quoting, a header line, "\n" line ends, and numbers in
 * JavaScript's shortest form that reads back to the same bits. Every fault names file, line and column.
 */
import { InputError } from "../../data/errors.js";
import { readWholeText } from "./whole-file.js";

/** One record: a field is quoted where it must be. */
export function formatRecord(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",")}\n`;
}

/** Shortest text that reads back to the same number; −0 is written as 0. @throws RangeError on NaN and infinity */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written to a run's file`);
  return String(value);
}

export interface CsvRecord {
  readonly fields: readonly string[];
  /** Where it starts, counted from 1. */
  readonly line: number;
}

/**
 * All records of a text, header included. Empty lines are no records.
 * @throws InputError on an unclosed or misplaced quote, or when the last line has no line end (it was cut)
 */
export function* parseCsv(text: string, path: string): Generator<CsvRecord> {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    let end = text.indexOf("\n", at);
    if (end < 0) throw new InputError(`${path}: line ${line} has no line end: the file is cut off`);
    const plain = text.slice(at, end);
    if (!plain.includes('"')) {
      at = end + 1;
      line++;
      const record = plain.endsWith("\r") ? plain.slice(0, -1) : plain;
      if (record !== "") yield { fields: record.split(","), line: start };
      continue;
    }
    const fields: string[] = [];
    for (;;) {
      if (text[at] === '"') {
        let field = "";
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          if (quote < 0) throw new InputError(`${path}: line ${start}: the quote is not closed`);
          const part = text.slice(at, quote);
          line += newlines(part);
          field += part;
          at = quote + 1;
          if (text[at] !== '"') break;
          field += '"';
          at++;
        }
        fields.push(field);
      } else {
        let stop = at;
        while (stop < text.length && text[stop] !== "," && text[stop] !== "\n") stop++;
        const field = text.slice(at, text[stop] === "\n" && text[stop - 1] === "\r" && stop > at ? stop - 1 : stop);
        if (field.includes('"')) throw new InputError(`${path}: line ${line}: a quote inside an unquoted field`);
        fields.push(field);
        at = stop;
      }
      if (text[at] === ",") {
        at++;
        continue;
      }
      if (text[at] === "\r" && text[at + 1] === "\n") at++;
      if (text[at] === "\n") break;
      if (at >= text.length) throw new InputError(`${path}: line ${line} has no line end: the file is cut off`);
      throw new InputError(`${path}: line ${line}: text after a closing quote`);
    }
    end = at;
    at = end + 1;
    line++;
    yield { fields, line: start };
  }
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Typed access to one record's fields, by column name. */
export class CsvRow {
  fields: readonly string[] = [];
  line = 1;
  readonly #columns: ReadonlyMap<string, number>;
  readonly #interned = new Map<string, string>();

  constructor(
    readonly path: string,
    readonly header: readonly string[],
  ) {
    this.#columns = new Map(header.map((name, i) => [name, i]));
  }

  fail(column: string, detail: string): never {
    throw new InputError(`${this.path}: line ${this.line}, column "${column}": ${detail}`);
  }

  has(column: string): boolean {
    return this.#columns.has(column);
  }

  /** May be empty. */
  raw(column: string): string {
    const index = this.#columns.get(column);
    const field = index === undefined ? undefined : this.fields[index];
    return field ?? this.fail(column, "is missing");
  }

  /** Not empty. Equal texts are one string in memory. */
  text(column: string): string {
    const field = this.raw(column);
    const known = this.#interned.get(field);
    if (known !== undefined) return known;
    if (field === "") return this.fail(column, "is empty");
    // A slice would keep the whole file's text alive.
    const own = Buffer.from(field, "utf8").toString("utf8");
    this.#interned.set(own, own);
    return own;
  }

  /** Finite. */
  number(column: string): number {
    const field = this.raw(column);
    const value = Number(field);
    if (!NUMBER.test(field) || !Number.isFinite(value)) this.fail(column, `"${field}" is not a number`);
    return value;
  }

  numberOrEmpty(column: string): number | null {
    return this.raw(column) === "" ? null : this.number(column);
  }

  /** A whole number from 0. */
  count(column: string): number {
    const value = this.number(column);
    if (!Number.isSafeInteger(value) || value < 0)
      this.fail(column, `"${this.raw(column)}" is not a whole number from 0`);
    return value;
  }

  flag(column: string): boolean {
    const field = this.raw(column);
    if (field !== "true" && field !== "false") this.fail(column, `"${field}" is neither true nor false`);
    return field === "true";
  }

  oneOf<const T extends string>(column: string, allowed: readonly T[]): T {
    const field = this.raw(column);
    return allowed.find((value) => value === field) ?? this.fail(column, `"${field}" is none of ${allowed.join(", ")}`);
  }
}

/**
 * Reads a table. Columns may stand in any order, and more of them than are needed.
 * @param columns that must be there
 * @param read is handed the same `CsvRow` each time, moved on to the next record
 * @throws InputError naming file, line and column
 */
export function readTable<Row>(
  path: string,
  columns: readonly string[],
  read: (row: CsvRow) => Row,
): { header: readonly string[]; rows: Row[] } {
  const records = parseCsv(readWholeText(path), path);
  const first = records.next();
  if (first.done) throw new InputError(`${path}: the file is empty; it should start with ${columns.join(",")}`);
  const header = first.value.fields;
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`${path}: line 1 has the column "${twice}" twice`);
  const missing = columns.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new InputError(`${path}: line 1 lacks the column "${missing.join('", "')}"`);
  const row = new CsvRow(path, header);
  const rows: Row[] = [];
  for (const record of records) {
    if (record.fields.length !== header.length) {
      throw new InputError(
        `${path}: line ${record.line} has ${record.fields.length} columns, the header has ${header.length}`,
      );
    }
    row.fields = record.fields;
    row.line = record.line;
    rows.push(read(row));
  }
  return { header, rows };
}
