/**
 * The task of DPO: one value's vector, from the base. With a penalty it is MVA's: the same training, and earlier vectors
 * frozen beside it (METHODS §1.1).
 */
import type { PreferenceSettings } from "./method.js";
import type { PenaltySpec } from "./preference-training.js";
import { NOTHING_PAID, trainPreference } from "./preference-training.js";
import type { TaskEnv, TaskOutput, TaskRun } from "./task.js";

export interface DpoTask {
  readonly kind: "dpo";
  readonly value: string;
  readonly settings: PreferenceSettings;
  /** `null`: plain DPO. */
  readonly penalty: PenaltySpec | null;
}

export function runDpo(task: DpoTask, budgetFlops: number, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { value, settings, penalty } = task;
  return trainPreference(
    { value, settings, penalty, weight: 1, margins: [], paid: NOTHING_PAID },
    budgetFlops,
    env,
    run,
  );
}
