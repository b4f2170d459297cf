/**
 * What a method may spend. The unit is FLOPs by the formula of `lm/flops.ts`, over non-padding tokens (PROTOCOL §4).
 * Two guards: a `Purse` is what a method draws its tasks' budgets from, a `Ledger` is what one task charges.
 */

/**
 * `per: method`: `flops` is the method's total. `per: policy`: each trained policy gets `flops`, and no method trains more
 * policies than there are preferences.
 */
export interface MethodBudget {
  readonly per: "method" | "policy";
  readonly flops: number;
}

/** What is charged (PROTOCOL §4). */
export type ChargeKind = "gradient" | "penalty" | "reference" | "margin" | "reward-model" | "rollout" | "scoring";

export interface LedgerEntry {
  readonly kind: ChargeKind;
  /** Non-padding tokens that went through. */
  readonly tokens: number;
  readonly steps: number;
  readonly flops: number;
}

/** A charge or a reservation that would pass the budget. */
export class BudgetExceeded extends Error {
  override readonly name = "BudgetExceeded";
}

/** One policy's share where a method trains `policies` of them. */
export function policyShare(budget: MethodBudget, policies: number): number {
  return budget.per === "policy" ? budget.flops : budget.flops / policies;
}

/** The account of one task: nothing can be charged beyond its budget. */
export class Ledger {
  readonly #entries = new Map<ChargeKind, { tokens: number; steps: number; flops: number }>();
  #spent = 0;

  /** `budgetFlops` may be Infinity (what is reported but not charged: SFT, judging scorers). */
  constructor(readonly budgetFlops: number) {}

  get spentFlops(): number {
    return this.#spent;
  }

  affords(flops: number): boolean {
    return this.#spent + flops <= this.budgetFlops;
  }

  /** How many of these costs, one after the other, it affords. */
  affordable(costs: readonly number[]): number {
    let spent = this.#spent;
    const first = costs.findIndex((flops) => {
      spent += flops;
      return !(spent <= this.budgetFlops);
    });
    return first < 0 ? costs.length : first;
  }

  /** @throws BudgetExceeded when it would pass the budget; nothing is charged then. */
  charge(kind: ChargeKind, cost: { tokens: number; flops: number; steps?: number }): void {
    if (!(cost.flops >= 0) || !this.affords(cost.flops)) {
      throw new BudgetExceeded(
        `${kind} of ${cost.flops} FLOPs does not fit: ${this.#spent} of ${this.budgetFlops} are spent`,
      );
    }
    const entry = this.#entries.get(kind) ?? { tokens: 0, steps: 0, flops: 0 };
    entry.tokens += cost.tokens;
    entry.steps += cost.steps ?? 0;
    entry.flops += cost.flops;
    this.#entries.set(kind, entry);
    this.#spent += cost.flops;
  }

  entries(): LedgerEntry[] {
    return [...this.#entries].map(([kind, entry]) => ({ kind, ...entry }));
  }

  /** Takes over the entries of an interrupted task. */
  restore(entries: readonly LedgerEntry[]): void {
    this.#entries.clear();
    this.#spent = 0;
    for (const { kind, ...cost } of entries) this.charge(kind, cost);
  }
}

/**
 * A method's money. A task's budget is reserved before it starts and settled by what it really spent, so a method can
 * neither ask for more than it has nor keep what it did not use from its next task.
 */
export class Purse {
  #reserved = 0;
  #spent = 0;

  /** @param policies how many a method may train at most where each has its own budget: one a preference */
  constructor(
    readonly budget: MethodBudget,
    readonly policies: number,
  ) {}

  get spentFlops(): number {
    return this.#spent;
  }

  /** @returns the settling function, to be called once with the FLOPs that the task spent. */
  reserve(flops: number): (spentFlops: number) => void {
    if (!(flops >= 0)) throw new BudgetExceeded(`a task's budget must be a number of FLOPs, not ${flops}`);
    // Shares are B/n: n of them may miss B by rounding.
    const slack = 1e-9 * this.budget.flops;
    const whole = this.budget.per === "policy" ? this.budget.flops * this.policies : this.budget.flops;
    const available = Math.min(this.budget.flops, whole - this.#spent - this.#reserved);
    if (flops > available + slack) {
      throw new BudgetExceeded(
        `a task wants ${flops} FLOPs, ${Math.max(0, available)} of this method's ${this.budget.flops} (per ${this.budget.per}) are left`,
      );
    }
    this.#reserved += flops;
    let open = true;
    return (spentFlops) => {
      if (!open) throw new BudgetExceeded("a reservation is settled once");
      open = false;
      this.#reserved -= flops;
      this.#spent += spentFlops;
      if (spentFlops > flops) throw new BudgetExceeded(`a task was given ${flops} FLOPs and spent ${spentFlops}`);
    };
  }
}
