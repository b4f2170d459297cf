/** Draws matrices as colours with their numbers: the numbers carry the meaning, the colours the overview. */
import type { HeatChart } from "../charts/chart.js";
import { decimal } from "../numbers.js";
import { clip } from "../text-width.js";
import { element, text, tooltip } from "./markup.js";
import { picture, WIDTH } from "./picture.js";

const LABEL = 176;
const CELL = 24;
const HEAD = 42;

export function drawHeat(chart: HeatChart, title: string, description: string): string {
  const width = Math.min(64, (WIDTH - LABEL - 4) / Math.max(1, chart.columns.length));
  let top = 4;
  const panels = chart.panels.map((panel) => {
    const y0 = top + HEAD;
    const head = [
      text({ x: 2, y: top + 16, "font-weight": "600" }, clip(panel.title, 60)),
      ...chart.columns.map((column, k) =>
        text(
          { x: LABEL + (k + 0.5) * width, y: y0 - 6, "text-anchor": "middle", "font-size": "11" },
          short(column, width),
        ),
      ),
    ];
    const rows = panel.rows.flatMap((row, r) => {
      const y = y0 + r * CELL;
      return [
        text({ x: LABEL - 8, y: y + 16, "text-anchor": "end" }, clip(row.label, 26)),
        ...row.cells.map((cell, k) => {
          const detail = `${panel.title}\n${row.label}, ${chart.columns[k] ?? ""}\n${chart.measure} ${decimal(cell)}`;
          const [fill, ink] = paint(chart, cell);
          // The last column is over all: it stands a little apart.
          const x = LABEL + k * width + (k === chart.columns.length - 1 ? 3 : 0);
          return element(
            "g",
            { class: "point cell" },
            tooltip(detail),
            element("rect", { x, y, width: width - 2, height: CELL - 2, fill }),
            width >= 26
              ? text(
                  { x: x + width / 2 - 1, y: y + 15, "text-anchor": "middle", "font-size": "11", fill: ink },
                  decimal(cell, 2),
                )
              : "",
          );
        }),
      ];
    });
    top = y0 + panel.rows.length * CELL + 10;
    return [...head, ...rows].join("");
  });
  return picture(top + 4, title, description, element("g", { class: "plot" }, ...panels));
}

/** `layer 3` where there is room, else `3`. */
function short(column: string, width: number): string {
  return width >= 48 ? column : column.replace(/^layer /, "");
}

const NONE: Rgb = [247, 247, 247];
const HIGH: Rgb = [36, 95, 173];
const LOW: Rgb = [153, 50, 0];
type Rgb = readonly [number, number, number];

/** Fill, and an ink that can be read on it. */
function paint({ diverging, full }: HeatChart, cell: number | null): [string, string] {
  if (cell === null) return ["#dddddd", "#000000"];
  const share = Math.min(1, Math.abs(cell) / full);
  // A measure that is not negative but for noise has one colour only.
  const end = cell >= 0 ? HIGH : diverging ? LOW : NONE;
  const mixed = NONE.map((from, k) => Math.round(from + share * ((end[k] ?? from) - from)));
  const fill = `#${mixed.map((x) => x.toString(16).padStart(2, "0")).join("")}`;
  // Black reads better than white where L > 0.179: both then have the same contrast, 4.6 : 1.
  return [fill, luminance(mixed) > 0.179 ? "#000000" : "#ffffff"];
}

/** Relative luminance of WCAG 2, in [0, 1]. */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((x) => (x <= 10 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
