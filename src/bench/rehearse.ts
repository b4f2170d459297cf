/**
 * Asks every method for its trainings before anything is trained, to find a budget that does not pay for a single step
 * while nothing is lost yet. A rehearsed training stops where its arithmetic would begin.
 */
import { setImmediate } from "node:timers/promises";
import { InputError } from "../data/errors.js";
import type { Engine } from "../engine/engine.js";
import { BudgetExceeded, type MethodBudget } from "../methods/budget.js";
import { ExecutableCache } from "../methods/executables.js";
import { PairLogProbs } from "../methods/pair-log-probs.js";
import { runTask } from "../methods/run-task.js";
import { contentKey, type Task, type TaskEnv, type TaskResult } from "../methods/task.js";
import type { PreparedData } from "./prepare.js";
import type { TrainedRow } from "./train-methods.js";

export interface Rehearsal {
  readonly rows: readonly TrainedRow[];
  readonly values: readonly string[];
  readonly lattice: readonly (readonly number[])[];
  readonly budget: MethodBudget;
  readonly seed: number;
  /** Weights of the base as yet untrained will do. */
  readonly model: TaskEnv["model"];
  readonly data: PreparedData;
  readonly signal: AbortSignal;
}

/** Where a rehearsed training would begin to compute. */
class CurtainCall extends Error {}

/** @throws InputError naming the method whose budget does not pay for one step. */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  await eachTraining(rehearsal, async (task, budgetFlops) => {
    await rehearseTask(task, budgetFlops, rehearsal);
    await setImmediate();
    rehearsal.signal.throwIfAborted();
  });
}

/** FLOPs that the trainings of one seed may spend in all, each once however many methods ask for it. */
export async function plannedTraining(plan: TrainingQuestions): Promise<number> {
  let sum = 0;
  await eachTraining(plan, async (_, budgetFlops) => {
    sum += budgetFlops;
  });
  return sum;
}

export type TrainingQuestions = Pick<Rehearsal, "rows" | "values" | "lattice" | "budget" | "seed">;

/** Every distinct training that the methods ask for, with its budget. */
async function eachTraining(
  { rows, values, lattice, budget, seed }: TrainingQuestions,
  visit: (task: Task, budgetFlops: number) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  for (const row of rows) {
    try {
      await row.method.run({
        values,
        lattice,
        seed,
        settings: row.settings,
        budget,
        async train(task, budgetFlops) {
          const key = contentKey({ task, budgetFlops });
          if (!seen.has(key)) await visit(task, budgetFlops);
          seen.add(key);
          return pretended;
        },
      });
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      throw new InputError(tooSmall(row.id, error.message));
    }
  }
}

export function tooSmall(method: string, reason: string): string {
  return `budget.flops is too small for ${method}: ${reason}; raise it in the suite`;
}

/** Whatever a method may ask of a finished training; every pass counts as paid, so costs are lower bounds. */
const pretended: TaskResult = {
  artefacts: new Proxy<TaskResult["artefacts"]>({}, { get: (_, name) => ({ task: "rehearsed", name: String(name) }) }),
  summary: { steps: Number.MAX_SAFE_INTEGER, curve: [], planned: [], ledger: [] },
};

async function rehearseTask(task: Task, budgetFlops: number, { model, data, seed, signal }: Rehearsal): Promise<void> {
  const stop = (): never => {
    throw new CurtainCall();
  };
  const engine: Engine = new Proxy({} as Engine, { get: stop });
  try {
    await runTask(
      task,
      budgetFlops,
      {
        engine,
        model,
        seed,
        pairs: data.pairs.train,
        prompts: data.trainingPrompts,
        executables: new ExecutableCache(engine),
        logProbs: new PairLogProbs(),
        artefact: stop,
      },
      { label: task.kind, signal, emit: stop },
    );
  } catch (error) {
    if (!(error instanceof CurtainCall)) throw error;
  }
}
