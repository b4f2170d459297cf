/** The frontier of two values: candidates, what the selected ones of each method do not dominate, the reference point. */
import type { FrontChart } from "../../report/charts/chart.js";
import { drawScatter, type Front, type ScatterPoint } from "../draw/scatter.js";
import { Screen } from "../draw/screen.js";
import type { Entry } from "./legend.js";
import { type Look, markOf } from "./look.js";

const LEAST_COLUMNS = 36;

/** Undefined where there is no room. What is for orientation only is on the page, not here. */
export function drawFront({ x, y, series }: FrontChart, { width, glyphs }: Look): Screen | undefined {
  if (width < LEAST_COLUMNS) return undefined;
  const shown = series.filter(({ aside }) => !aside);
  const points = shown.flatMap(({ style, points: own }): ScatterPoint[] => {
    const mark = markOf(style, glyphs);
    return own.map((point) => ({ x: point.x, y: point.y, ...mark, pale: !point.selected }));
  });
  const fronts = shown.flatMap((one): Front[] => {
    const { style } = markOf(one.style, glyphs);
    return one.fronts.map((corners) => ({ corners, style }));
  });
  const height = Math.min(24, Math.max(10, Math.round(width * 0.3)));
  const screen = new Screen(width, height, glyphs.charset === "ascii");
  drawScatter(screen.region, glyphs, {
    ...{ xTitle: x.title, yTitle: y.title, points, fronts },
    reference: [x.reference, y.reference],
  });
  return screen;
}

export function frontLegend({ series }: FrontChart, { glyphs }: Pick<Look, "glyphs">): Entry[] {
  return series
    .filter(({ aside }) => !aside)
    .map(({ title, style }) => {
      const mark = markOf(style, glyphs);
      return { sign: mark.marker, style: mark.style, name: title };
    });
}
