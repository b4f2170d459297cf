/**
 * A picture of dots finer than cells: 2×4 a cell in braille, 2×2 in block quarters, 1×2 in ASCII. Dots of one cell share
 * one style, the last one's.
 */
import type { Charset } from "./glyphs.js";
import type { Region } from "./screen.js";
import { PLAIN, type Style } from "./style.js";

interface Grain {
  readonly across: number;
  readonly down: number;
  /** Bit of the dot at [row][column] of a cell. */
  readonly bits: readonly (readonly number[])[];
  readonly glyph: (bits: number) => string;
}

const QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█";

const GRAINS: Readonly<Record<Charset, Grain>> = {
  // Unicode's braille patterns: U+2800 and one bit a dot.
  braille: {
    across: 2,
    down: 4,
    bits: [
      [0x01, 0x08],
      [0x02, 0x10],
      [0x04, 0x20],
      [0x40, 0x80],
    ],
    glyph: (bits) => String.fromCharCode(0x2800 + bits),
  },
  block: {
    across: 2,
    down: 2,
    bits: [
      [1, 2],
      [4, 8],
    ],
    glyph: (bits) => QUARTERS.charAt(bits),
  },
  ascii: { across: 1, down: 2, bits: [[1], [2]], glyph: (bits) => " '.:".charAt(bits) },
};

export class Dots {
  /** Dots across and down. */
  readonly width: number;
  readonly height: number;
  readonly #grain: Grain;
  readonly #bits: Uint8Array;
  readonly #styles: Uint16Array;

  /** As many dots as `columns` × `rows` cells hold. */
  constructor(
    readonly columns: number,
    readonly rows: number,
    charset: Charset,
  ) {
    this.#grain = GRAINS[charset];
    this.width = columns * this.#grain.across;
    this.height = rows * this.#grain.down;
    this.#bits = new Uint8Array(columns * rows);
    this.#styles = new Uint16Array(columns * rows);
  }

  /** Dots outside the picture are left out. @param y counted downwards */
  set(x: number, y: number, style: Style = PLAIN): void {
    if (!(x >= 0 && x < this.width && y >= 0 && y < this.height)) return;
    const { across, down, bits } = this.#grain;
    const [column, row] = [Math.floor(x / across), Math.floor(y / down)];
    const index = row * this.columns + column;
    this.#bits[index] = (this.#bits[index] ?? 0) | (bits[Math.floor(y) % down]?.[Math.floor(x) % across] ?? 0);
    this.#styles[index] = style;
  }

  /** A straight line, both ends included. @param every which of its dots are set: 2 makes a dotted line */
  line(x0: number, y0: number, x1: number, y1: number, style: Style = PLAIN, every = 1): void {
    const steps = Math.min(4096, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    if (!Number.isFinite(steps)) return;
    for (let i = 0; i <= steps; i += every) {
      const share = steps === 0 ? 0 : i / steps;
      this.set(Math.round(x0 + (x1 - x0) * share), Math.round(y0 + (y1 - y0) * share), style);
    }
  }

  /** Every second dot of a column, in turns, so that an area looks grey. */
  shade(x: number, y0: number, y1: number, style: Style = PLAIN): void {
    const [from, to] = [Math.round(Math.min(y0, y1)), Math.round(Math.max(y0, y1))];
    for (let y = Math.max(0, from); y <= Math.min(this.height - 1, to); y++)
      if ((x + y) % 2 === 0) this.set(x, y, style);
  }

  /** Puts the cells that hold dots onto a region of the same size. */
  draw(region: Region): void {
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const index = row * this.columns + column;
        const bits = this.#bits[index] ?? 0;
        if (bits !== 0) region.put(column, row, this.#grain.glyph(bits), this.#styles[index]);
      }
    }
  }
}
