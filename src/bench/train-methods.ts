/** Runs a suite's methods for one seed: each with its own purse, all over one pool, a failure of one no other's. */

import { InputError } from "../data/errors.js";
import type { MethodBudget } from "../methods/budget.js";
import { BudgetExceeded, Purse } from "../methods/budget.js";
import type { Method, MethodContext, MethodSettings, Offer } from "../methods/method.js";
import { contentKey, type Task, type TaskResult } from "../methods/task.js";
import type { LedgerRow } from "./files/ledger.js";
import { JobError } from "./pool.js";
import { tooSmall } from "./rehearse.js";
import type { Session } from "./session.js";

/** A row that is trained: a registered method, or a variant of one with other settings. */
export interface TrainedRow {
  readonly id: string;
  readonly title: string;
  readonly ranked: boolean;
  readonly method: Method;
  readonly settings: MethodSettings;
}

export type RowOutcome =
  | { readonly kind: "offered"; readonly offer: Offer; readonly ledger: readonly LedgerRow[] }
  | { readonly kind: "failed"; readonly message: string; readonly ledger: readonly LedgerRow[] };

export interface TrainingPlan {
  readonly values: readonly string[];
  readonly lattice: readonly (readonly number[])[];
  readonly seed: number;
  readonly budget: MethodBudget;
  /** Names base policy and data: part of every result's key. */
  readonly context: string;
  /** Looks at each policy in training; 0: none. */
  readonly probes?: number;
}

/**
 * What a training failure is, as opposed to a fault of the program, the disk or the user: the run goes on without it. Also
 * a method that asks for more than it has (its purse says so, on this side of the workers).
 */
function isMethodFailure(error: unknown): error is Error {
  return (error instanceof JobError && error.name === "MethodFailure") || error instanceof BudgetExceeded;
}

export async function trainRow(session: Session, plan: TrainingPlan, row: TrainedRow): Promise<RowOutcome> {
  const purse = new Purse(plan.budget, plan.lattice.length);
  const ledger = new LedgerBook(plan.seed, row.id);
  let asked = 0;
  const context: MethodContext = {
    values: plan.values,
    lattice: plan.lattice,
    seed: plan.seed,
    settings: row.settings,
    budget: plan.budget,
    async train(task: Task, budgetFlops: number): Promise<TaskResult> {
      const settle = purse.reserve(budgetFlops);
      const order = asked++;
      const key = contentKey({ task, seed: plan.seed, budgetFlops, context: plan.context });
      // Deep chains first: what others wait for must not wait itself.
      const asking = session.task(
        {
          kind: "task",
          key,
          label: `${row.id}/${describeTask(task, order)}`,
          task,
          seed: plan.seed,
          budgetFlops,
          split: "train",
          threads: 1,
          probes: plan.probes ?? 0,
        },
        order,
      );
      const stored = await asking.catch((error: unknown) => {
        if (error instanceof JobError) ledger.add({ planned: [], ledger: error.spent }, 0);
        throw error;
      });
      const { summary } = stored;
      settle(summary.ledger.reduce((sum, entry) => sum + entry.flops, 0));
      ledger.add(summary, stored.seconds);
      return {
        artefacts: Object.fromEntries(stored.artefacts.map((name) => [name, { task: key, name }])),
        summary,
      };
    },
  };
  try {
    return { kind: "offered", offer: await row.method.run(context), ledger: ledger.rows() };
  } catch (error) {
    if (error instanceof JobError && error.name === "BudgetExceeded")
      throw new InputError(tooSmall(row.id, error.message));
    if (!isMethodFailure(error)) throw error;
    return { kind: "failed", message: error.message, ledger: ledger.rows() };
  }
}

function describeTask(task: Task, order: number): string {
  const value = "value" in task && typeof task.value === "string" ? ` ${task.value}` : "";
  return `${task.kind}${value} ${order + 1}`;
}

/** Planned and spent of one method and seed, by kind. */
class LedgerBook {
  readonly #rows = new Map<string, LedgerRow>();

  constructor(
    readonly seed: number,
    readonly method: string,
  ) {}

  add(summary: Pick<TaskResult["summary"], "planned" | "ledger">, seconds: number): void {
    const spent = summary.ledger.reduce((sum, entry) => sum + entry.flops, 0);
    for (const entry of summary.planned) this.#put(entry.kind, { planned: entry.flops });
    for (const entry of summary.ledger) {
      this.#put(entry.kind, {
        spent: entry.flops,
        tokens: entry.tokens,
        steps: entry.steps,
        // Time is measured per task; kinds share it as they share the arithmetic.
        seconds: spent === 0 ? 0 : (seconds * entry.flops) / spent,
      });
    }
  }

  #put(kind: string, more: Partial<Omit<LedgerRow, "seed" | "method" | "kind">>): void {
    const old = this.#rows.get(kind);
    const add = (key: "planned" | "spent" | "tokens" | "steps" | "seconds") => (old?.[key] ?? 0) + (more[key] ?? 0);
    this.#rows.set(kind, {
      seed: this.seed,
      method: this.method,
      kind,
      planned: add("planned"),
      spent: add("spent"),
      tokens: add("tokens"),
      steps: add("steps"),
      seconds: add("seconds"),
    });
  }

  rows(): LedgerRow[] {
    return [...this.#rows.values()];
  }
}
