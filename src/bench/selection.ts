/**
 * Which candidates make a method's test hypervolume: chosen on validation scores alone, so that a lucky test score can
 * not choose itself.
 */
import { hypervolume, nondominated } from "../metrics/index.js";

/** How a value's raw scores become coordinates: `(score − center)/scale`, above `(reference − center)/scale`. */
export interface ValueScale {
  readonly name: string;
  readonly center: number;
  readonly scale: number;
  readonly reference: number;
}

export function scaled(means: readonly number[], scales: readonly ValueScale[]): number[] {
  return scales.map((value, k) => ((means[k] ?? Number.NaN) - value.center) / value.scale);
}

export function scaledReference(scales: readonly ValueScale[]): number[] {
  return scales.map((value) => (value.reference - value.center) / value.scale);
}

/** Indices of the non-dominated points (larger is better), one of equal ones, in order. */
export function selectNondominated(points: readonly (readonly number[])[]): number[] {
  return [...nondominated(points, { sense: "max", duplicates: "first" })].sort((a, b) => a - b);
}

/**
 * At most `limit` points by greedy hypervolume above `reference`: each time the one that adds most (ties: the earlier),
 * until none adds any. Indices in order of choice.
 */
export function selectGreedily(
  points: readonly (readonly number[])[],
  reference: readonly number[],
  limit: number,
): number[] {
  const chosen: number[] = [];
  let volume = 0;
  while (chosen.length < limit) {
    let best = -1;
    let bestVolume = volume;
    for (let i = 0; i < points.length; i++) {
      const point = points[i];
      if (point === undefined || chosen.includes(i)) continue;
      const set = [...chosen.map((c) => points[c] ?? []), point];
      const { value } = hypervolume(set, { reference, sense: "max" });
      if (value > bestVolume) {
        best = i;
        bestVolume = value;
      }
    }
    if (best < 0) break;
    chosen.push(best);
    volume = bestVolume;
  }
  return chosen;
}
