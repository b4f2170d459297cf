/** One look for each row of the results, the same in every figure. */
import type { MethodSummary, RunSummary } from "../../bench/summary.js";
import { COLOURS, MARKERS, type SeriesStyle } from "./chart.js";

/** The series at `index` of a figure of its own. */
export function styleAt(index: number): SeriesStyle {
  const colours = COLOURS - 1;
  return {
    colour: index % colours,
    // After a round of colours the shapes move on by one, so that no two of the first 49 are the same.
    marker: MARKERS[(index + Math.floor(index / colours)) % MARKERS.length] ?? "circle",
  };
}

export const REFERENCE_STYLE: SeriesStyle = { colour: COLOURS - 1, marker: "cross" };

/** Each row's style by its id. The base is a reference; what was explored of a method (`id@…`) has that method's colour. */
export function rowStyles(summary: RunSummary): ReadonlyMap<string, SeriesStyle> {
  const styles = new Map<string, SeriesStyle>();
  let next = 0;
  for (const method of summary.methods) {
    const parent = styles.get(method.id.slice(0, Math.max(0, method.id.lastIndexOf("@"))));
    if (isBase(method)) styles.set(method.id, REFERENCE_STYLE);
    else if (parent !== undefined) styles.set(method.id, parent);
    else styles.set(method.id, styleAt(next++));
  }
  return styles;
}

/** The base is the row that offers candidates with neither weights nor coefficients. */
export function isBase({ candidates }: MethodSummary): boolean {
  return (
    candidates.length > 0 && candidates.every(({ weights, coefficients }) => weights === null && coefficients === null)
  );
}

/** Whether a row takes part in who wins. */
export function isRanked(method: MethodSummary): boolean {
  return method.ranked && method.undertrained.length === 0;
}
