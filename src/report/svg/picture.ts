/** The frame of every picture: fonts and ground fit for paper; a page puts its own colours in their place by CSS. */

import type { SeriesStyle } from "../charts/chart.js";
import { clip } from "../text-width.js";
import { marker } from "./marker.js";
import { type Attributes, element, escapeMarkup, text } from "./markup.js";
import { lightColour } from "./palette.js";
import { place, type Scale } from "./scale.js";

/** Of every picture, in pixels; at 6.5 inches, the text of a page's width, its letters are 10 points. */
export const WIDTH = 560;

const INK = "#1a1a1a";

export function picture(height: number, title: string, description: string, ...children: readonly string[]): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
      width: WIDTH,
      height: Math.ceil(height),
      role: "img",
      "font-family": "Helvetica, Arial, 'Liberation Sans', sans-serif",
      "font-size": "12",
      color: INK,
      fill: "currentColor",
    },
    element("title", {}, escapeMarkup(title)),
    element("desc", {}, escapeMarkup(description)),
    element("rect", { class: "paper", width: WIDTH, height: Math.ceil(height), fill: "#ffffff" }),
    ...children,
  );
}

/** A group in a series' colour: what is inside paints with `currentColor`, and a page may recolour it by its class. */
export function coloured(colour: number, attributes: Attributes, ...children: readonly string[]): string {
  const { class: own, ...rest } = attributes;
  const names = `c${colour}${own === undefined ? "" : ` ${own}`}`;
  return element("g", { class: names, color: lightColour(colour), ...rest }, ...children);
}

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const GRID = { stroke: "currentColor", "stroke-opacity": "0.14", fill: "none" };
const EDGE = { stroke: "currentColor", "stroke-opacity": "0.45", fill: "none" };

/** A tick's number, with a true minus sign. */
export function tickText(scale: Scale, value: number): string {
  const digits = value.toFixed(Math.min(20, scale.digits));
  return (Number(digits) === 0 ? (0).toFixed(Math.min(20, scale.digits)) : digits).replace("-", "−");
}

export function horizontalAxis(scale: Scale, frame: Frame, title: string): string {
  const { left, right, top, bottom } = frame;
  const ticks = scale.ticks.map((tick) => {
    const x = place(scale, tick, left, right);
    return (
      element("path", { d: `M${x.toFixed(1)} ${top}V${bottom}`, ...GRID }) +
      text({ x, y: bottom + 15, "text-anchor": "middle" }, tickText(scale, tick))
    );
  });
  const name = text({ x: (left + right) / 2, y: bottom + 33, "text-anchor": "middle", "font-weight": "600" }, title);
  return [...ticks, title === "" ? "" : name].join("");
}

export function verticalAxis(scale: Scale, frame: Frame, title: string): string {
  const { left, right, top, bottom } = frame;
  const middle = (top + bottom) / 2;
  const ticks = scale.ticks.map((tick) => {
    const y = place(scale, tick, bottom, top);
    return (
      element("path", { d: `M${left} ${y.toFixed(1)}H${right}`, ...GRID }) +
      text({ x: left - 6, y: y + 4, "text-anchor": "end" }, tickText(scale, tick))
    );
  });
  const name = text(
    { x: 13, y: middle, "text-anchor": "middle", "font-weight": "600", transform: `rotate(-90 13 ${middle})` },
    title,
  );
  return [...ticks, title === "" ? "" : name].join("");
}

export function border({ left, right, top, bottom }: Frame): string {
  return element("rect", { x: left, y: top, width: right - left, height: bottom - top, ...EDGE });
}

/** A dashed line at a number that readers look for. */
export function rule(path: string): string {
  return element("path", {
    d: path,
    stroke: "currentColor",
    "stroke-opacity": "0.7",
    "stroke-dasharray": "4 3",
    fill: "none",
  });
}

export interface LegendEntry {
  readonly label: string;
  readonly style: SeriesStyle;
  /** Hollow: shown faintly, or not at all. */
  readonly hollow?: boolean;
}

const ENTRY_HEIGHT = 22;

export function legendHeight(entries: number): number {
  return Math.ceil(entries / 2) * ENTRY_HEIGHT + 6;
}

/** Two columns under the picture. A page makes of each entry a switch for the series of the same number. */
export function legend(entries: readonly LegendEntry[], top: number, line = false): string {
  return entries
    .map(({ label, style, hollow }, index) => {
      const x = 14 + (index % 2) * (WIDTH / 2);
      const y = top + Math.floor(index / 2) * ENTRY_HEIGHT + ENTRY_HEIGHT / 2;
      const paint = { fill: hollow === true ? "none" : "currentColor", stroke: "currentColor", "stroke-width": "1.5" };
      const stroke = line
        ? element("path", { d: `M${x - 10} ${y}h20`, stroke: "currentColor", "stroke-width": "1.5" })
        : "";
      return element(
        "g",
        { class: "key", "data-series": String(index) },
        coloured(style.colour, {}, stroke, marker(style.marker, x, y, 4.5, paint)),
        text({ x: x + 16, y: y + 4 }, clip(label, 38)),
      );
    })
    .join("");
}
