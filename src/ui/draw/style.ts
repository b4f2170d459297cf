/**
 * How a cell looks, as one small number: a colour of the palette and some attributes. A number, so that a screen of cells
 * is one typed array; what escape sequence it becomes depends on the terminal and is decided once, at the end.
 */

/** What a terminal can show: no colour at all, 16 of its own, 256 fixed ones, or any. */
export type ColourDepth = "none" | "16" | "256" | "true";

/** Dark letters on light ground, or the other way round. */
export type Ground = "dark" | "light";

export type Style = number;

/**
 * Colours for series: Okabe and Ito's palette, told apart by colour-blind readers too (jfly.uni-koeln.de/color).
 */
export const SERIES_COLOURS = ["sky", "orange", "green", "vermillion", "purple", "blue", "yellow"] as const;

/** Two ramps for heat maps, eight steps each: one from little to much, one about zero. */
export const RAMP_STEPS = 8;

interface Paint {
  /** [red, green, blue], 0–255. */
  readonly rgb: readonly [number, number, number];
  /** Index among the 256 colours. */
  readonly fixed: number;
  /** SGR code among the 16 colours. */
  readonly named: number;
}

const paint = (rgb: Paint["rgb"], fixed: number, named: number): Paint => ({ rgb, fixed, named });

/** 0 is the terminal's own colour of letters. */
const PALETTE: readonly (Paint | undefined)[] = [
  undefined,
  paint([86, 180, 233], 74, 96),
  paint([230, 159, 0], 214, 33),
  paint([0, 158, 115], 36, 32),
  paint([213, 94, 0], 166, 31),
  paint([204, 121, 167], 175, 35),
  paint([0, 114, 178], 32, 34),
  paint([240, 228, 66], 227, 93),
  // Sequential: dark blue to yellow (the way of cividis), readable in grey.
  paint([0, 48, 111], 18, 34),
  paint([42, 72, 111], 24, 34),
  paint([77, 96, 112], 60, 36),
  paint([106, 118, 118], 66, 36),
  paint([138, 141, 119], 102, 32),
  paint([173, 166, 112], 143, 33),
  paint([213, 194, 96], 179, 33),
  paint([254, 224, 62], 221, 93),
  // Diverging: blue, grey, orange.
  paint([0, 114, 178], 25, 34),
  paint([60, 143, 196], 67, 34),
  paint([122, 173, 212], 110, 36),
  paint([170, 178, 186], 249, 37),
  paint([190, 180, 170], 250, 37),
  paint([226, 178, 110], 180, 33),
  paint([232, 160, 50], 214, 33),
  paint([213, 94, 0], 166, 31),
];

/** Series on white: the same hues, darker, so that each has a contrast of 3 : 1 at least. */
const SERIES_ON_LIGHT: readonly Paint[] = [
  paint([0, 135, 175], 31, 36),
  paint([175, 130, 0], 136, 33),
  paint([0, 135, 95], 29, 32),
  paint([205, 85, 0], 166, 31),
  paint([175, 95, 135], 132, 35),
  paint([0, 95, 175], 25, 34),
  paint([95, 95, 0], 58, 90),
];

const BOLD = 1 << 8;
const DIM = 1 << 9;
const INVERSE = 1 << 10;
const UNDERLINE = 1 << 11;
const COLOUR = 0xff;

export const PLAIN: Style = 0;

/** The colour of the n-th series, from 0; after the last it starts again (markers differ then). */
export function seriesStyle(index: number): Style {
  return 1 + (((index % SERIES_COLOURS.length) + SERIES_COLOURS.length) % SERIES_COLOURS.length);
}

/** @param share 0 to 1, clamped */
export function sequentialStyle(share: number): Style {
  return 8 + step(share);
}

/** @param share −1 to 1, clamped */
export function divergingStyle(share: number): Style {
  return 16 + step((share + 1) / 2);
}

function step(share: number): number {
  return Math.min(RAMP_STEPS - 1, Math.max(0, Math.floor(share * RAMP_STEPS)));
}

export const bold = (style: Style = PLAIN): Style => style | BOLD;
export const dim = (style: Style = PLAIN): Style => style | DIM;
export const inverse = (style: Style = PLAIN): Style => style | INVERSE;
export const underline = (style: Style = PLAIN): Style => style | UNDERLINE;

export const isDim = (style: Style): boolean => (style & DIM) !== 0;

/** Whether a blank shows it. */
export function isSeenOnBlanks(style: Style): boolean {
  return (style & (INVERSE | UNDERLINE)) !== 0;
}

/** What turns letters into `style` on a terminal in its own colours; "" where it takes nothing. */
export function escapeOf(style: Style, depth: ColourDepth, ground: Ground): string {
  const codes: string[] = [];
  if ((style & BOLD) !== 0) codes.push("1");
  if ((style & DIM) !== 0) codes.push("2");
  if ((style & UNDERLINE) !== 0) codes.push("4");
  if ((style & INVERSE) !== 0) codes.push("7");
  const index = style & COLOUR;
  const colour = (ground === "light" ? SERIES_ON_LIGHT[index - 1] : undefined) ?? PALETTE[index];
  if (colour !== undefined && depth !== "none") {
    if (depth === "16") codes.push(String(colour.named));
    else if (depth === "256") codes.push(`38;5;${colour.fixed}`);
    else codes.push(`38;2;${colour.rgb.join(";")}`);
  }
  return codes.length === 0 ? "" : `\u001b[${codes.join(";")}m`;
}

export const RESET = "\u001b[0m";
