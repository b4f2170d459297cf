/** Which of a run's seeds a panel shows. */
import type { RunState } from "./run-state.js";
import type { SeedChoice } from "./view.js";

/** Seeds of which there is something to be seen, in the order in which they came. */
export function seenSeeds(state: RunState): number[] {
  return [...new Set([...state.probes, ...state.candidates, ...state.interference.values()].map(({ seed }) => seed))];
}

/** The seeds that are meant, as far as there is something to be seen of them; a seed that is not there is the newest. */
export function chosenSeeds(choice: SeedChoice, seeds: readonly number[]): readonly number[] {
  if (choice === "all") return seeds;
  if (choice !== "newest" && seeds.includes(choice)) return [choice];
  return seeds.slice(-1);
}

/** From the newest over each seed to all of them together, and round again. */
export function nextSeed(choice: SeedChoice, seeds: readonly number[]): SeedChoice {
  if (seeds.length < 2 || choice === "all") return "newest";
  const at = choice === "newest" ? 0 : seeds.indexOf(choice) + 1;
  return seeds[at] ?? "all";
}

/** `seed 2`, `seeds 1, 2, 3`; "" where the run has one. */
export function seedNote(choice: SeedChoice, seeds: readonly number[], planned: number): string {
  const shown = chosenSeeds(choice, seeds);
  if (planned < 2 || shown.length === 0) return "";
  return shown.length === 1 ? `seed ${shown[0]}` : `seeds ${shown.join(", ")}`;
}
