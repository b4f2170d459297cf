/** A figure as a picture: one that stands alone, fit for a paper, or the same with all series, for a page to work on. */
import type { Figure } from "../model.js";
import { drawBars } from "./bars.js";
import { drawCurves } from "./curves.js";
import { drawFront } from "./front.js";
import { drawHeat } from "./heat.js";
import { drawIntervals } from "./intervals.js";

/** @param asides whether series that are for orientation only are in the picture */
export function drawFigure({ chart, title, caption }: Figure, asides = false): string {
  switch (chart.kind) {
    case "front":
      return drawFront(chart, title, caption, asides);
    case "intervals":
      return drawIntervals(chart, title, caption);
    case "curves":
      return drawCurves(chart, title, caption);
    case "bars":
      return drawBars(chart, title, caption);
    case "heat":
      return drawHeat(chart, title, caption);
    default:
      return chart satisfies never;
  }
}
