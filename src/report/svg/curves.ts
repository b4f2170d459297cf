/** Draws lines over a common axis, two panels a row. */
import type { CurveChart } from "../charts/chart.js";
import { marker } from "./marker.js";
import { element, text } from "./markup.js";
import {
  border,
  coloured,
  type Frame,
  horizontalAxis,
  legend,
  legendHeight,
  picture,
  verticalAxis,
  WIDTH,
} from "./picture.js";
import { place, scaleOver } from "./scale.js";

const PANEL_HEIGHT = 204;

export function drawCurves(chart: CurveChart, title: string, description: string): string {
  const steps = chart.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x)));
  const horizontal = scaleOver([0, ...steps], 4, 0.02);
  const across = Math.min(2, chart.panels.length);
  const panels = chart.panels.map((panel, index) => {
    const [x, y] = [(index % across) * (WIDTH / across), Math.floor(index / across) * PANEL_HEIGHT];
    const frame: Frame = { left: x + 50, right: x + WIDTH / across - 10, top: y + 24, bottom: y + PANEL_HEIGHT - 42 };
    const vertical = scaleOver(
      panel.lines.flatMap(({ points }) => points.map(([, value]) => value)),
      5,
    );
    const lines = panel.lines.map(({ series, points }) => {
      const style = chart.legend[series]?.style;
      if (style === undefined) return "";
      const at = points.map(
        ([step, value]) =>
          [place(horizontal, step, frame.left, frame.right), place(vertical, value, frame.bottom, frame.top)] as const,
      );
      // Markers here and there, staggered: lines can be told apart without colour.
      const marks = at.filter((_, i) => i % MARK_EVERY === (3 * series) % MARK_EVERY);
      return coloured(
        style.colour,
        { class: "series", "data-series": String(series) },
        element("polyline", {
          points: at.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" "),
          fill: "none",
          stroke: "currentColor",
          "stroke-width": "1.3",
          "stroke-linejoin": "round",
        }),
        ...marks.map(([px, py]) => marker(style.marker, px, py, 2.6, {})),
      );
    });
    return [
      text({ x: frame.left, y: y + 16, "font-weight": "600" }, panel.title),
      horizontalAxis(horizontal, frame, index + across >= chart.panels.length ? chart.axis : ""),
      verticalAxis(vertical, frame, ""),
      border(frame),
      ...lines,
    ].join("");
  });
  const bottom = Math.ceil(chart.panels.length / across) * PANEL_HEIGHT;
  return picture(
    bottom + legendHeight(chart.legend.length),
    title,
    description,
    element("g", { class: "plot" }, ...panels),
    legend(chart.legend, bottom, true),
  );
}

const MARK_EVERY = 15;
