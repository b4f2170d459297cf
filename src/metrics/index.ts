/**
 * Frontier, hypervolume, independence and comparison maths. Pure numbers: imports nothing, runs in Node and in browsers,
 * and every draw comes from a generator that the caller passes in.
 */

// frontier
export { type AttainmentOptions, attainment, attainmentSurface } from "./attainment.js";
// statistics
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
// hypervolume
export { type Contributions, hypervolumeContributions } from "./contributions.js";
// indicators
export { kendallTauB, monotoneStepShare } from "./correlation.js";
export {
  averagedHausdorff,
  type DistanceOptions,
  gd,
  gdPlus,
  type IndicatorResult,
  igd,
  igdPlus,
  type ReferenceSetOptions,
} from "./distance-indicators.js";
export { type DiversityOptions, extent, spacing, sparsity } from "./diversity-indicators.js";
export { coverage, coverageBothWays, epsilonAdditive, epsilonMultiplicative } from "./dominance-indicators.js";
// what goes in
export { MetricsError, type MetricsErrorCode } from "./error.js";
// independence
export { cka, type HsicOptions, hsic } from "./hsic.js";
export {
  type EstimateOptions,
  EXACT_LIMIT,
  type HypervolumeMethod,
  type HypervolumeOptions,
  type HypervolumeResult,
  hypervolume,
  normalisedHypervolume,
} from "./hypervolume.js";
export {
  hsicGammaTest,
  hsicPermutationTest,
  type IndependenceOptions,
  type IndependenceTest,
} from "./independence-tests.js";
export {
  type InterferenceOptions,
  type InterferenceSummary,
  interference,
  type LayerInterference,
  type PairInterference,
  type ValueVectorLayer,
} from "./interference.js";
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
  lowRankPermutationTest,
  lowRankRows,
  singularValuesOf,
  subspaceOverlap,
} from "./low-rank.js";
export type { Matrix, MatrixLike } from "./matrix.js";
export {
  type MetricRow,
  type MetricTable,
  type MetricTableOptions,
  metricTable,
  nadirReference,
  type ScoredSet,
} from "./metric-table.js";
export { type NondominatedOptions, nondominated } from "./nondominated.js";
export type { Objective, PointSet, Points, Sense } from "./point-set.js";
export { minimalDetectableEffect, type PowerOptions } from "./power.js";
export type { RandomGenerator } from "./random.js";
export { type RandomFourierOptions, randomFourierFeatures, randomFourierHsic } from "./random-fourier.js";
export { paretoRanks } from "./ranking.js";
export {
  type Alternative,
  bootstrapPValue,
  holm,
  type PermutationOptions,
  pairedPermutationTest,
  pairedTTest,
  type TestResult,
} from "./significance.js";
export { type SubsetAverage, type SubsetAverageOptions, subsetHypervolume } from "./subset-average.js";
export {
  bestCandidates,
  expectedUtility,
  expectedUtilityLoss,
  maximumUtilityLoss,
  meanInnerProduct,
  type PreferenceMap,
  type R2Options,
  r2,
  type WeightsOptions,
} from "./utility-indicators.js";
