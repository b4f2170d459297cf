/**
 * Generalised advantage estimation over one reply (Schulman et al., 1506.02438), with the token-level KL penalty of
 * RLHF inside the reward (Ziegler et al., 1909.08593).
 */

export interface TokenAdvantages {
  /** `A_t = sum_l (gamma lambda)^l delta_{t+l}`, `delta_t = r_t + gamma V_{t+1} - V_t`, `V_T = 0`. */
  readonly advantages: Float64Array;
  /** `A_t + V_t`: what the value head regresses on. */
  readonly returns: Float64Array;
}

/** @param rewards `[time]` @param values `[time]`, V of the state in which token t is chosen */
export function generalisedAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  gamma: number,
  lambda: number,
): TokenAdvantages {
  const steps = rewards.length;
  const advantages = new Float64Array(steps);
  const returns = new Float64Array(steps);
  let following = 0;
  for (let t = steps - 1; t >= 0; t--) {
    const value = values[t] ?? 0;
    const next = t + 1 < steps ? (values[t + 1] ?? 0) : 0;
    following = (rewards[t] ?? 0) + gamma * next - value + gamma * lambda * following;
    advantages[t] = following;
    returns[t] = following + value;
  }
  return { advantages, returns };
}

/**
 * `r_t = -beta (log pi(a_t|s_t) - log pi_base(a_t|s_t))`, plus the reply's own reward at its last token.
 * @param reward scalarised reward of the whole reply
 */
export function penalisedRewards(
  reward: number,
  logProbs: ArrayLike<number>,
  baseLogProbs: ArrayLike<number>,
  beta: number,
): Float64Array {
  const rewards = new Float64Array(logProbs.length);
  for (let t = 0; t < rewards.length; t++) rewards[t] = -beta * ((logProbs[t] ?? 0) - (baseLogProbs[t] ?? 0));
  if (rewards.length > 0) rewards[rewards.length - 1] = (rewards[rewards.length - 1] ?? 0) + reward;
  return rewards;
}

/** Mean 0 and standard deviation 1 over all tokens of a rollout batch, in place; a constant batch becomes zeros. */
export function whiten(replies: readonly Float64Array[]): void {
  let count = 0;
  let sum = 0;
  for (const reply of replies) {
    count += reply.length;
    for (const advantage of reply) sum += advantage;
  }
  if (count === 0) return;
  const mean = sum / count;
  let squares = 0;
  for (const reply of replies) for (const advantage of reply) squares += (advantage - mean) ** 2;
  const sd = Math.sqrt(squares / count) + 1e-8;
  for (const reply of replies) {
    for (let t = 0; t < reply.length; t++) reply[t] = ((reply[t] ?? 0) - mean) / sd;
  }
}
