/**
 * A screen of cells, drawn on by functions that know nothing of terminals, and turned into lines of text at the end.
 * Whatever is put on it is made safe here: no control character, no change of direction, no half of a wide character,
 * nothing beyond the edge.
 */
import { sanitise } from "../../bench/files/sanitise.js";
import { characterWidth } from "../../report/text-width.js";
import { type ColourDepth, escapeOf, type Ground, isSeenOnBlanks, PLAIN, RESET, type Style } from "./style.js";

/** One column each, and no surprise in any font that has them. */
const SIMPLE =
  /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u024f\u0370-\u0377\u0384-\u03ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2200-\u22ff\u2500-\u25fc\u2605\u2713\u2717\u271a\u2800-\u28ff\u203a\u2026]*$/;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const PICTURE = /^\p{Extended_Pictographic}/u;
/** Two of these letters name a flag; alone they are as wide as a terminal pleases. */
const FLAG_LETTER = /^[\u{1f1e6}-\u{1f1ff}]$/u;
const FLAG_A = 0x1f1e6;
const MOST_MARKS = 2;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The other half of a wide character. */
const COVERED = "";

/** What fits into cells of a text: a character and the columns that it takes. */
function* cellsOf(text: string): Generator<readonly [string, 1 | 2]> {
  if (SIMPLE.test(text)) {
    for (const character of text) yield [character, 1];
    return;
  }
  for (const { segment } of graphemes.segment(sanitise(text))) {
    const characters = [...segment].filter((c) => !INVISIBLE.test(c));
    // Of a family of emoji its first member: what all terminals agree on.
    if (PICTURE.test(characters[0] ?? "")) characters.length = 1;
    let open: [cell: string, columns: 1 | 2] | undefined;
    let marks = 0;
    for (const character of characters) {
      const letter = FLAG_LETTER.test(character) ? flagLetter(character) : character;
      const columns = characterWidth(letter);
      if (columns === 0) {
        // A mark stands on a letter, or nowhere.
        if (open !== undefined && marks++ < MOST_MARKS) open[0] += letter;
        continue;
      }
      if (open !== undefined) yield open;
      open = [letter, columns];
      marks = 0;
    }
    if (open !== undefined) yield open;
  }
}

function flagLetter(character: string): string {
  return String.fromCharCode(0x41 + (character.codePointAt(0) ?? FLAG_A) - FLAG_A);
}

const LETTER = /\p{L}/gu;
const RIGHT_TO_LEFT =
  /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}|\p{Script=Samaritan}|\p{Script=Mandaic}/u;
/**
 * Of no width. After text that ends from right to left: a terminal that lays such text out would else take the border and
 * the text beside it for its continuation, and draw them in each other's place.
 */
const LEFT_TO_RIGHT = "\u200e";

function endsRightToLeft(text: string): boolean {
  return !SIMPLE.test(text) && RIGHT_TO_LEFT.test(text.match(LETTER)?.at(-1) ?? "");
}

/** Columns of a text as a screen shows it. */
export function shownWidth(text: string): number {
  if (SIMPLE.test(text)) return [...text].length;
  let width = 0;
  for (const [, columns] of cellsOf(text)) width += columns;
  return width;
}

/** What comes nearest, for signs that this program writes itself; "?" for the rest. */
const NEAREST: Readonly<Record<string, string>> = {
  "−": "-",
  "–": "-",
  "—": "-",
  "…": "~",
  "·": ".",
  "×": "x",
  "“": '"',
  "”": '"',
  "‘": "'",
  "’": "'",
  "›": ">",
  "←": "<",
  "→": ">",
  "↑": "^",
  "↓": "v",
  "†": "+",
  "≥": ">",
  "≤": "<",
  "±": "+",
  "─": "-",
  "\u00a0": " ",
};

function inAscii(character: string): string {
  // Of a letter with marks, the letter.
  const letter = character.normalize("NFD").charAt(0);
  return NEAREST[character] ?? (letter >= " " && letter <= "~" ? letter : "?");
}

/** The text in ASCII alone, as a screen of ASCII shows it. */
export function asciiText(text: string): string {
  let out = "";
  for (const [character] of cellsOf(text)) out += inAscii(character);
  return out;
}

export class Screen {
  readonly #characters: string[];
  readonly #styles: Uint16Array;

  /**
   * @param width columns, at least 0
   * @param height rows, at least 0
   * @param ascii whether what ASCII lacks is written in its stead
   */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly ascii = false,
  ) {
    this.#characters = new Array<string>(width * height).fill(" ");
    this.#styles = new Uint16Array(width * height);
  }

  /** All of it, to draw on. */
  get region(): Region {
    return new Region(this, 0, 0, this.width, this.height);
  }

  /** Its upper rows. */
  top(rows: number): Screen {
    const cut = new Screen(this.width, Math.min(rows, this.height), this.ascii);
    for (let at = 0; at < cut.width * cut.height; at++) {
      cut.#characters[at] = this.#characters[at] ?? " ";
      cut.#styles[at] = this.#styles[at] ?? PLAIN;
    }
    return cut;
  }

  /** Writes one row's text from column `x`, as far as column `end` (exclusive). @returns the column after it */
  put(x: number, y: number, text: string, style: Style, end: number): number {
    const stop = Math.min(end, this.width);
    if (y < 0 || y >= this.height) return x;
    const row = y * this.width;
    let at = x;
    for (const [character, columns] of cellsOf(text)) {
      if (at + columns > stop) break;
      if (at >= 0) {
        this.#set(row, at, this.ascii ? inAscii(character) : character, style);
        if (columns === 2) {
          this.#set(row, at + 1, " ", style);
          this.#characters[row + at + 1] = COVERED;
        }
      }
      at += columns;
    }
    if (at > x && !this.ascii && endsRightToLeft(text)) this.#closeDirection(row, Math.max(0, x), at - 1);
    return at;
  }

  /** Ends the direction of what was written from column `from` as far as `last`. */
  #closeDirection(row: number, from: number, last: number): void {
    for (let at = last; at >= from; at--) {
      const character = this.#characters[row + at];
      if (character === undefined || character === COVERED) continue;
      this.#characters[row + at] = character + LEFT_TO_RIGHT;
      return;
    }
  }

  #set(row: number, at: number, character: string, style: Style): void {
    const index = row + at;
    // A half of a wide character that is overwritten leaves a blank, not a shift of the line.
    if (this.#characters[index] === COVERED && at > 0) this.#characters[index - 1] = " ";
    if (at + 1 < this.width && this.#characters[index + 1] === COVERED) this.#characters[index + 1] = " ";
    this.#characters[index] = character;
    this.#styles[index] = style;
  }

  restyle(x: number, y: number, style: (before: Style) => Style): void {
    const index = y * this.width + x;
    if (x >= 0 && x < this.width && y >= 0 && y < this.height)
      this.#styles[index] = style(this.#styles[index] ?? PLAIN);
  }

  /** Lines with escape sequences for colour and weight (none of them at `"plain"`), blanks at their ends cut. */
  lines(depth: ColourDepth | "plain", ground: Ground = "dark"): string[] {
    const escapes = new Map<Style, string>();
    const codeOf = (style: Style): string => {
      const known = escapes.get(style);
      if (known !== undefined) return known;
      const made = depth === "plain" ? "" : escapeOf(style, depth, ground);
      escapes.set(style, made);
      return made;
    };
    return Array.from({ length: this.height }, (_, y) => {
      const row = y * this.width;
      let last = row + this.width;
      while (last > row && this.#characters[last - 1] === " " && !isSeenOnBlanks(this.#styles[last - 1] ?? 0)) last--;
      let line = "";
      let open = "";
      let seen = false;
      for (let index = row; index < last; index++) {
        const character = this.#characters[index] ?? " ";
        const style = this.#styles[index] ?? PLAIN;
        // A blank needs no colour of its own: it stays in what is open, unless that would show.
        if (character !== " " || isSeenOnBlanks(style) || seen) {
          const wanted = codeOf(style);
          if (wanted !== open) line += (open === "" ? "" : RESET) + wanted;
          open = wanted;
          seen = isSeenOnBlanks(style);
        }
        line += character;
      }
      return open === "" ? line : line + RESET;
    });
  }
}

/** A rectangle of a screen, in its own coordinates; nothing leaves it. */
export class Region {
  constructor(
    readonly screen: Screen,
    readonly left: number,
    readonly top: number,
    readonly width: number,
    readonly height: number,
  ) {}

  /** A part of it; what would stick out is cut. */
  part(x: number, y: number, width = this.width - x, height = this.height - y): Region {
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    return new Region(
      this.screen,
      this.left + left,
      this.top + top,
      Math.max(0, Math.min(width, this.width - left)),
      Math.max(0, Math.min(height, this.height - top)),
    );
  }

  /** @returns the column after the text, in the region's coordinates */
  put(x: number, y: number, text: string, style: Style = PLAIN): number {
    if (y < 0 || y >= this.height || x >= this.width) return x;
    if (x < 0) return x;
    return this.screen.put(this.left + x, this.top + y, text, style, this.left + this.width) - this.left;
  }

  /** Text that ends at column `x` (exclusive). */
  putRight(x: number, y: number, text: string, style: Style = PLAIN): void {
    this.put(Math.max(0, x - shownWidth(text)), y, text, style);
  }

  /** Text that says by its last column that it goes on, where it does not fit into `width` columns. */
  putClipped(x: number, y: number, text: string, width: number, style: Style = PLAIN): number {
    const room = Math.min(width, this.width - x);
    if (shownWidth(text) <= room) return this.put(x, y, text, style);
    const end = this.part(0, 0, Math.max(0, x + room - 1), this.height).put(x, y, text, style);
    return room <= 0 ? x : this.put(end, y, "…", style);
  }

  /** Several texts of their own styles, one after the other. */
  spans(x: number, y: number, spans: readonly (readonly [text: string, style?: Style])[]): number {
    let at = x;
    for (const [text, style] of spans) at = this.put(at, y, text, style);
    return at;
  }

  restyle(x: number, y: number, style: (before: Style) => Style): void {
    if (x >= 0 && x < this.width && y >= 0 && y < this.height) this.screen.restyle(this.left + x, this.top + y, style);
  }
}
