/** Seeds on which settings and scales are chosen. What they give has been looked at, so no report may use it (PROTOCOL §5). */
export const pilotSeeds: readonly number[] = [9001, 9002, 9003];

/** Which of a run's seeds are pilots, as words; undefined where none is. */
export function pilotsAmong(seeds: readonly number[]): string | undefined {
  const found = seeds.filter((seed) => pilotSeeds.includes(seed));
  if (found.length === 0) return undefined;
  return `${found.length === 1 ? "seed" : "seeds"} ${found.join(", ")}: ${found.length === 1 ? "a pilot seed" : "pilot seeds"}, on which settings and scales are chosen`;
}
