/**
 * Figures as data: what is drawn, not how. `svg` draws them for pages and papers; a terminal may draw the same charts with
 * its own means. Every text is safe to show.
 */

export const MARKERS = ["circle", "square", "triangle", "diamond", "star", "hexagon", "wedge"] as const;
/** A reference among the others (the base) has a shape of its own. */
export type MarkerShape = (typeof MARKERS)[number] | "cross";

/** How many colours a palette has; the last is kept for references. */
export const COLOURS = 8;

/** Colour and shape both differ between series, so that neither alone has to be told apart. */
export interface SeriesStyle {
  /** Index into a palette of `COLOURS`. */
  readonly colour: number;
  readonly marker: MarkerShape;
}

/** Beyond this, and for what is not finite, there is no sensible place in a picture. */
export function plottable(...values: readonly number[]): boolean {
  return values.every((value) => Math.abs(value) < 1e15);
}

export type Chart = FrontChart | IntervalChart | CurveChart | BarChart | HeatChart;

/** Candidates in the plane of two values, both to be maximised. */
export interface FrontChart {
  readonly kind: "front";
  readonly x: { readonly title: string; readonly reference: number };
  readonly y: { readonly title: string; readonly reference: number };
  /** Level of the confidence regions. */
  readonly confidence: number;
  readonly series: readonly FrontSeries[];
}

export interface FrontSeries {
  readonly title: string;
  readonly style: SeriesStyle;
  /** For orientation only: not in the picture unless it is asked for. */
  readonly aside: boolean;
  readonly points: readonly FrontPoint[];
  /** Corners of what the selected candidates do not dominate among themselves, from left to right: one list a seed. */
  readonly fronts: readonly (readonly (readonly [number, number])[])[];
}

export interface FrontPoint {
  readonly x: number;
  readonly y: number;
  readonly selected: boolean;
  /** Of the two means, over test prompts; null where it is not known. */
  readonly covariance: { readonly xx: number; readonly xy: number; readonly yy: number } | null;
  /** Who it is and what it scores: a few lines. */
  readonly detail: string;
}

/** A list of estimates with their intervals, one a row. */
export interface IntervalChart {
  readonly kind: "intervals";
  readonly axis: string;
  /** Zero is a place that readers look for: a line is drawn there. */
  readonly zero: boolean;
  readonly rows: readonly {
    readonly label: string;
    readonly style: SeriesStyle;
    readonly value: number;
    readonly low: number;
    readonly high: number;
    /** What its interval is made of, e.g. one hypervolume a seed; empty where there is one only. */
    readonly parts: readonly number[];
    /** Hollow and pale: not ranked, or no difference shown. */
    readonly pale: boolean;
    readonly detail: string;
  }[];
}

/** Lines over a common horizontal axis, in panels with vertical axes of their own. */
export interface CurveChart {
  readonly kind: "curves";
  readonly axis: string;
  readonly legend: readonly { readonly label: string; readonly style: SeriesStyle }[];
  readonly panels: readonly {
    readonly title: string;
    /** One a line; `series` is an index into the legend. */
    readonly lines: readonly { readonly series: number; readonly points: readonly (readonly [number, number])[] }[];
  }[];
}

/** Stacked horizontal bars of amounts, each against what was planned. */
export interface BarChart {
  readonly kind: "bars";
  readonly axis: string;
  /** Kinds of amount, in stacking order. */
  readonly parts: readonly string[];
  readonly rows: readonly {
    readonly label: string;
    readonly amounts: readonly number[];
    readonly planned: number;
    readonly detail: string;
  }[];
}

/** Matrices of one measure, as colours with the numbers in them. */
export interface HeatChart {
  readonly kind: "heat";
  readonly measure: string;
  /** Sequential from 0, or diverging about 0. */
  readonly diverging: boolean;
  /** The amount at which the colour is full. */
  readonly full: number;
  readonly columns: readonly string[];
  readonly panels: readonly {
    readonly title: string;
    readonly rows: readonly { readonly label: string; readonly cells: readonly (number | null)[] }[];
  }[];
}
