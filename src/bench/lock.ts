/**
 * Where zero and one lie on each value's axis. A suite that ships holds the numbers; for other data the first run sets
 * them once, from validation scores of the base and the vertex policies of its first seed, before test is touched.
 */

import type { ValueScale } from "./selection.js";
import type { Suite } from "./suite.js";

export interface SuiteLock {
  readonly suite: string;
  readonly version: number;
  readonly dataHash: string;
  readonly values: readonly ValueScale[];
}

/** The scales that the suite itself holds, or undefined. */
export function scalesOf(suite: Suite): ValueScale[] | undefined {
  const scales = suite.values.flatMap(({ name, center, scale, reference }) =>
    center === undefined || scale === undefined || reference === undefined ? [] : [{ name, center, scale, reference }],
  );
  return scales.length === suite.values.length ? scales : undefined;
}

/**
 * From points (raw means by value): center = their lowest, scale = their range, reference = lowest − 0.1 range. A value on
 * which all points agree gets scale 1.
 */
export function scalesFrom(values: readonly string[], points: readonly (readonly number[])[]): ValueScale[] {
  return values.map((name, k) => {
    const column = points.map((point) => point[k] ?? Number.NaN);
    const low = Math.min(...column);
    const range = Math.max(...column) - low;
    return { name, center: low, scale: range > 0 ? range : 1, reference: low - 0.1 * range };
  });
}
