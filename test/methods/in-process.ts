/** A method's context without threads or files: what `bench` does, in a few lines. */
import type { TensorMap } from "../../src/engine/index.js";
import type { MethodBudget } from "../../src/methods/budget.js";
import { Purse } from "../../src/methods/budget.js";
import type { MethodContext, MethodSettings } from "../../src/methods/method.js";
import { runTask } from "../../src/methods/run-task.js";
import type { Task, TaskOutput } from "../../src/methods/task.js";
import { contentKey } from "../../src/methods/task.js";
import { type EnumerableEnv, refKey, VALUES } from "./enumerable-task.js";

export interface InProcess extends MethodContext {
  readonly purse: Purse;
  /** Every task asked for, with its key, in order. */
  readonly asked: { key: string; task: Task; budgetFlops: number; output: TaskOutput }[];
  adapter(ref: { task: string; name: string }): TensorMap;
}

/** `memo` is shared by the methods of a run: equal tasks are computed once. */
export function inProcess(
  env: EnumerableEnv,
  options: {
    settings: MethodSettings;
    lattice: readonly (readonly number[])[];
    budget: MethodBudget;
    values?: readonly string[];
    memo?: Map<string, Promise<TaskOutput>>;
  },
): InProcess {
  const purse = new Purse(options.budget, options.lattice.length);
  const memo = options.memo ?? new Map<string, Promise<TaskOutput>>();
  const asked: InProcess["asked"] = [];
  return {
    values: options.values ?? VALUES,
    lattice: options.lattice,
    seed: env.seed,
    settings: options.settings,
    budget: options.budget,
    purse,
    asked,
    async train(task, budgetFlops) {
      const settle = purse.reserve(budgetFlops);
      const key = contentKey({ task, seed: env.seed, budgetFlops });
      let running = memo.get(key);
      if (running === undefined) {
        running = runTask(task, budgetFlops, env, {
          label: task.kind,
          signal: new AbortController().signal,
          emit() {},
        });
        memo.set(key, running);
      }
      const output = await running;
      settle(output.summary.ledger.reduce((sum, { flops }) => sum + flops, 0));
      asked.push({ key, task, budgetFlops, output });
      for (const [name, tensors] of Object.entries(output.artefacts)) {
        env.artefacts.set(refKey({ task: key, name }), tensors);
      }
      const names = Object.keys(output.artefacts);
      return {
        artefacts: Object.fromEntries(names.map((name) => [name, { task: key, name }])),
        summary: output.summary,
      };
    },
    adapter(ref) {
      const tensors = env.artefacts.get(refKey(ref));
      if (tensors === undefined) throw new Error(`no artefact ${refKey(ref)}`);
      return tensors;
    },
  };
}
