/** Bytes, text and lines of a file, as streams, unpacked where the name ends in .gz, with faults told by line. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "./errors.js";

/** @throws InputError when the file is missing or unreadable, or its compressed stream is cut or damaged */
export async function* readBytes(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path);
  const stream = path.toLowerCase().endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw explain(path, cause);
  } finally {
    file.destroy();
  }
}

function explain(path: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return new InputError(`no such data file: ${path} (check the path)`, { cause });
  if (code === "EISDIR") return new InputError(`${path} is a folder, not a data file`, { cause });
  if (code === "EACCES" || code === "EPERM") return new InputError(`cannot read ${path}: permission denied`, { cause });
  if (code === "Z_BUF_ERROR")
    return new InputError(`${path}: the compressed file is cut off (truncated); copy it again`, { cause });
  if (code?.startsWith("Z_"))
    return new InputError(`${path}: not a valid gzip file (${code}); copy it again`, { cause });
  return cause;
}

/**
 * The file's text in chunks; a byte order mark at its start is left out.
 * @throws InputError when the file is empty, or with the line number when it is not UTF-8
 */
export async function* readText(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let bytes = 0;
  const decode = (chunk: Buffer | undefined): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      const at = line + (chunk ? newlines(chunk.subarray(0, firstBadByte(chunk))) : 0);
      throw new InputError(`${path}: line ${at} is not UTF-8 text; save the file as UTF-8`, { cause });
    }
  };
  for await (const chunk of readBytes(path)) {
    bytes += chunk.length;
    const text = decode(chunk);
    line += newlines(chunk);
    if (text.length > 0) yield text;
  }
  if (bytes === 0) throw new InputError(`${path}: the file is empty; it should hold preference pairs`);
  const rest = decode(undefined);
  if (rest.length > 0) yield rest;
}

function newlines(chunk: Buffer): number {
  let count = 0;
  for (const byte of chunk) if (byte === 10) count += 1;
  return count;
}

/** Length of the longest prefix that is UTF-8, up to the character that the chunk's start may have cut. */
function firstBadByte(chunk: Buffer): number {
  let low = 0;
  let high = chunk.length;
  let start = 0;
  while (start < 4 && start < chunk.length && ((chunk[start] ?? 0) & 0xc0) === 0x80) start += 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(chunk.subarray(start, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return low;
}

export interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

/** Lines without their line ends; a last line without a line end counts. */
export async function* readLines(path: string): AsyncGenerator<Line, void, undefined> {
  let rest = "";
  let number = 0;
  for await (const text of readText(path)) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield { text: part.replace(/\r$/, ""), number: ++number };
  }
  if (rest.length > 0) yield { text: rest, number: ++number };
}
