/**
 * Comma-separated text that nobody prepared for us: byte-order mark, any line ends, blank lines, spaces around cells, quotes, a
 * last line without end. Stricter is `files/csv.ts`, for the files that a run writes itself. Faults are `path:line: …`.
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
  readonly header: Cells;
  /** Each with as many cells as the header. */
  readonly rows: readonly Cells[];
}

/**
 * @param text the file's, where it was read already
 * @throws InputError also for a file without header or rows, or whose cells are separated by something else
 */
export function readCsvText(path: string, text: string = readWholeText(path)): CsvText {
  const [header, ...rows] = parse(text, path);
  if (header === undefined) throw new InputError(`${path}:1: the file is empty; it should start with column names`);
  if (header.cells.length === 1) {
    const other = ([";", "\t", "|"] as const).find((separator) => header.cells[0]?.includes(separator));
    if (other !== undefined) {
      const name = other === "\t" ? "tabs" : `"${other}"`;
      throw new InputError(
        `${path}:${header.line}: cells are separated by ${name}; save it with commas (and decimal points)`,
      );
    }
  }
  if (header.cells.every((cell) => cell !== "" && Number.isFinite(Number(cell)))) {
    throw new InputError(`${path}:${header.line}: holds numbers, not column names: put a header line first`);
  }
  if (rows.length === 0) throw new InputError(`${path}:${header.line}: no row follows the header`);
  const width = header.cells.length;
  return {
    path,
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

/** Records whose cells are not all empty. */
function parse(text: string, path: string): Cells[] {
  const records: Cells[] = [];
  const keep = (cells: readonly string[], line: number): void => {
    if (cells.some((cell) => cell !== "")) records.push({ cells, line });
  };
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const plain = text.slice(at, end);
    const start = line;
    if (!plain.includes('"')) {
      keep(
        plain.split(",").map((cell) => cell.trim()),
        start,
      );
      at = afterLineEnd(text, end);
      line++;
      continue;
    }
    const cells: string[] = [];
    for (;;) {
      while (text[at] === " " || text[at] === "\t") at++;
      if (text[at] === '"') {
        const { cell, next } = quoted(text, at, `${path}:${line}`);
        line += lineEndsIn(text.slice(at, next));
        cells.push(cell);
        at = next;
        while (text[at] === " " || text[at] === "\t") at++;
        if (at < text.length && !",\r\n".includes(text[at] ?? "")) {
          throw new InputError(`${path}:${line}: text after a closing quote; a quote inside quotes is written ""`);
        }
      } else {
        const stop = at;
        while (at < text.length && !",\r\n".includes(text[at] ?? "")) at++;
        cells.push(text.slice(stop, at).trim());
      }
      if (text[at] !== ",") break;
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
