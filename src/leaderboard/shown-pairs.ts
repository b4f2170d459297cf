/**
 * Which methods of one row are told apart by their paired differences, Holm-adjusted over all pairs of the row:
 * a rank says less, because rows of other ranks need not be told apart.
 */
import { holm } from "../metrics/index.js";
import type { LeaderboardRow } from "./row.js";

export interface ShownPair {
  /** The method of the larger hypervolume, and those that it is shown to exceed; ids, largest first. */
  readonly method: string;
  readonly over: readonly string[];
}

export function shownPairs({ methods, pairs, confidence }: LeaderboardRow): ShownPair[] {
  const adjusted = holm(pairs.map(({ p }) => p));
  const volume = (id: string) => methods.find((method) => method.id === id)?.hypervolume.value ?? Number.NaN;
  const shown = pairs.flatMap(({ a, b, difference, low, high }, i) => {
    const excludesZero = low > 0 || high < 0;
    if (!excludesZero || (adjusted[i] ?? 1) >= 1 - confidence) return [];
    return [difference > 0 ? { more: a, less: b } : { more: b, less: a }];
  });
  return methods
    .toSorted((a, b) => b.hypervolume.value - a.hypervolume.value)
    .flatMap(({ id }) => {
      const over = shown.filter(({ more }) => more === id).map(({ less }) => less);
      return over.length === 0 ? [] : [{ method: id, over: over.sort((a, b) => volume(b) - volume(a)) }];
    });
}
