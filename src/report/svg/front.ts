/** Draws candidates in the plane of two values, with their confidence regions and what the selected ones dominate. */

import { confidenceEllipse } from "../../metrics/mean-covariance.js";
import type { FrontChart, FrontPoint, FrontSeries } from "../charts/chart.js";
import { marker } from "./marker.js";
import { element, tooltip } from "./markup.js";
import {
  border,
  coloured,
  type Frame,
  horizontalAxis,
  legend,
  legendHeight,
  picture,
  rule,
  verticalAxis,
  WIDTH,
} from "./picture.js";
import { place, type Scale, scaleOver, within } from "./scale.js";

const FRAME: Frame = { left: 62, right: WIDTH - 12, top: 10, bottom: 382 };

export function drawFront(chart: FrontChart, title: string, description: string, asides: boolean): string {
  const shown = asides ? chart.series : chart.series.filter(({ aside }) => !aside);
  // The scale is of what is seen first, unless there is nothing else.
  const inView = shown.some(({ aside }) => !aside) ? shown.filter(({ aside }) => !aside) : shown;
  const points = inView.flatMap((series) => series.points);
  const [horizontal, vertical] = [scaleOver(points.map(({ x }) => x)), scaleOver(points.map(({ y }) => y))];
  const at: Place = {
    x: (value) => place(horizontal, value, FRAME.left, FRAME.right),
    y: (value) => place(vertical, value, FRAME.bottom, FRAME.top),
  };
  const area = { id: `area-${nameOf([title, chart.x.title, chart.y.title])}`, confidence: chart.confidence };
  const drawn = shown.map((series, index) => ({ series, markup: drawSeries(series, index, at, area) }));
  const legendTop = FRAME.bottom + 42;
  return picture(
    legendTop + legendHeight(shown.length),
    title,
    description,
    // What a region has beyond the axes would lie on their letters.
    element(
      "clipPath",
      { id: area.id },
      element("rect", {
        ...{ x: FRAME.left, y: FRAME.top },
        ...{ width: FRAME.right - FRAME.left, height: FRAME.bottom - FRAME.top },
      }),
    ),
    horizontalAxis(horizontal, FRAME, chart.x.title),
    verticalAxis(vertical, FRAME, chart.y.title),
    border(FRAME),
    references(chart, horizontal, vertical, at),
    element(
      "g",
      { class: "plot" },
      // Those for orientation lie under the others.
      ...[...drawn.filter(({ series }) => series.aside), ...drawn.filter(({ series }) => !series.aside)].map(
        ({ markup }) => markup,
      ),
    ),
    legend(
      shown.map(({ title: label, style, aside }) => ({ label, style, hollow: aside })),
      legendTop,
    ),
  );
}

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface Area {
  /** Of the path that confines regions to the plot; a page holds several figures. */
  readonly id: string;
  readonly confidence: number;
}

/** A short name that other texts hardly have: FNV-1a, 32 bits. */
function nameOf(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of texts.join("\n")) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(36);
}

function references({ x, y }: FrontChart, horizontal: Scale, vertical: Scale, at: Place): string {
  const { left, right, top, bottom } = FRAME;
  return [
    within(horizontal, x.reference) ? rule(`M${at.x(x.reference).toFixed(1)} ${top}V${bottom}`) : "",
    within(vertical, y.reference) ? rule(`M${left} ${at.y(y.reference).toFixed(1)}H${right}`) : "",
  ].join("");
}

function drawSeries(series: FrontSeries, index: number, at: Place, area: Area): string {
  const stairs = series.fronts.flatMap((corners) => {
    if (corners.length < 2) return [];
    const path = corners.map(([x, y], i) => {
      if (i === 0) return `M${at.x(x).toFixed(1)} ${at.y(y).toFixed(1)}`;
      return `V${at.y(y).toFixed(1)}H${at.x(x).toFixed(1)}`;
    });
    return [
      element("path", {
        d: path.join(""),
        fill: "none",
        stroke: "currentColor",
        "stroke-width": "1.4",
        "stroke-opacity": "0.75",
      }),
    ];
  });
  const attributes = { class: series.aside ? "series aside" : "series", "data-series": String(index) };
  return coloured(
    series.style.colour,
    attributes,
    ...stairs,
    ...series.points.map((point) => drawPoint(point, series, at, area)),
  );
}

function drawPoint(point: FrontPoint, { style, aside }: FrontSeries, at: Place, area: Area): string {
  const [x, y] = [at.x(point.x), at.y(point.y)];
  const paint = {
    fill: point.selected ? "currentColor" : "none",
    stroke: "currentColor",
    "stroke-width": "1.4",
    ...(point.selected ? {} : { "stroke-opacity": "0.6" }),
  };
  return element(
    "g",
    { class: point.selected ? "point" : "point out" },
    tooltip(point.detail),
    region(point, x, y, at, area),
    marker(style.marker, x, y, aside ? 3.4 : 4.6, paint),
  );
}

/** The region is an ellipse of the picture's own units: the covariance is carried over first. */
function region({ x, y, covariance, selected }: FrontPoint, cx: number, cy: number, at: Place, area: Area): string {
  if (covariance === null) return "";
  const [sx, sy] = [at.x(x + 1) - cx, at.y(y + 1) - cy];
  const { xx, xy, yy } = covariance;
  const { major, minor, angle } = confidenceEllipse(xx * sx * sx, xy * sx * sy, yy * sy * sy, area.confidence);
  const ellipse = element("ellipse", {
    ...{ cx: 0, cy: 0, rx: major, ry: minor },
    transform: `translate(${cx.toFixed(1)} ${cy.toFixed(1)}) rotate(${((angle * 180) / Math.PI).toFixed(1)})`,
  });
  const attributes = {
    class: "region",
    "clip-path": `url(#${area.id})`,
    "fill-opacity": "0.1",
    stroke: "currentColor",
    "stroke-opacity": "0.35",
    "stroke-width": "0.8",
    ...(selected ? {} : { visibility: "hidden" }),
  };
  return element("g", attributes, ellipse);
}
