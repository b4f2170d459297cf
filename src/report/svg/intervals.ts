/** Draws estimates with their intervals, one a row, the numbers beside them. */
import type { IntervalChart } from "../charts/chart.js";
import { decimal, interval, signed } from "../numbers.js";
import { clip, textWidth, wrap } from "../text-width.js";
import { marker } from "./marker.js";
import { element, text, tooltip } from "./markup.js";
import { coloured, type Frame, horizontalAxis, picture, rule, WIDTH } from "./picture.js";
import { place, scaleOver } from "./scale.js";

const ROW = 26;
const NUMBERS = 138;
/** Columns of a name; a longer one takes a second line. */
const LABEL = 26;
const LINE = 13;

export function drawIntervals(chart: IntervalChart, title: string, description: string): string {
  const labels = chart.rows.map(({ label }) => labelLines(label));
  const height = labels.some((lines) => lines.length > 1) ? ROW + LINE - 4 : ROW;
  const longest = Math.max(...labels.flat().map(textWidth));
  const frame: Frame = {
    left: Math.min(214, 24 + longest * 7.2),
    right: WIDTH - NUMBERS,
    top: 8,
    bottom: 8 + chart.rows.length * height,
  };
  const values = chart.rows.flatMap(({ value, low, high, parts }) => [value, low, high, ...parts]);
  const scale = scaleOver(chart.zero ? [...values, 0] : values, 6);
  const x = (value: number): number => place(scale, value, frame.left, frame.right);
  const rows = chart.rows.map((row, index) => {
    const y = frame.top + (index + 0.5) * height;
    const paint = { fill: row.pale ? "none" : "currentColor", stroke: "currentColor", "stroke-width": "1.5" };
    const numbers = `${chart.zero ? signed(row.value) : decimal(row.value)} ${interval(row)}`;
    return element(
      "g",
      { class: "point row" },
      tooltip(row.detail),
      element("rect", { class: "hit", x: 0, y: y - height / 2, width: WIDTH, height, fill: "none" }),
      ...(labels[index] ?? []).map((line, at, { length }) =>
        text({ x: frame.left - 12, y: y + 4 + (at - (length - 1) / 2) * LINE, "text-anchor": "end" }, line),
      ),
      coloured(
        row.style.colour,
        {},
        ...row.parts.map((part) =>
          element("circle", { cx: x(part), cy: y - 8, r: 1.7, ...(row.pale ? { "fill-opacity": "0.5" } : {}) }),
        ),
        element("path", {
          d: `M${x(row.low).toFixed(1)} ${y}H${x(row.high).toFixed(1)}M${x(row.low).toFixed(1)} ${y - 4}v8M${x(row.high).toFixed(1)} ${y - 4}v8`,
          fill: "none",
          stroke: "currentColor",
          "stroke-width": row.pale ? "1.5" : "2.2",
          ...(row.pale ? { "stroke-opacity": "0.7" } : {}),
        }),
        marker(row.style.marker, x(row.value), y, 5, paint),
      ),
      text({ x: WIDTH - 2, y: y + 4, "text-anchor": "end", class: "number" }, numbers),
    );
  });
  return picture(
    frame.bottom + 42,
    title,
    description,
    horizontalAxis(scale, frame, chart.axis),
    chart.zero ? rule(`M${x(0).toFixed(1)} ${frame.top}V${frame.bottom}`) : "",
    element("g", { class: "plot" }, ...rows),
  );
}

function labelLines(label: string): string[] {
  const [first = "", ...rest] = wrap(label, LABEL);
  return rest.length === 0 ? [first] : [first, clip(rest.join(" "), LABEL)];
}
