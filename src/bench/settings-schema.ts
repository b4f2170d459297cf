/**
 * The methods' part of a suite as it is written in YAML: settings that all share, and overrides of some of them for one
 * method or one row. An override holds what it names and nothing else: defaults belong to the shared settings.
 */
import { z } from "zod";

export const positive = z.number().positive();
export const share = z.number().min(0).max(1);
export const count = z.number().int().positive();

const optimizerFields = {
  learningRate: positive,
  schedule: z.enum(["constant", "linear", "cosine"]),
  warmup: share,
  weightDecay: z.number().min(0),
  maxGradientNorm: positive.nullable(),
  beta1: share,
  beta2: share,
  epsilon: positive,
};

export const optimizer = z.strictObject({
  ...optimizerFields,
  schedule: optimizerFields.schedule.default("cosine"),
  warmup: optimizerFields.warmup.default(0.1),
  weightDecay: optimizerFields.weightDecay.default(0),
  maxGradientNorm: optimizerFields.maxGradientNorm.default(1),
  beta1: optimizerFields.beta1.default(0.9),
  beta2: optimizerFields.beta2.default(0.99),
  epsilon: optimizerFields.epsilon.default(1e-8),
});

const adapterFields = {
  rank: count,
  alpha: positive,
  targets: z.array(z.enum(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])).min(1),
};

const adapter = z.strictObject({
  ...adapterFields,
  targets: adapterFields.targets.default(["q_proj", "k_proj", "v_proj", "o_proj"]),
});

const preferenceFields = {
  beta: positive,
  nllCoefficient: z.number().min(0),
  softLabels: z.boolean(),
  batchPairs: count,
};

const preference = z.strictObject({
  ...preferenceFields,
  softLabels: preferenceFields.softLabels.default(false),
  adapter,
  /** The first adapter and the order of pairs are of one random stream for all values; absent: of each value's own. */
  streams: z.literal("shared").exactOptional(),
  optimizer,
  maxSteps: count.exactOptional(),
});

const mva = z.strictObject({
  penalty: z.enum(["dw-cka", "dw-rbf", "a-rows", "cos2", "weight-decay"]),
  alpha: z.number().min(0),
  order: z.array(z.string()).exactOptional(),
});

const ppoFields = {
  rolloutReplies: count,
  maxNewTokens: count,
  epochs: count,
  minibatches: count,
  clip: positive,
  klCoefficient: z.number().min(0),
  gamma: share,
  lambda: share,
  valueCoefficient: z.number().min(0),
  normaliseRewards: z.boolean(),
  normaliseAdvantages: z.boolean(),
  unendedPenalty: z.number().min(0),
};

const ppo = z.strictObject({ ...ppoFields, optimizer, maxSteps: count.exactOptional() });

export const rewardModel = z.strictObject({
  adapter: adapter.nullable().default(null),
  batchPairs: count,
  optimizer,
  softLabels: z.boolean().default(false),
  heldOutPairs: count,
  maxSteps: count.exactOptional(),
  maxEpochs: positive.exactOptional(),
});

const morlhf = z.strictObject({ rewardModelShare: share, rewardModel, ppo });

const someOptimizer = z.strictObject(optimizerFields).partial().exactOptional();
const limits = { maxSteps: count.exactOptional() };

/** Settings of one method or row that differ from the shared ones, under the same names. */
export const overrides = z.strictObject({
  preference: z
    .strictObject({
      ...z.strictObject(preferenceFields).partial().shape,
      ...limits,
      adapter: z.strictObject(adapterFields).partial().exactOptional(),
      optimizer: someOptimizer,
    })
    .exactOptional(),
  mva: mva.partial().exactOptional(),
  morlhf: z
    .strictObject({
      rewardModelShare: share.exactOptional(),
      rewardModel: z
        .strictObject({
          batchPairs: count.exactOptional(),
          softLabels: z.boolean().exactOptional(),
          heldOutPairs: count.exactOptional(),
          ...limits,
          maxEpochs: positive.exactOptional(),
          optimizer: someOptimizer,
        })
        .exactOptional(),
      ppo: z
        .strictObject({ ...z.strictObject(ppoFields).partial().shape, ...limits, optimizer: someOptimizer })
        .exactOptional(),
    })
    .exactOptional(),
});

export type Overrides = z.infer<typeof overrides>;

export const settings = z.strictObject({
  preference,
  mva,
  morlhf,
  /** By method id: what a method has tuned for itself. */
  perMethod: z.record(z.string(), overrides).exactOptional(),
});
