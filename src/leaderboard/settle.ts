/** How many prompts or seeds would decide what is inconclusive, if the change stayed as it is. */
import { normalQuantile, studentQuantile } from "../metrics/distributions.js";
import type { ConfidenceDistribution, Spread } from "./confidence.js";
import type { Settled } from "./verdict.js";

/** More than this is no advice. */
const MOST_PROMPTS = 1_000_000;
const MOST_SEEDS = 200;

/**
 * @param margin positive: the change is told apart from −margin
 * @param alpha of one bound, adjusted where the verdict would be
 */
export function settledBy(found: ConfidenceDistribution, margin: number, alpha: number): Settled {
  const gap = Math.abs(found.change + margin);
  const { spread } = found;
  if (spread.kind === "prompts") {
    const wanted = (gap / normalQuantile(1 - alpha)) ** 2;
    return { prompts: prompts(spread.prompts, spread.variance, wanted), seeds: null };
  }
  const wanted = (gap / quantile(alpha, spread.seeds)) ** 2;
  const byPrompts = (spread.own - spread.shared) / spread.seeds + spread.shared;
  return {
    prompts: prompts(spread.prompts, byPrompts, wanted - spread.training / spread.seeds),
    seeds: seeds(spread, gap, alpha),
  };
}

/** The number at which a variance that falls as 1/prompts comes down to `wanted`. */
function prompts(now: number, variance: number, wanted: number): number | null {
  if (!(wanted > 0)) return null;
  // A skewed bound may need more than a normal one does.
  const need = Math.max(now + 1, Math.ceil((now * variance) / wanted));
  return need <= MOST_PROMPTS ? need : null;
}

function seeds(spread: Spread & { kind: "seeds" }, gap: number, alpha: number): number | null {
  const perSeed = spread.training + Math.max(0, spread.own - spread.shared);
  for (let n = spread.seeds + 1; n <= MOST_SEEDS; n++) {
    if (quantile(alpha, n) ** 2 * (perSeed / n + spread.shared) <= gap ** 2) return n;
  }
  return null;
}

function quantile(alpha: number, seedCount: number): number {
  return studentQuantile(1 - 2 * alpha, seedCount - 1);
}
