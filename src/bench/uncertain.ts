/**
 * What is said of a bootstrapped figure: one interval and one p-value that come from one distribution, so that no sentence
 * made of them can contradict itself. Below three seeds these are BCa over prompts, the seeds held fixed ("for these
 * trained models", PROTOCOL §6); from three on Student's over seeds.
 */
import {
  accelerationOf,
  type BootstrappedMethod,
  bcaInterval,
  type Uncertainty,
  uncertaintyOf,
} from "../metrics/index.js";
import type { Estimate } from "./summary.js";

/** Statements about methods need this many training seeds. */
export const FEWEST_SEEDS = 3;

/** How a bootstrap treats so many seeds: what is not assessed must not stand in an interval either. */
export function seedAxis(seeds: number): "fixed" | "resample" {
  return seeds < FEWEST_SEEDS ? "fixed" : "resample";
}

/** @param result of a bootstrap whose seeds were treated as `seedAxis` says */
export function estimateOf(result: BootstrappedMethod, confidence: number): Estimate {
  const { estimate, seeds, bca } = uncertainty(result, confidence);
  const { low, high } = seeds.kind === "assessed" ? seeds.interval : bca;
  return { value: estimate, low, high };
}

/** Two-sided, against 0: below 1 − confidence just where the interval of `estimateOf` excludes 0. */
export function pValueOf(result: BootstrappedMethod): number {
  const { estimate, seeds } = uncertainty(result, 0.95);
  if (seeds.kind === "assessed") return seeds.p;
  return bcaPValue(estimate, result.replicates, accelerationOf(result.withoutPrompt));
}

/** Seeds that were held fixed put nothing into the acceleration. */
function uncertainty(result: BootstrappedMethod, confidence: number): Uncertainty {
  const fixed = seedAxis(result.perSeed.length) === "fixed";
  return uncertaintyOf(fixed ? { ...result, withoutSeed: new Float64Array(0) } : result, confidence);
}

/**
 * 1 − the highest level at which the BCa interval excludes 0, by bisection: intervals of rising level hold each other. Never
 * below 2 / (1 + replicates), the least that they can tell.
 */
export function bcaPValue(estimate: number, replicates: ArrayLike<number>, acceleration: number): number {
  // What is in order already is sorted fast.
  const sorted = Float64Array.from(replicates).sort();
  const excludes = (level: number): boolean => {
    const { low, high } = bcaInterval(estimate, sorted, acceleration, level);
    return low > 0 || high < 0;
  };
  let excluding = 0;
  let holding = 1;
  for (let i = 0; i < 40; i++) {
    const level = (excluding + holding) / 2;
    if (excludes(level)) excluding = level;
    else holding = level;
  }
  return Math.max(1 - excluding, Math.min(1, 2 / (1 + replicates.length)));
}
