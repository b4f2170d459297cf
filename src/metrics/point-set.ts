/**
 * The boundary: what callers hand in, turned once into finite, row-major, minimised coordinates. Everything behind this
 * file minimises and may assume finite numbers of one dimension without negative zeros.
 */
import { fail, mustBeOneOf, mustEqual, mustExist, positiveInteger } from "./error.js";

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

/** Number of objectives, or 0 where an empty `number[][]` does not tell. */
export function pointDimension(points: Points): number {
  return isPointSet(points) ? points.dimension : (points[0]?.length ?? 0);
}

const OBJECTIVES: readonly Objective[] = ["max", "min"];

/** +1 for an objective that is minimised, −1 for one that is maximised, per objective. */
export function senseSigns(sense: Sense, dimension: number): Float64Array {
  const signs = new Float64Array(dimension);
  const one = typeof sense !== "object";
  if (!one && dimension > 0) mustEqual(sense.length, dimension, "objectives that sense names");
  for (let k = 0; k < dimension; k++) {
    const objective = one ? sense : sense[k];
    mustBeOneOf(objective, OBJECTIVES, "sense");
    signs[k] = objective === "min" ? 1 : -1;
  }
  return signs;
}

/**
 * Copies points into minimised form.
 *
 * @param what how errors name these points ("points", "reference set")
 * @param room taken where it is large enough: the result then lasts until it is given again
 * @throws MetricsError `dimension-mismatch`, `not-finite`
 */
export function minimised(
  points: Points,
  sense: Sense,
  what = "points",
  dimension = pointDimension(points),
  room?: Float64Array,
): PackedPoints {
  positiveInteger(dimension, "number of objectives", 0);
  const signs = senseSigns(sense, dimension);
  const source = isPointSet(points) ? points.data : flattened(points, dimension, what);
  const count = source.length && source.length / dimension;
  if (count > 0) {
    mustEqual(pointDimension(points), dimension, `${what}: coordinates`);
    mustEqual(source.length, Math.floor(count) * dimension, `${what}: numbers`);
  }
  const size = source.length;
  const data = room !== undefined && size <= room.length ? room.subarray(0, size) : new Float64Array(size);
  for (let i = 0, k = 0; i < source.length; i++) {
    const x = source[i] as number;
    if (x - x !== 0) {
      fail(
        "not-finite",
        `${what}: point ${Math.floor(i / dimension)}, objective ${k} is ${x}; drop or repair it first`,
      );
    }
    // + 0 turns -0 into 0, which is not to be ordered before it
    data[i] = (signs[k] as number) * x + 0;
    if (++k === dimension) k = 0;
  }
  return { data, dimension, count };
}

function flattened(points: readonly (readonly number[])[], dimension: number, what: string): Float64Array {
  const out = new Float64Array(points.length * dimension);
  points.forEach((point, i) => {
    mustEqual(point.length, dimension || "at least 1", `${what}: coordinates of point ${i}`);
    out.set(point, i * dimension);
  });
  return out;
}

/** One point (a reference, an ideal) in minimised form. */
export function minimisedPoint(point: readonly number[], sense: Sense, what: string): Float64Array {
  mustExist(point.length, `numbers in ${what}`);
  return minimised({ data: new Float64Array(point), dimension: point.length }, sense, what).data;
}

/** A power of two near the largest coordinate: in units of it no square leaves the range of numbers, and no digit changes. */
export function unitOf(...sets: readonly PackedPoints[]): number {
  const largest = sets.reduce((most, { data }) => data.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  return 2 ** Math.max(-1000, Math.floor(Math.log2(largest)));
}
