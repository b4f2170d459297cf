/**
 * A text file that grows line by line and survives a kill: a last line that was cut is dropped when the file is opened
 * again, so every line in it is whole.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs";
import { WriteError, writeWhole } from "../../lm/atomic-file.js";

const BLOCK = 1 << 16;

export class AppendFile {
  #fd: number | undefined;

  /**
   * Opens, or creates, the file and drops a cut last line.
   * @throws WriteError
   */
  constructor(readonly path: string) {
    try {
      this.#fd = openSync(path, "a+");
      ftruncateSync(this.#fd, wholeLines(this.#fd));
    } catch (cause) {
      this.#abandon();
      throw new WriteError(path, cause);
    }
  }

  /** Bytes in the file. */
  get size(): number {
    return fstatSync(this.#open()).size;
  }

  /** The first line without its line end; undefined when there is none. */
  firstLine(): string | undefined {
    const fd = this.#open();
    const parts: Buffer[] = [];
    for (let position = 0; ; position += BLOCK) {
      const block = Buffer.alloc(BLOCK);
      const read = readSync(fd, block, 0, BLOCK, position);
      const end = block.subarray(0, read).indexOf(10);
      parts.push(block.subarray(0, end < 0 ? read : end));
      if (end >= 0) return Buffer.concat(parts).toString("utf8");
      if (read === 0) return undefined;
    }
  }

  /** Appends whole lines. @throws WriteError; what was written of them is then taken back */
  append(lines: string): void {
    const fd = this.#open();
    const before = this.size;
    try {
      writeWhole(fd, Buffer.from(lines, "utf8"));
    } catch (cause) {
      // A disk that fills up takes part of a line, and the next line would make it one that cannot be read.
      ftruncateSync(fd, before);
      throw new WriteError(this.path, cause);
    }
  }

  /** Synced and closed; closing twice is nothing. @throws WriteError */
  close(): void {
    if (this.#fd === undefined) return;
    try {
      fsyncSync(this.#fd);
    } catch (cause) {
      throw new WriteError(this.path, cause);
    } finally {
      this.#abandon();
    }
  }

  #open(): number {
    if (this.#fd === undefined) throw new Error(`${this.path} is closed`);
    return this.#fd;
  }

  #abandon(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Length up to and including the last line end. */
function wholeLines(fd: number): number {
  const block = Buffer.alloc(BLOCK);
  for (let end = fstatSync(fd).size; end > 0; ) {
    const start = Math.max(0, end - BLOCK);
    const read = readSync(fd, block, 0, end - start, start);
    const last = block.subarray(0, read).lastIndexOf(10);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}
