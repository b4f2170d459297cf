/** Preference data: readers, pairs, splits, hashes; the package's own data set and its gold rules. */

export * from "./embedded/index.js";
export * from "./errors.js";
export * from "./hash.js";
export * from "./inspect.js";
export * from "./layout.js";
export * from "./pair.js";
export { promptTokens } from "./prompt-tokens.js";
export { type PairSet, type ReadOptions, readPairs } from "./read.js";
export {
  hhProportions,
  isSplit,
  normalisePrompt,
  type Proportions,
  type Split,
  splitOf,
  splitPairs,
  splits,
} from "./split.js";
export { type Exchange, splitTranscripts } from "./transcript.js";
