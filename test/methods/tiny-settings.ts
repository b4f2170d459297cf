/** Settings under which the enumerable task trains in a moment. */
import type { MethodSettings, MvaSettings, OptimizerSettings, PreferenceSettings } from "../../src/methods/method.js";
import { ADAPTER, BETA } from "./enumerable-task.js";

export const OPTIMIZER: OptimizerSettings = {
  learningRate: 0.01,
  schedule: "cosine",
  warmup: 0.1,
  weightDecay: 0,
  maxGradientNorm: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

export const PREFERENCE: PreferenceSettings = {
  beta: BETA,
  nllCoefficient: 0.1,
  softLabels: false,
  adapter: ADAPTER,
  batchPairs: 8,
  optimizer: OPTIMIZER,
};

export function settingsWith(mva: MvaSettings, preference: PreferenceSettings = PREFERENCE): MethodSettings {
  return {
    preference,
    mva,
    get morlhf(): never {
      throw new Error("these tests train nothing by reinforcement");
    },
  };
}
