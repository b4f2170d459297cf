/**
 * The package as a library: run a suite, read what it found, report it; and the parts that others build on. The
 * metrics alone, without anything else loaded, are `mva-bench/metrics`.
 */
export { type RunOptions, type RunProgress, type RunResult, runSuite } from "./bench/run.js";
export { listSuites, loadSuite, parseSuite, type Suite, type SuiteListing, suiteHash } from "./bench/suite.js";
export type { Difference, Estimate, MethodSummary, RunSummary } from "./bench/summary.js";
export * as data from "./data/index.js";
export * as engine from "./engine/index.js";
export { loadModel, type ModelFolder, saveModel } from "./lm/huggingface.js";
export { exportMixture, mergeIntoWeights, mixtureAsAdapter } from "./lm/merge.js";
export { loadAdapter, saveAdapter } from "./lm/peft.js";
export type { Method, MethodContext, Offer } from "./methods/method.js";
export { METHODS } from "./methods/registry.js";
export * as metrics from "./metrics/index.js";
export { buildReport, renderHtml, renderMarkdown, renderText, reportOf, writeReport } from "./report/index.js";
export type { Scorer } from "./rewards/scorer.js";
