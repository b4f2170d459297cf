/** One figure of a report as a picture in cells. */
import type { Figure } from "../../report/model.js";
import type { Screen } from "../draw/screen.js";
import { budgetLegend, drawBudget } from "./budget.js";
import { drawFront, frontLegend } from "./front.js";
import { drawHeat } from "./heat.js";
import { drawIntervals } from "./intervals.js";
import { legend } from "./legend.js";
import type { Line, Look } from "./look.js";

/** What a caption says of the page's picture and is not so here is said otherwise. */
export function captionOf({ caption, chart }: Figure): string {
  if (chart.kind !== "front") return caption;
  return "Test means of the candidates; pale: not selected on validation. Lines: what the selected ones dominate, seed by seed; dotted: the reference, where in view. A projection: the other values are not shown. Confidence regions are in report.html.";
}

/** Of pictures whose series are not named beside them. */
export function legendOf({ chart }: Figure, look: Look): Line[] {
  if (chart.kind === "front") return legend(frontLegend(chart, look), look.width);
  return chart.kind === "bars" ? legend(budgetLegend(chart, look), look.width) : [];
}

/** Undefined where there is no room, and for curves, of which there are too many for a terminal: the page has them. */
export function drawFigure({ chart }: Figure, look: Look): Screen | undefined {
  switch (chart.kind) {
    case "front":
      return drawFront(chart, look);
    case "intervals":
      return drawIntervals(chart, look);
    case "bars":
      return drawBudget(chart, look);
    case "heat":
      return drawHeat(chart, look);
    case "curves":
      return undefined;
    default:
      return chart satisfies never;
  }
}
