/**
 * The boundary: what callers hand in, turned once into finite, row-major, minimised coordinates. Everything behind this
 * file minimises and may assume finite numbers of one dimension without negative zeros.
 */
import { MetricsError } from "./error.js";

/** Points packed row by row: point `i` is `data[i * dimension] … data[i * dimension + dimension - 1]`. */
export interface PointSet {
  readonly data: Float64Array;
  readonly dimension: number;
}

/** `[count][dimension]`, or packed. */
export type Points = readonly (readonly number[])[] | PointSet;

/** What "better" means: larger, smaller, or one of the two for each objective. */
export type Objective = "max" | "min";
export type Sense = Objective | readonly Objective[];

/** Packed points with their count; internal form. */
export interface PackedPoints extends PointSet {
  readonly count: number;
}

function isPointSet(points: Points): points is PointSet {
  return !Array.isArray(points);
}

/** Number of points. */
export function pointCount(points: Points): number {
  return isPointSet(points) ? points.data.length / points.dimension : points.length;
}

/** Number of objectives, or 0 where an empty `number[][]` does not tell. */
export function pointDimension(points: Points): number {
  return isPointSet(points) ? points.dimension : (points[0]?.length ?? 0);
}

/** +1 for an objective that is minimised, −1 for one that is maximised, per objective. */
export function senseSigns(sense: Sense, dimension: number): Float64Array {
  const signs = new Float64Array(dimension);
  if (typeof sense !== "string" && sense.length !== dimension) {
    throw new MetricsError(
      "dimension-mismatch",
      `sense names ${sense.length} objectives, the points have ${dimension}; give "max", "min" or one entry per objective`,
    );
  }
  for (let k = 0; k < dimension; k++) {
    const objective = typeof sense === "string" ? sense : sense[k];
    if (objective !== "max" && objective !== "min") {
      throw new MetricsError(
        "bad-option",
        `sense of objective ${k} is ${String(objective)}; it must be "max" or "min"`,
      );
    }
    signs[k] = objective === "min" ? 1 : -1;
  }
  return signs;
}

/**
 * Copies points into minimised form.
 *
 * @param what how errors name these points ("points", "reference set")
 * @throws MetricsError `dimension-mismatch`, `not-finite`
 */
export function minimised(
  points: Points,
  sense: Sense,
  what = "points",
  dimension = pointDimension(points),
): PackedPoints {
  const signs = senseSigns(sense, dimension);
  const source = isPointSet(points) ? points.data : flattened(points, dimension, what);
  if (source.length > 0 && (pointDimension(points) !== dimension || source.length % dimension !== 0)) {
    throw badDimension(what, Math.floor(source.length / dimension), pointDimension(points), dimension);
  }
  const data = new Float64Array(source.length);
  for (let i = 0, k = 0; i < source.length; i++) {
    const x = source[i] as number;
    if (x - x !== 0) {
      throw new MetricsError(
        "not-finite",
        `${what}: point ${Math.floor(i / dimension)}, objective ${k} is ${x}; drop or repair the point first`,
      );
    }
    // + 0 turns -0 into 0, which radix sort would otherwise order before it
    data[i] = (signs[k] as number) * x + 0;
    if (++k === dimension) k = 0;
  }
  return { data, dimension, count: dimension > 0 ? source.length / dimension : 0 };
}

function flattened(points: readonly (readonly number[])[], dimension: number, what: string): Float64Array {
  const out = new Float64Array(points.length * dimension);
  points.forEach((point, i) => {
    if (point.length !== dimension || dimension === 0) throw badDimension(what, i, point.length, dimension);
    out.set(point, i * dimension);
  });
  return out;
}

function badDimension(what: string, point: number, found: number, dimension: number): MetricsError {
  return new MetricsError(
    "dimension-mismatch",
    `${what}: point ${point} has ${found} coordinates, expected ${dimension || "at least 1"}`,
  );
}

/** One point (a reference, an ideal) in minimised form. */
export function minimisedPoint(point: readonly number[], sense: Sense, what: string): Float64Array {
  return minimised([point], sense, what).data;
}

/** Packed copy as given, checked but with no sense applied. */
export function packed(points: Points, what = "points"): PackedPoints {
  return minimised(points, "min", what);
}
