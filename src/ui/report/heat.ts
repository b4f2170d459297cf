/** Matrices of one measure, one a method, each cell with its number. */
import type { HeatChart } from "../../report/charts/chart.js";
import { drawHeatMap } from "../draw/heat-map.js";
import { Screen } from "../draw/screen.js";
import { bold } from "../draw/style.js";
import type { Look } from "./look.js";

/** Undefined where there is no room: the table beside it has the numbers. */
export function drawHeat({ columns, panels, diverging, full }: HeatChart, { width, glyphs }: Look): Screen | undefined {
  const height = panels.reduce((sum, { rows }) => sum + rows.length + 3, -1);
  const screen = new Screen(width, Math.max(0, height), glyphs.charset === "ascii");
  let y = 0;
  for (const { title, rows } of panels) {
    screen.region.putClipped(0, y, title, width, bold());
    const drawn = drawHeatMap(screen.region.part(0, y + 1, width, rows.length + 1), glyphs, {
      rows: rows.map(({ label }) => label),
      columns,
      cells: rows.map(({ cells }) => cells.map((cell) => cell ?? undefined)),
      ...{ scale: diverging ? ("diverging" as const) : ("sequential" as const), most: full, digits: 3 },
    });
    if (drawn < rows.length) return undefined;
    y += rows.length + 3;
  }
  return screen;
}
