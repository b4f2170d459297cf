/** Draws stacked bars of FLOPs against what was planned. */
import type { BarChart } from "../charts/chart.js";
import { styleAt } from "../charts/styles.js";
import { clip } from "../text-width.js";
import { element, text, tooltip } from "./markup.js";
import { coloured, type Frame, horizontalAxis, legend, legendHeight, picture, WIDTH } from "./picture.js";
import { place, scaleOver } from "./scale.js";

const ROW = 28;
const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

export function drawBars(chart: BarChart, title: string, description: string): string {
  const frame: Frame = { left: 214, right: WIDTH - 18, top: 8, bottom: 8 + chart.rows.length * ROW };
  const most = Math.max(...chart.rows.map(({ amounts, planned }) => Math.max(planned, sum(amounts))));
  const prefix = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, most)) / 3)));
  const unit = 1000 ** prefix;
  const scale = { ...scaleOver([0, most / unit], 5, 0.04), low: 0 };
  const x = (amount: number): number => place(scale, amount / unit, frame.left, frame.right);
  const rows = chart.rows.map((row, index) => {
    const y = frame.top + index * ROW;
    let before = 0;
    const segments = row.amounts.map((amount, part) => {
      const from = before;
      before += amount;
      if (amount <= 0) return "";
      const width = Math.max(0.5, x(before) - x(from));
      return coloured(
        styleAt(part).colour,
        {},
        element("rect", { x: x(from), y: y + 6, width, height: ROW - 12, stroke: "none" }),
      );
    });
    return element(
      "g",
      { class: "point row" },
      tooltip(row.detail),
      element("rect", { class: "hit", x: 0, y, width: WIDTH, height: ROW, fill: "none" }),
      text({ x: frame.left - 10, y: y + ROW / 2 + 4, "text-anchor": "end" }, clip(row.label, 26)),
      ...segments,
      element("path", {
        d: `M${x(row.planned).toFixed(1)} ${y + 2}V${y + ROW - 2}`,
        stroke: "currentColor",
        "stroke-width": "2",
      }),
    );
  });
  const legendTop = frame.bottom + 40;
  return picture(
    legendTop + legendHeight(chart.parts.length),
    title,
    description,
    horizontalAxis(
      { ...scale, ticks: scale.ticks.filter((tick) => tick >= 0) },
      frame,
      `${PREFIXES[prefix] ?? ""}${chart.axis}`,
    ),
    element("g", { class: "plot" }, ...rows),
    legend(
      chart.parts.map((label, part) => ({ label, style: { ...styleAt(part), marker: "square" } })),
      legendTop,
    ),
  );
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
