/** What scores text: the gold rules, and reward models trained on preference pairs. */
export { type HeldOutAccuracy, heldOutAccuracy } from "./accuracy.js";
export { encodeExchange } from "./encoding.js";
export { createGoldScorer } from "./gold.js";
export { measureScale, type RewardScale, scalarise, unitScale } from "./normalisation.js";
export { initRewardModel, type RewardModel, type RewardPair } from "./reward-model.js";
export { loadRewardModel, saveRewardModel } from "./reward-model-file.js";
export { type ProgramCache, RewardModelScorer, type RewardModelScorerOptions } from "./reward-model-scorer.js";
export type { ScoredText, Scorer } from "./scorer.js";
