/** Every kind of training on batches of eight pairs of "helpful", for tests of how an engine is made to take their steps. */
import { initAdapter } from "../../src/lm/adapters.js";
import type { Task } from "../../src/methods/task.js";
import { ADAPTER, CONFIG } from "./enumerable-task.js";
import { OPTIMIZER, PREFERENCE } from "./tiny-settings.js";

/** What a task's artefacts of others resolve to: the earlier vector of `mva`. */
export const FROZEN = initAdapter(CONFIG, ADAPTER, 9).tensors;

export function wholeTasks(steps: number) {
  const shared = { batchPairs: 8, maxSteps: steps };
  const settings = { ...PREFERENCE, ...shared };
  const penalty = { kind: "dw-cka", alpha: 0.1, frozen: [{ task: "t", name: "adapter" }] } as const;
  return {
    sft: { kind: "sft", values: ["helpful"], settings: { ...shared, optimizer: OPTIMIZER, promptLoss: true } },
    dpo: { kind: "dpo", value: "helpful", settings, penalty: null },
    mva: { kind: "dpo", value: "helpful", settings, penalty },
    rewardModel: {
      kind: "reward-model",
      values: ["helpful"],
      settings: { ...shared, adapter: ADAPTER, optimizer: OPTIMIZER, softLabels: false, heldOutPairs: 0 },
    },
  } as const satisfies Record<string, Task>;
}
