/**
 * Empirical attainment: what share of several runs reaches a goal (Grunert da Fonseca, Fonseca, Hall 2001). A run attains
 * a point when one of its points is at least as good in every objective.
 */
import { argsort } from "./argsort.js";
import { mustExist, positiveInteger } from "./error.js";
import { minimised, minimisedPoint, type Points, pointDimension, type Sense, senseSigns } from "./point-set.js";

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
  const { level, sense } = options;
  mustExist(runs.length, "runs to attain anything");
  positiveInteger(level, "level", 1, runs.length);
  const dimension = Math.max(...runs.map(pointDimension));
  if (dimension === 0) return [];
  const signs = senseSigns(sense, dimension);
  const rows: Row[] = runs.flatMap((points, run) => {
    const { data, count } = minimised(points, sense, `run ${run}`, dimension);
    return Array.from({ length: count }, (_, i) => ({
      run,
      point: Array.from(data.subarray(i * dimension, (i + 1) * dimension)),
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
  mustExist(runs.length, "runs to attain anything");
  const target = minimisedPoint(goal, options.sense, "goal");
  const attaining = runs.filter((points, run) => {
    const { data } = minimised(points, options.sense, `run ${run}`, goal.length);
    let k = 0;
    for (let o = 0; o < data.length && k < goal.length; o += goal.length) {
      k = 0;
      while (k < goal.length && (data[o + k] as number) <= (target[k] as number)) k++;
    }
    return k === goal.length;
  });
  return attaining.length / runs.length;
}

interface Row {
  readonly run: number;
  readonly point: readonly number[];
}

function surface(rows: readonly Row[], d: number, level: number, runs: number): number[][] {
  // one objective is two of which the second never differs
  const keys = Float64Array.from(rows, ({ point }) => (d > 1 ? (point[d - 1] as number) : 0));
  const order = argsort(keys);
  const out: number[][] = [];
  const below: Row[] = [];
  // best first coordinate of every run among the points so far
  const best = new Float64Array(runs).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < order.length; ) {
    const key = keys[order[i] as number] as number;
    for (; i < order.length && keys[order[i] as number] === key; i++) {
      const row = rows[order[i] as number] as Row;
      best[row.run] = Math.min(best[row.run] as number, row.point[0] as number);
      below.push(row);
    }
    if (d > 2) {
      for (const point of surface(below, d - 1, level, runs)) {
        const covered = out.some((goal) => point.every((x, k) => (goal[k] as number) <= x));
        if (!covered) out.push([...point, key]);
      }
    } else {
      const x = best.slice().sort()[level - 1] as number;
      if (x < (out.at(-1)?.[0] ?? Number.POSITIVE_INFINITY)) out.push([x, key].slice(0, d));
    }
  }
  return out.sort((a, b) => {
    let k = 0;
    while (k < d - 1 && a[k] === b[k]) k++;
    return (a[k] as number) - (b[k] as number);
  });
}
