/** What is logged of a rollout: whether text and policy stay sound while the reward rises. */
import { mean } from "../metrics/index.js";
import type { Rollout } from "./ppo-rewards.js";
import type { Seen } from "./ppo-update.js";
import type { CurvePoint } from "./task.js";

/**
 * `kl`: nats a reply, estimated on the sampled replies; `entropy`: nats a token; `ended`: share; `length`: tokens;
 * `reward`: scalarised; `reward.<value>`: raw.
 */
export function summariseRollout(
  rollouts: readonly Rollout[],
  seen: readonly Seen[],
  scores: readonly (readonly number[])[],
  scalars: readonly number[],
  values: readonly string[],
): CurvePoint {
  let [tokens, logProb, logRatio] = [0, 0, 0];
  rollouts.forEach((rollout, i) => {
    for (let t = 0; t < rollout.response.length; t++) {
      tokens++;
      logProb += rollout.logProbs[t] ?? 0;
      logRatio += (rollout.logProbs[t] ?? 0) - (seen[i]?.baseLogProbs[t] ?? 0);
    }
  });
  const replies = rollouts.length;
  const point: Record<string, number> = {
    reward: mean(scalars),
    kl: logRatio / replies,
    entropy: -logProb / tokens,
    ended: rollouts.filter(({ ended }) => ended).length / replies,
    length: tokens / replies,
  };
  values.forEach((value, k) => {
    point[`reward.${value}`] = mean(scores.map((row) => row[k] ?? Number.NaN));
  });
  return point;
}
