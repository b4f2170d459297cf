/** Rows of a data file, as CSV or JSONL gives them: column names to values, with the line they came from. */
import { CsvError, parse } from "csv-parse";
import { InputError } from "./errors.js";
import { isCsv } from "./files.js";
import { readLines, readText } from "./text.js";

export interface Row {
  readonly fields: Readonly<Record<string, unknown>>;
  /** "file, line 12": where to look, for messages. */
  readonly where: string;
}

/** @throws InputError naming file and line, for every fault of form */
export function readRows(path: string): AsyncGenerator<Row, void, undefined> {
  return isCsv(path) ? readCsvRows(path) : readJsonRows(path);
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function* readCsvRows(path: string): AsyncGenerator<Row, void, undefined> {
  const parser = parse({ relax_column_count: true, skip_empty_lines: true, info: true });
  const feed = pump(readText(path), parser);
  let header: readonly string[] | undefined;
  // `info.lines` is the line on which a record ends; it starts one after the end of the record before it.
  let end = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      const start = end + 1;
      end = info.lines;
      if (header === undefined) {
        header = record.map((name) => name.trim());
        const twice = header.find((name, index) => header?.indexOf(name) !== index);
        if (twice !== undefined) throw new InputError(`${path}: line 1 names the column "${twice}" twice`);
        continue;
      }
      const where = `${path}: line ${record.some((field) => field.includes("\n")) ? start : end}`;
      if (record.length !== header.length) {
        const fault = record.length < header.length ? "too few" : "too many";
        throw new InputError(
          `${where} has ${fault} columns: ${record.length}, the header has ${header.length} (${header.join(",")}); ` +
            `${fault === "too few" ? "add the missing columns" : "quote fields that hold a comma"}`,
        );
      }
      yield { fields: Object.fromEntries(header.map((name, index) => [name, record[index] ?? ""])), where };
    }
    await feed;
  } catch (cause) {
    throw cause instanceof CsvError ? await explain(path, cause, end + 1) : cause;
  } finally {
    parser.destroy();
    await feed.catch(() => {});
  }
}

/** Feeds text to the parser no faster than it is taken; a reader's error becomes the parser's. */
async function pump(text: AsyncIterable<string>, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const chunk of text) {
      if (parser.destroyed) return;
      if (!parser.write(chunk)) await drained(parser);
    }
    parser.end();
  } catch (cause) {
    parser.destroy(cause as Error);
  }
}

function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      parser.off("drain", done).off("close", done);
      resolve();
    };
    parser.on("drain", done).on("close", done);
  });
}

/** @param from line at which no quote is open, at or before the record at fault */
async function explain(path: string, cause: CsvError, from: number): Promise<InputError> {
  if (cause.code === "CSV_QUOTE_NOT_CLOSED") {
    const line = await openQuote(path, from);
    return new InputError(
      `${path}: line ${line}: a quote opens here and is not closed by the end of the file; close it with "`,
      {
        cause,
      },
    );
  }
  const at = typeof cause.lines === "number" ? `${path}: line ${cause.lines}` : path;
  return new InputError(`${at} is not well-formed CSV: ${cause.message}`, { cause });
}

/** The line of the last quote that opens and does not close. */
async function openQuote(path: string, from: number): Promise<number> {
  let line = 1;
  let opened = from;
  let open = false;
  let before = "";
  for await (const chunk of readText(path)) {
    for (const character of chunk) {
      if (line >= from && character === '"') {
        // A doubled quote inside quotes closes and opens again: where it first opened counts.
        if (!open && before !== '"') opened = line;
        open = !open;
      }
      if (character === "\n") line++;
      before = character;
    }
  }
  return opened;
}

async function* readJsonRows(path: string): AsyncGenerator<Row, void, undefined> {
  for await (const { text, number } of readLines(path)) {
    if (text.trim() === "") continue;
    const where = `${path}: line ${number}`;
    let fields: unknown;
    try {
      fields = JSON.parse(text);
    } catch (cause) {
      throw new InputError(`${where} is not valid JSON; is the file cut off (truncated)? one JSON object a line`, {
        cause,
      });
    }
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw new InputError(`${where} is not a JSON object; one object with prompt, chosen and rejected a line`);
    }
    yield { fields: fields as Record<string, unknown>, where };
  }
}
