/**
 * What a method is, and what it is given. A method decides which policies to train, asks for them task by task, and
 * offers candidates: rows of coefficients over the adapters it owns. It never sees a scorer, a tensor or a file; it
 * cannot spend what it was not given (`budget.ts`).
 *
 * Not here: how a task is trained (`task.ts` and the files that run tasks), worker threads, stores (`bench`).
 */
import type { AdapterConfig } from "../lm/adapters.js";
import type { LedgerEntry, MethodBudget } from "./budget.js";
import type { MorlhfSettings } from "./morlhf.js";
import type { PenaltyKind } from "./penalty.js";
import type { ArtefactRef, Task, TaskResult } from "./task.js";

export interface Method {
  /** One of PROTOCOL §3's ids: `soup`, `soup-ab`, `mva-alpha0`, `mva`, `modpo`, `morlhf`, `morlhf-gold`. */
  readonly id: string;
  readonly title: string;
  /** False for labelled rows that are shown but never ranked (`soup-ab`, `morlhf-gold`). */
  readonly ranked: boolean;
  /** Trained on gold rules, which only the embedded data has. */
  readonly needsGold?: true;
  /** Trains on replies of its own, up to `morlhf.ppo.maxNewTokens` long. */
  readonly rollsOut?: true;
  /** Trains and offers; deterministic given the context. */
  run(context: MethodContext): Promise<Offer>;
}

export interface MethodContext {
  /** Values in suite order. */
  readonly values: readonly string[];
  /** Declared preferences: rows of one weight a value, each row on the simplex. */
  readonly lattice: readonly (readonly number[])[];
  readonly seed: number;
  readonly settings: MethodSettings;
  readonly budget: MethodBudget;
  /**
   * Trains a task, spending at most `budgetFlops`, and charges its whole cost to this method, also when another method
   * has asked for the same task before (it is computed once).
   * @throws BudgetExceeded when the method has not that much left; MethodFailure when training failed.
   */
  train(task: Task, budgetFlops: number): Promise<TaskResult>;
}

/** How policies are fitted to preference pairs: shared by every DPO-type method of a suite (PILOT, PROTOCOL §2). */
export interface PreferenceSettings {
  /** Strength of the pull to the base policy, > 0. */
  readonly beta: number;
  /** Coefficient of the chosen reply's per-token negative log-likelihood; 0 = as published. */
  readonly nllCoefficient: number;
  /** Train on each pair's label P(chosen is better) where the data gives one, instead of taking it as 1. */
  readonly softLabels: boolean;
  readonly adapter: AdapterConfig;
  /** Pairs a step. */
  readonly batchPairs: number;
  /**
   * Where a seed's trainings take their first adapter and the order of their pairs from: a random stream for each value
   * (absent), or one for all of them, as trainings have that one script starts with one seed.
   */
  readonly streams?: "shared";
  readonly optimizer: OptimizerSettings;
  /** Upper bound on optimizer steps a policy; the budget usually ends training earlier. */
  readonly maxSteps?: number;
}

export interface OptimizerSettings {
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "cosine";
  /** Share of the planned steps over which the rate rises from 0, in [0, 1]. */
  readonly warmup: number;
  /** Decoupled weight decay (AdamW). */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global L2 norm; `null` = never. */
  readonly maxGradientNorm: number | null;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface MvaSettings {
  readonly penalty: PenaltyKind;
  /** Strength of the decorrelation penalty; 0 = plain DPO. */
  readonly alpha: number;
  /** Order in which value vectors are trained; suite order where absent. */
  readonly order?: readonly string[];
}

/** The methods' part of a suite. A variant row (`ablation`) is the same method run with other settings. */
export interface MethodSettings {
  readonly preference: PreferenceSettings;
  readonly mva: MvaSettings;
  readonly morlhf: MorlhfSettings;
}

/** What a method puts up for scoring. */
export interface Offer {
  /** The adapters of its bank; names are unique within the offer. */
  readonly adapters: readonly OfferedAdapter[];
  readonly candidates: readonly Candidate[];
  /**
   * Mixing methods: the region of coefficients that may also be explored without training (rows `<id>@grid`): the
   * simplex, or the unit cube. `null` where nothing is mixed.
   */
  readonly mixes: "simplex" | "cube" | null;
}

export interface OfferedAdapter {
  readonly name: string;
  /** The value it was trained for; `null` for one that answers a mixture. */
  readonly value: string | null;
  readonly ref: ArtefactRef;
}

export interface Candidate {
  readonly name: string;
  /** The declared preference it answers: a row of the lattice. */
  readonly weights: readonly number[];
  /** One coefficient an adapter of the offer. */
  readonly coefficients: readonly number[];
}

/** Training went wrong (a loss that is not finite, …): stops this method, not the run. */
export class MethodFailure extends Error {
  override readonly name = "MethodFailure";
  /** Where no run can go on without it (the base, the judges), it is what the command answers. */
  readonly exitCode = 1;
  /** What the task had spent by then, where it was charged. */
  spent: readonly LedgerEntry[] = [];
  constructor(
    readonly method: string,
    readonly step: number,
    reason: string,
  ) {
    super(`${method}: ${reason} at step ${step}`);
  }
}
