import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { generalisedAdvantages, penalisedRewards, whiten } from "../../src/methods/ppo-advantages.js";

const real = fc.double({ min: -3, max: 3, noNaN: true });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.array(fc.tuple(real, real), { minLength: 1, maxLength: 12 });

/** The definition, term by term. */
function slowAdvantage(rewards: number[], values: number[], gamma: number, lambda: number, t: number): number {
  let sum = 0;
  for (let l = 0; t + l < rewards.length; l++) {
    const delta = (rewards[t + l] ?? 0) + gamma * (values[t + l + 1] ?? 0) - (values[t + l] ?? 0);
    sum += (gamma * lambda) ** l * delta;
  }
  return sum;
}

describe("generalised advantage estimation", () => {
  test.prop([steps, unit, unit])("equals its definition as a sum of discounted residuals", (path, gamma, lambda) => {
    const rewards = path.map(([r]) => r);
    const values = path.map(([, v]) => v);
    const fast = generalisedAdvantages(rewards, values, gamma, lambda);
    rewards.forEach((_, t) => {
      expect(fast.advantages[t]).toBeCloseTo(slowAdvantage(rewards, values, gamma, lambda, t), 9);
      expect(fast.returns[t]).toBeCloseTo((fast.advantages[t] ?? 0) + (values[t] ?? 0), 12);
    });
  });

  test.prop([steps])("with lambda 1 and gamma 1 the returns are the rewards still to come", (path) => {
    const rewards = path.map(([r]) => r);
    const { returns } = generalisedAdvantages(
      rewards,
      path.map(([, v]) => v),
      1,
      1,
    );
    rewards.forEach((_, t) => {
      const toCome = rewards.slice(t).reduce((a, b) => a + b, 0);
      expect(returns[t]).toBeCloseTo(toCome, 9);
    });
  });

  test.prop([steps, real, unit])(
    "the penalised rewards sum to reward - beta * log-ratio of the reply",
    (path, reward, beta) => {
      const policy = path.map(([a]) => a);
      const base = path.map(([, b]) => b);
      const sum = penalisedRewards(reward, policy, base, beta).reduce((a, b) => a + b, 0);
      const logRatio = policy.reduce((total, a, t) => total + a - (base[t] ?? 0), 0);
      expect(sum).toBeCloseTo(reward - beta * logRatio, 9);
    },
  );

  test("whitening gives mean 0 and standard deviation 1 over all tokens, and zeros for a constant batch", () => {
    const replies = [Float64Array.of(1, 2, 3), Float64Array.of(10)];
    whiten(replies);
    const all = replies.flatMap((reply) => [...reply]);
    expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
    expect(all.reduce((a, b) => a + b * b, 0) / all.length).toBeCloseTo(1, 6);
    const constant = [Float64Array.of(2, 2), Float64Array.of(2)];
    whiten(constant);
    expect(constant.flatMap((reply) => [...reply])).toEqual([0, 0, 0]);
  });
});
