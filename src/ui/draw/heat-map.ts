/** A table of shades, each cell with its number: read without colour too. */
import type { Glyphs } from "./glyphs.js";
import { type Region, shownWidth } from "./screen.js";
import { bold, dim, divergingStyle, type Style, sequentialStyle } from "./style.js";

export interface HeatMapOptions {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** `[row][column]`; undefined: not known. */
  readonly cells: readonly (readonly (number | undefined)[])[];
  /** `sequential`: 0 to `most`. `diverging`: −`most` to `most`. */
  readonly scale: "sequential" | "diverging";
  readonly most: number;
  readonly digits: number;
}

const GAP = 1;

/** @returns rows drawn of `options.rows`: fewer where the region is too low */
export function drawHeatMap(region: Region, glyphs: Glyphs, options: HeatMapOptions): number {
  const { rows, columns, cells, digits } = options;
  const first = Math.min(Math.floor(region.width / 3), Math.max(0, ...rows.map(shownWidth)));
  const room = region.width - first - 1;
  const width = Math.min(22, Math.floor(room / Math.max(1, columns.length)) - GAP);
  if (width < 5 || region.height < 2) return 0;
  const place = (at: number): number => first + 1 + at * (width + GAP);
  columns.forEach((name, at) => {
    region.part(place(at), 0, width, 1).putClipped(0, 0, name, width, bold());
  });
  const shown = Math.min(rows.length, region.height - 1);
  for (let row = 0; row < shown; row++) {
    region.part(0, row + 1, first, 1).put(0, 0, rows[row] ?? "", dim());
    columns.forEach((_, at) => {
      const value = cells[row]?.[at];
      const cell = region.part(place(at), row + 1, width, 1);
      if (value === undefined || !Number.isFinite(value)) {
        cell.put(0, 0, glyphs.dash, dim());
        return;
      }
      const text = value
        .toFixed(digits)
        .replace(/^-(0\.?0*)$/, "$1")
        .replace("-", glyphs.charset === "ascii" ? "-" : "−");
      const patch = width - digits - 4;
      cell.put(0, 0, shade(value, options, glyphs).repeat(Math.max(0, patch)), styleOf(value, options));
      cell.putRight(width, 0, text);
    });
  }
  return shown;
}

function styleOf(value: number, { scale, most }: HeatMapOptions): Style {
  return scale === "sequential" ? sequentialStyle(value / most) : divergingStyle(value / most);
}

function shade(value: number, { most }: HeatMapOptions, glyphs: Glyphs): string {
  const { shades } = glyphs;
  const share = Math.min(1, Math.abs(value) / most);
  return shades[Math.min(shades.length - 1, 1 + Math.floor(share * (shades.length - 1)))] ?? "#";
}
