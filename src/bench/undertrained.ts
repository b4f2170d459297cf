/**
 * Whether a policy is shown to beat the base on its own value: validation prompts, each prompt's difference averaged over
 * seeds, and the normal 95 % interval over prompts lies above 0. A method of which a vertex policy is not is undertrained.
 */
import { mean, variance } from "../metrics/index.js";

/**
 * @param policy one array of scores by prompt a seed
 * @param base likewise, of the same seeds and prompts
 * @returns false also where there is no seed to look at: nothing was shown
 */
export function shownToBeat(policy: readonly Float64Array[], base: readonly Float64Array[]): boolean {
  const prompts = policy[0]?.length ?? 0;
  const differences = new Float64Array(prompts);
  policy.forEach((scores, s) => {
    for (let p = 0; p < prompts; p++) {
      differences[p] = (differences[p] ?? 0) + (scores[p] ?? Number.NaN) - (base[s]?.[p] ?? Number.NaN);
    }
  });
  return policy.length > 0 && prompts > 0 && lowerEnd(differences.map((d) => d / policy.length)) > 0;
}

function lowerEnd(differences: Float64Array): number {
  return mean(differences) - 1.96 * Math.sqrt(variance(differences) / differences.length);
}
