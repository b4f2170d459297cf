/** A terminal of which only what this program sends is understood: cursor to a place, clear, erase the line, letters. */
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";

export class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  sent = "";
  cells: string[][] = [];
  cursorShown = true;
  other = false;
  #row = 0;
  #column = 0;

  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
    this.#clear();
  }

  write(text: string): boolean {
    this.sent += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads escape sequences
    for (const [token] of text.matchAll(/\u001b\[[?]?[\d;]*[A-Za-z]|[^\u001b]/gu)) this.#take(token);
    return true;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.#clear();
    this.emit("resize");
  }

  get text(): string {
    return this.cells.map((row) => row.join("").trimEnd()).join("\n");
  }

  #clear(): void {
    this.cells = Array.from({ length: this.rows }, () => new Array<string>(this.columns).fill(" "));
  }

  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: a terminal reads escape sequences
  #take(token: string): void {
    const place = /^\u001b\[(\d+);(\d+)H$/.exec(token);
    if (place !== null) [this.#row, this.#column] = [Number(place[1]) - 1, Number(place[2]) - 1];
    else if (token === "\u001b[H") [this.#row, this.#column] = [0, 0];
    else if (token === "\u001b[2J") this.#clear();
    else if (token === "\u001b[K") this.cells[this.#row]?.fill(" ", this.#column);
    else if (token === "\u001b[?25l") this.cursorShown = false;
    else if (token === "\u001b[?25h") this.cursorShown = true;
    else if (token === "\u001b[?1049h") this.other = true;
    else if (token === "\u001b[?1049l") this.other = false;
    else if (/^\u001b\[[\d;]*m$|^\u001b\[\?2026[hl]$/.test(token)) return;
    else if (token.startsWith("\u001b")) throw new Error(`this terminal does not know ${JSON.stringify(token)}`);
    else if (token === "\n") throw new Error("a line end scrolls the screen");
    else {
      const row = this.cells[this.#row];
      if (row === undefined || this.#column >= this.columns) throw new Error(`written beyond the edge: ${token}`);
      row[this.#column++] = token;
    }
  }
  // biome-ignore-end lint/suspicious/noControlCharactersInRegex: a terminal reads escape sequences
}

export class FakeKeyboard extends Readable {
  readonly isTTY = true;
  raw = false;
  override _read(): void {}
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  type(text: string): void {
    this.push(text);
  }
}
