/**
 * Text of separated cells that nobody prepared for us: byte-order mark, any line ends, blank lines, spaces around cells, quotes, a
 * last line without end, remarks above the header, semicolons with decimal commas. Stricter is `files/csv.ts`, for the files that a run writes itself. Faults are `path:line: …`.
 */
import { InputError } from "../data/errors.js";
import { readWholeText } from "./files/whole-file.js";

export interface Cells {
  readonly cells: readonly string[];
  /** Where the record starts, counted from 1. */
  readonly line: number;
}

export interface CsvText {
  readonly path: string;
  readonly separator: Separator;
  readonly header: Cells;
  /** Each with as many cells as the header. */
  readonly rows: readonly Cells[];
}

export type Separator = "," | ";" | "\t" | "|";

/**
 * @param text the file's, where it was read already
 * @throws InputError also for a file without header or rows
 */
export function readCsvText(path: string, text: string = readWholeText(path)): CsvText {
  const separator = separatorOf(text);
  const records = parse(text, path, separator);
  // Spreadsheets may name the separator in a first line, and people write remarks above a table.
  const above = records.findIndex(({ cells }) => !/^(#|sep=)/i.test(cells[0] ?? ""));
  const [header, ...rows] = records.slice(Math.max(0, above));
  if (header === undefined) throw new InputError(`${path}:1: the file is empty; it should start with column names`);
  if (header.cells.every((cell) => cell !== "" && Number.isFinite(Number(cell)))) {
    throw new InputError(`${path}:${header.line}: holds numbers, not column names: put a header line first`);
  }
  if (rows.length === 0) throw new InputError(`${path}:${header.line}: no row follows the header`);
  const width = header.cells.length;
  return {
    path,
    separator,
    header,
    rows: rows.map((row) => {
      if (row.cells.length === width) return row;
      // Spreadsheets end lines with commas; cells past the header that hold nothing are no cells.
      if (row.cells.length > width && row.cells.slice(width).every((cell) => cell === "")) {
        return { cells: row.cells.slice(0, width), line: row.line };
      }
      throw new InputError(
        `${path}:${row.line}: ${row.cells.length} ${row.cells.length === 1 ? "cell" : "cells"}, the header has ${width}`,
      );
    }),
  };
}

/** The comma, unless the header holds none outside quotes and one of the others. */
function separatorOf(text: string): Separator {
  const header = text.split(/[\r\n]/).find((line) => line.trim() !== "" && !/^\ufeff?(#|sep=)/i.test(line)) ?? "";
  const plain = header.replace(/"[^"]*"/g, "");
  return plain.includes(",") ? "," : ((["\t", ";", "|"] as const).find((other) => plain.includes(other)) ?? ",");
}

const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i;

/** Records whose cells are not all empty. Between semicolons a comma in a number is its decimal point. */
function parse(text: string, path: string, separator: Separator): Cells[] {
  const records: Cells[] = [];
  const keep = (cells: readonly string[], line: number): void => {
    if (cells.every((cell) => cell === "")) return;
    const numbers = (cell: string): string => (DECIMAL_COMMA.test(cell) ? cell.replace(",", ".") : cell);
    records.push({ cells: separator === ";" ? cells.map(numbers) : cells, line });
  };
  const ends = `${separator}\r\n`;
  const blank = (character: string | undefined): boolean =>
    character === " " || (character === "\t" && separator !== "\t");
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const plain = text.slice(at, end);
    const start = line;
    if (!plain.includes('"')) {
      keep(
        plain.split(separator).map((cell) => cell.trim()),
        start,
      );
      at = afterLineEnd(text, end);
      line++;
      continue;
    }
    const cells: string[] = [];
    for (;;) {
      while (blank(text[at])) at++;
      if (text[at] === '"') {
        const { cell, next } = quoted(text, at, `${path}:${line}`);
        line += lineEndsIn(text.slice(at, next));
        cells.push(cell);
        at = next;
        while (blank(text[at])) at++;
        if (at < text.length && !ends.includes(text[at] ?? "")) {
          throw new InputError(`${path}:${line}: text after a closing quote; a quote inside quotes is written ""`);
        }
      } else {
        const stop = at;
        while (at < text.length && !ends.includes(text[at] ?? "")) at++;
        cells.push(text.slice(stop, at).trim());
      }
      if (text[at] !== separator) break;
      at++;
    }
    keep(cells, start);
    at = afterLineEnd(text, at);
    line++;
  }
  return records;
}

function quoted(text: string, open: number, where: string): { cell: string; next: number } {
  let cell = "";
  for (let at = open + 1; ; ) {
    const close = text.indexOf('"', at);
    if (close < 0) throw new InputError(`${where}: the quote is not closed`);
    cell += text.slice(at, close);
    if (text[close + 1] !== '"') return { cell: cell.trim(), next: close + 1 };
    cell += '"';
    at = close + 2;
  }
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const end = feed < 0 ? text.length : feed;
  // Carriage returns alone end lines too, but looking for one to the end of the file at each line would be quadratic.
  const back = text.slice(from, end).indexOf("\r");
  return back < 0 ? end : from + back;
}

function afterLineEnd(text: string, at: number): number {
  return text[at] === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1;
}

function lineEndsIn(text: string): number {
  return text.match(/\r\n?|\n/g)?.length ?? 0;
}
