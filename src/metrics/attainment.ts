/**
 * Empirical attainment: what share of several runs reaches a goal (Grunert da Fonseca, Fonseca, Hall 2001). A run attains
 * a point when one of its points is at least as good in every objective.
 */
import { argsort } from "./argsort.js";
import { MetricsError } from "./error.js";
import {
  minimised,
  minimisedPoint,
  type PackedPoints,
  type Points,
  pointDimension,
  type Sense,
  senseSigns,
} from "./point-set.js";

export interface AttainmentOptions {
  readonly sense: Sense;
  /** The surface that at least this many runs attain, 1 (best case) … number of runs (worst case). */
  readonly level: number;
}

/**
 * The k-th attainment surface: the non-dominated goals that at least `level` runs attain, each once, in the points' own
 * sense, in lexicographic order of the minimised coordinates. Exact for any number of objectives: a sweep in the last one over
 * the surfaces of the others; O(n log n + n · runs) in two objectives, one more factor n for each further one.
 *
 * @param runs one point set per run; a run may be empty (it attains nothing)
 * @throws MetricsError `empty-set` (no runs), `bad-option` (level), `dimension-mismatch`, `not-finite`
 */
export function attainmentSurface(runs: readonly Points[], options: AttainmentOptions): number[][] {
  if (runs.length === 0) throw new MetricsError("empty-set", "no runs to attain anything");
  const { level } = options;
  if (!(Number.isInteger(level) && level >= 1 && level <= runs.length)) {
    throw new MetricsError(
      "bad-option",
      `level is ${level}; it must be an integer from 1 to ${runs.length}, the number of runs`,
    );
  }
  const dimension = Math.max(...runs.map(pointDimension));
  if (dimension === 0) return [];
  const signs = senseSigns(options.sense, dimension);
  const rows: Row[] = runs.flatMap((points, run) => {
    const set: PackedPoints = minimised(points, options.sense, `run ${run}`, dimension);
    return Array.from({ length: set.count }, (_, i) => ({
      run,
      point: Array.from(set.data.subarray(i * dimension, (i + 1) * dimension)),
    }));
  });
  return surface(rows, dimension, level, runs.length).map((point) => point.map((x, k) => (signs[k] as number) * x + 0));
}

/** Share of the runs that attain `goal`, in [0, 1]: the empirical attainment function. */
export function attainment(
  runs: readonly Points[],
  goal: readonly number[],
  options: { readonly sense: Sense },
): number {
  if (runs.length === 0) throw new MetricsError("empty-set", "no runs to attain anything");
  const target = minimisedPoint(goal, options.sense, "goal");
  const d = goal.length;
  let attained = 0;
  runs.forEach((points, run) => {
    const { data, count } = minimised(points, options.sense, `run ${run}`, d);
    for (let i = 0; i < count; i++) {
      let k = 0;
      while (k < d && (data[i * d + k] as number) <= (target[k] as number)) k++;
      if (k === d) {
        attained++;
        return;
      }
    }
  });
  return attained / runs.length;
}

interface Row {
  readonly run: number;
  readonly point: readonly number[];
}

function surface(rows: readonly Row[], d: number, level: number, runs: number): number[][] {
  const keys = Float64Array.from(rows, (row) => row.point[d - 1] as number);
  const order = argsort(keys);
  if (d === 1) {
    const seen = new Set<number>();
    for (const at of order) {
      seen.add((rows[at] as Row).run);
      if (seen.size === level) return [[keys[at] as number]];
    }
    return [];
  }
  const out: number[][] = [];
  if (d === 2) {
    // best first coordinate of every run among the points so far
    const best = new Float64Array(runs).fill(Number.POSITIVE_INFINITY);
    let reached = Number.POSITIVE_INFINITY;
    for (let i = 0; i < order.length; ) {
      const y = keys[order[i] as number] as number;
      for (; i < order.length && keys[order[i] as number] === y; i++) {
        const { run, point } = rows[order[i] as number] as Row;
        best[run] = Math.min(best[run] as number, point[0] as number);
      }
      const x = best.slice().sort()[level - 1] as number;
      if (x < reached) {
        out.push([x, y]);
        reached = x;
      }
    }
    return out.reverse();
  }
  const below: Row[] = [];
  for (let i = 0; i < order.length; ) {
    const z = keys[order[i] as number] as number;
    for (; i < order.length && keys[order[i] as number] === z; i++) below.push(rows[order[i] as number] as Row);
    for (const point of surface(below, d - 1, level, runs)) {
      const covered = out.some((goal) => point.every((x, k) => (goal[k] as number) <= x));
      if (!covered) out.push([...point, z]);
    }
  }
  return out.sort((a, b) => {
    for (let k = 0; k < d; k++) if (a[k] !== b[k]) return (a[k] as number) - (b[k] as number);
    return 0;
  });
}
