/** JSON, one document a line, read from files that may still be growing. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { InputError } from "../../data/errors.js";
import { reason } from "./whole-file.js";

const BLOCK = 1 << 20;
const LINE_END = 10;

export interface JsonLine {
  readonly value: unknown;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Reads the whole lines of a file, and later those that have been added since. A last line without a line end is not
 * read yet: its writer may be in the middle of it, or was killed there.
 */
export class JsonLinesReader {
  readonly #fd: number;
  #position = 0;
  #line = 0;
  #rest: Buffer[] = [];
  #closed = false;

  /** @throws InputError when the file cannot be opened */
  constructor(readonly path: string) {
    try {
      this.#fd = openSync(path, "r");
    } catch (cause) {
      throw new InputError(`${path}: ${reason(cause)}`, { cause });
    }
  }

  /** Whether bytes after the last whole line have been seen. */
  get cut(): boolean {
    return this.#rest.some((part) => part.length > 0);
  }

  /**
   * The whole lines that have come since the last call, as they are read.
   * @throws InputError with the line number when one is not JSON, or when the file has become shorter
   */
  *next(): Generator<JsonLine> {
    const block = Buffer.alloc(BLOCK);
    if (fstatSync(this.#fd).size < this.#position) {
      throw new InputError(`${this.path}: has become shorter while it was read; start again`);
    }
    for (;;) {
      const read = readSync(this.#fd, block, 0, BLOCK, this.#position);
      if (read === 0) return;
      this.#position += read;
      let start = 0;
      for (let end = block.indexOf(LINE_END); end >= 0 && end < read; end = block.indexOf(LINE_END, start)) {
        this.#rest.push(block.subarray(start, end));
        const bytes = this.#rest.length === 1 ? (this.#rest[0] as Buffer) : Buffer.concat(this.#rest);
        this.#rest = [];
        start = end + 1;
        this.#line++;
        if (bytes.length > 0) yield { value: this.#parse(bytes), line: this.#line };
      }
      // Copied: the block is read into again.
      if (start < read) this.#rest.push(Buffer.from(block.subarray(start, read)));
    }
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }

  #parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString("utf8"));
    } catch (cause) {
      throw new InputError(`${this.path}: line ${this.#line} is not JSON; the file is damaged`, { cause });
    }
  }
}

/** All whole lines of a file, each turned into what it stands for. */
export function readJsonLines<T>(path: string, read: (line: JsonLine) => T): T[] {
  const reader = new JsonLinesReader(path);
  try {
    return Array.from(reader.next(), read);
  } finally {
    reader.close();
  }
}
