/** The characters that pictures are made of, for three kinds of terminal. */

/** `braille`: 2×4 dots a cell. `block`: 2×2 quarters a cell. `ascii`: nothing beyond ASCII. */
export const CHARSETS = ["braille", "block", "ascii"] as const;
export type Charset = (typeof CHARSETS)[number];

export interface Glyphs {
  readonly charset: Charset;
  /** Corners clockwise from the upper left, then the horizontal and the vertical line. */
  readonly box: readonly [string, string, string, string, string, string];
  /** Axes: corner, horizontal, vertical, tick on the vertical, tick on the horizontal. */
  readonly axis: readonly [string, string, string, string, string];
  /** A bar: full, its half-filled end, what is left. */
  readonly bar: readonly [string, string, string];
  /** Heights from least to most, for sparklines. */
  readonly heights: readonly string[];
  /** Shades from least to most, for heat maps without colour. */
  readonly shades: readonly string[];
  /** One a series, so that colours are not needed to tell them apart. */
  readonly markers: readonly string[];
  /** A whisker: left end, line, right end. */
  readonly whisker: readonly [string, string, string];
  readonly running: string;
  readonly done: string;
  readonly failed: string;
  readonly pointer: string;
  readonly dash: string;
  readonly ellipsis: string;
  readonly times: string;
  readonly dot: string;
  readonly guide: string;
  /** An estimate that is not to be counted on. */
  readonly hollow: string;
  /** Parts of one bar, told apart without colour. */
  readonly fills: readonly string[];
}

const unicode = {
  box: ["╭", "╮", "╯", "╰", "─", "│"],
  axis: ["└", "─", "│", "┤", "┬"],
  bar: ["━", "╸", "─"],
  heights: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
  shades: [" ", "░", "▒", "▓", "█"],
  markers: ["●", "■", "▲", "◆", "▼", "★", "✚"],
  whisker: ["├", "─", "┤"],
  running: "●",
  done: "✓",
  failed: "✗",
  pointer: "›",
  dash: "–",
  ellipsis: "…",
  times: "×",
  dot: "·",
  guide: "┊",
  hollow: "○",
  fills: ["█", "▓", "▒", "░", "▚", "▞", "▌"],
} as const;

const ASCII: Glyphs = {
  charset: "ascii",
  box: ["+", "+", "+", "+", "-", "|"],
  axis: ["+", "-", "|", "+", "+"],
  bar: ["#", "#", "."],
  heights: ["_", ".", ":", "-", "=", "+", "*", "#"],
  shades: [" ", ".", ":", "+", "#"],
  markers: ["o", "x", "^", "*", "v", "@", "%"],
  whisker: ["|", "-", "|"],
  running: "*",
  done: "+",
  failed: "!",
  pointer: ">",
  dash: "-",
  ellipsis: "~",
  times: "x",
  dot: ".",
  guide: ":",
  hollow: "o",
  fills: ["#", "=", "+", "-", "%", "~", "*"],
};

export function glyphsFor(charset: Charset): Glyphs {
  return charset === "ascii" ? ASCII : { ...unicode, charset };
}

export function markerAt(glyphs: Glyphs, index: number): string {
  return glyphs.markers[index % glyphs.markers.length] ?? "o";
}
