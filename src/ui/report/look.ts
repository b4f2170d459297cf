/** How a report looks on one terminal: its columns, its signs, its colours. */
import type { SeriesStyle as ChartStyle } from "../../report/charts/chart.js";
import { MARKERS } from "../../report/charts/chart.js";
import { NBSP } from "../../report/numbers.js";
import { type Glyphs, markerAt } from "../draw/glyphs.js";
import { Screen } from "../draw/screen.js";
import { type ColourDepth, type Ground, PLAIN, type Style, seriesStyle } from "../draw/style.js";

export interface Look {
  /** Columns. */
  readonly width: number;
  readonly glyphs: Glyphs;
  /** `plain`: no escape sequence at all. */
  readonly depth: ColourDepth | "plain";
  readonly ground: Ground;
}

/** The marker and the colour that the dashboard gives the same series. */
export function markOf(
  { colour, marker }: ChartStyle,
  glyphs: Glyphs,
): { readonly marker: string; readonly style: Style } {
  if (marker === "cross") return { marker: glyphs.charset === "ascii" ? "." : "○", style: PLAIN };
  return { marker: markerAt(glyphs, MARKERS.indexOf(marker)), style: seriesStyle(colour) };
}

export type Line = readonly (readonly [text: string, style?: Style])[];

/** Lines of text as a picture, so that what holds for pictures (no control character, no line too wide) holds for them. */
export function page(lines: readonly Line[], { width, glyphs }: Pick<Look, "width" | "glyphs">): Screen {
  const screen = new Screen(width, lines.length, glyphs.charset === "ascii");
  lines.forEach((line, y) => {
    screen.region.spans(
      0,
      y,
      line.map(([text, style]) => [text.replaceAll(NBSP, " "), style ?? PLAIN] as const),
    );
  });
  return screen;
}
