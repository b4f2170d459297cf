/** Suites of a second or two: every part of a run, on policies far too small to say anything. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

const optimizer = (learningRate: number) => ({ learningRate });

const settings = {
  preference: {
    beta: 0.1,
    nllCoefficient: 1,
    adapter: { rank: 2, alpha: 4 },
    batchPairs: 8,
    optimizer: optimizer(1e-3),
  },
  mva: { penalty: "dw-cka", alpha: 0.1 },
  morlhf: {
    rewardModelShare: 0.2,
    rewardModel: { batchPairs: 8, heldOutPairs: 4, optimizer: optimizer(5e-4) },
    ppo: {
      rolloutReplies: 8,
      maxNewTokens: 8,
      epochs: 1,
      minibatches: 1,
      clip: 0.2,
      klCoefficient: 0.05,
      gamma: 1,
      lambda: 0.95,
      valueCoefficient: 0.5,
      normaliseRewards: true,
      normaliseAdvantages: true,
      unendedPenalty: 1,
      optimizer: optimizer(3e-3),
    },
  },
};

const base = {
  seed: 1,
  vocabSize: 400,
  hiddenSize: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  intermediateSize: 32,
  sft: { maxSteps: 12, batchPairs: 8, optimizer: optimizer(3e-3) },
};

/** On two values of the embedded data, judged by gold. */
export const tiny = {
  suite: "tiny",
  version: 1,
  title: "Tiny",
  data: { source: "embedded", set: "mild", maxPairsPerValue: 32, maxPromptTokens: 60, maxReplyTokens: 90 },
  values: [
    { name: "helpful", center: 0, scale: 1, reference: -0.1 },
    { name: "harmless", center: 0, scale: 1, reference: -0.1 },
  ],
  base,
  scorers: { kind: "gold" },
  methods: ["soup", "soup-ab", "mva-alpha0", "mva", "modpo", "morlhf"],
  variants: [{ id: "mva-rbf", method: "mva", mva: { penalty: "dw-rbf", alpha: 1 } }] as object[],
  settings,
  questions: [{ a: "mva", b: "mva-alpha0", asks: "what decorrelation adds" }],
  budget: { flops: 8e8, per: "method" },
  candidates: { lattice: "five", explore: 3 },
  evaluation: { testPrompts: 6, validationPrompts: 4, temperature: 0.7, maxNewTokens: 8 },
  seeds: [1],
  statistics: { resamples: 100, confidence: 0.95 },
};

/** The same on a folder of pairs, judged by reward models. */
export const tinyFolder = {
  ...tiny,
  suite: "tiny-folder",
  data: {
    source: "folder",
    splits: { train: 0.5, scorer: 0.25, validation: 0.1, test: 0.15 },
    maxPromptTokens: 60,
    maxReplyTokens: 60,
  },
  values: [{ name: "kind" }, { name: "brief" }],
  scorers: {
    kind: "reward-model",
    seed: 1,
    train: { batchPairs: 8, heldOutPairs: 40, maxEpochs: 4, optimizer: optimizer(5e-3) },
  },
  methods: ["soup", "mva"],
  variants: [] as object[],
  questions: [] as object[],
  candidates: { lattice: "five", explore: 0 },
};

/** Writes `suite` into `dir` and returns the file's name. */
export function writeSuite<S extends { readonly suite: string }>(
  dir: string,
  suite: S,
  name = `${suite.suite}.yaml`,
): string {
  writeFileSync(join(dir, name), stringify(suite));
  return name;
}
