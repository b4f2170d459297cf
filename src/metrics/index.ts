/**
 * Frontier, hypervolume, independence and comparison maths. Pure numbers: imports nothing, runs in Node and in browsers,
 * and every draw comes from a generator that the caller passes in.
 */
export {
  type BootstrapOptions,
  type BootstrappedMethod,
  bootstrapHypervolume,
  jackknifeVariance,
  type MethodScores,
  pairedDifference,
  type ScoredMethods,
  type Uncertainty,
  uncertaintyOf,
} from "./bootstrap.js";
export { kendallTauB } from "./correlation.js";
export { MetricsError, type MetricsErrorCode } from "./error.js";
export { cka, type HsicOptions, hsic } from "./hsic.js";
export {
  type HypervolumeMethod,
  type HypervolumeOptions,
  type HypervolumeResult,
  hypervolume,
  normalisedHypervolume,
} from "./hypervolume.js";
export {
  accelerationOf,
  bcaInterval,
  biasCorrected,
  fewClustersInterval,
  type Interval,
  mean,
  percentileInterval,
  quantileOfSorted,
  variance,
  wilsonInterval,
} from "./intervals.js";
export { type Kernel, medianBandwidth } from "./kernels.js";
export {
  effectiveRank,
  frobeniusCosine,
  frobeniusInner,
  frobeniusNorm,
  type LowRank,
  type LowRankHsicOptions,
  lowRankCka,
  lowRankHsic,
  singularValuesOf,
  subspaceOverlap,
} from "./low-rank.js";
export type { Matrix, MatrixLike } from "./matrix.js";
export { type NondominatedOptions, nondominated } from "./nondominated.js";
export type { Objective, PointSet, Points, Sense } from "./point-set.js";
export type { RandomGenerator } from "./random.js";
export {
  type Alternative,
  bootstrapPValue,
  holm,
  type PermutationOptions,
  pairedPermutationTest,
  pairedTTest,
  type TestResult,
} from "./significance.js";
