/** Executes a task: the worker's one entry into this folder. */
import { Ledger } from "./budget.js";
import { runDpo } from "./dpo.js";
import { trainLinearProbe } from "./linear-probe-task.js";
import { MethodFailure } from "./method.js";
import { runModpo } from "./modpo.js";
import { runPpo } from "./ppo.js";
import { trainRewardModel } from "./reward-model-task.js";
import { runSft } from "./sft.js";
import { runAverage } from "./soup-ab.js";
import type { Task, TaskEnv, TaskOutput, TaskRun } from "./task.js";

/** What a caller says of one execution; the ledger is made here, from the budget. */
export type RunOptions = Omit<TaskRun, "ledger">;

/**
 * Runs `task`, spending at most `budgetFlops` (`Infinity` for what is not charged).
 * @throws MethodFailure when training fails, with what it had spent, BudgetExceeded when not one step fits, the signal's reason when aborted.
 */
export async function runTask(task: Task, budgetFlops: number, env: TaskEnv, options: RunOptions): Promise<TaskOutput> {
  const run: TaskRun = { ...options, ledger: new Ledger(budgetFlops) };
  try {
    return await dispatch(task, budgetFlops, env, run);
  } catch (error) {
    if (error instanceof MethodFailure) error.spent = run.ledger.entries();
    throw error;
  }
}

function dispatch(task: Task, budgetFlops: number, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  switch (task.kind) {
    case "sft":
      return runSft(task, budgetFlops, env, run);
    case "dpo":
      return runDpo(task, budgetFlops, env, run);
    case "modpo":
      return runModpo(task, budgetFlops, env, run);
    case "average":
      return runAverage(task, env);
    case "reward-model":
      return trainRewardModel(task, env, run);
    case "linear-probe":
      return trainLinearProbe(task, env, run);
    case "ppo":
      return runPpo(task, env, run);
    default:
      return task satisfies never;
  }
}
