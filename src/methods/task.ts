/**
 * A task is one training as plain JSON: what a method asks for, what a worker thread executes, what a memo is keyed by.
 * Equal tasks with equal seed and budget give equal bits, so they are computed once.
 */
import { createHash } from "node:crypto";
import type { Engine, TensorMap } from "../engine/index.js";
import type { DecoderConfig } from "../lm/config.js";
import type { PairRow } from "../lm/pairs.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import type { HeldOutAccuracy } from "../rewards/accuracy.js";
import type { Scorer } from "../rewards/scorer.js";
import type { ChargeKind, Ledger, LedgerEntry } from "./budget.js";
import type { DpoTask } from "./dpo.js";
import type { ExecutableCache } from "./executables.js";
import type { LinearProbeTask } from "./linear-probe-task.js";
import type { ModpoTask } from "./modpo.js";
import type { PairLogProbs } from "./pair-log-probs.js";
import type { PpoTask } from "./ppo.js";
import type { RewardModelTask } from "./reward-model-task.js";
import type { SftTask } from "./sft.js";
import type { AverageTask } from "./soup-ab.js";

/** Every task that can be run: each kind is declared, with its runner, in the file that its name says. */
export type Task = SftTask | DpoTask | ModpoTask | AverageTask | RewardModelTask | LinearProbeTask | PpoTask;

/** A named set of tensors that a task produced (an adapter, mostly): the task's key and the name it gave. */
export interface ArtefactRef {
  readonly task: string;
  readonly name: string;
}

/** Name of the artefact that a trained policy is. */
export const ADAPTER = "adapter";

/** What `runTask` returns inside the worker: tensors by name, and what happened. */
export interface TaskOutput {
  readonly artefacts: Readonly<Record<string, TensorMap>>;
  readonly summary: TaskSummary;
}

/** What a method sees of it. */
export interface TaskResult {
  /** References to the task's artefacts, by name (`adapter` for a trained policy). */
  readonly artefacts: Readonly<Record<string, ArtefactRef>>;
  readonly summary: TaskSummary;
}

export interface TaskSummary {
  /** Optimizer steps taken. */
  readonly steps: number;
  /** One entry a step: named numbers (`loss`, `accuracy`, `margin`, `chosenShift`, `kl`, `penalty`, `learningRate`, …). */
  readonly curve: readonly CurvePoint[];
  /** What the plan meant to charge, before the first step. */
  readonly planned: readonly LedgerEntry[];
  /** What was charged. */
  readonly ledger: readonly LedgerEntry[];
  /** Of a reward model: how often it prefers what people preferred, on pairs held out from its training. */
  readonly rewardAccuracy?: readonly HeldOutAccuracy[];
}

export type CurvePoint = Readonly<Record<string, number>>;

/** Everything live is a reader of these. `task` is the task's label. */
export type TaskEvent =
  | { readonly type: "task-planned"; readonly task: string; readonly steps: number; readonly flops: number }
  | {
      readonly type: "task-step";
      readonly task: string;
      readonly step: number;
      readonly steps: number;
      readonly spentFlops: number;
      readonly curve: CurvePoint;
    }
  /** For watching only: the policy's replies after a step, scored. */
  | {
      readonly type: "task-probe";
      readonly task: string;
      readonly step: number;
      readonly steps: number;
      readonly prompts: number;
      /** One a value, raw units. */
      readonly means: readonly number[];
      readonly flops: number;
      readonly seconds: number;
    };

/** A preference pair, tokenised. */
export interface PreferencePair extends PairRow {
  /** P(chosen is better), in [0, 1]; used with soft labels. Absent: 1. */
  readonly label?: number;
}

export interface TrainingPrompt {
  readonly text: string;
  readonly tokens: Int32Array;
  /** Content hash: sampling noise is keyed by it. */
  readonly key: string;
}

/** Where a task runs: one per worker thread and seed, kept from task to task. */
export interface TaskEnv {
  readonly engine: Engine;
  /** The base policy. */
  readonly model: { readonly config: DecoderConfig; readonly weights: TensorMap; readonly tokenizer: Tokenizer };
  readonly seed: number;
  /** The training split, by value. */
  readonly pairs: Readonly<Record<string, readonly PreferencePair[]>>;
  /** The training split's prompts, each once, over all values. */
  readonly prompts: readonly TrainingPrompt[];
  /** Compiled programs, shared by the tasks of this worker. */
  readonly executables: ExecutableCache;
  /** Log-probs of training pairs under frozen policies, shared by the tasks of this worker. */
  readonly logProbs: PairLogProbs;
  /** Gold rewards, for the labelled row that is trained on them (`morlhf-gold`) and for nothing else. */
  readonly goldScorer?: Scorer;
  /** The tensors of an artefact that an earlier task produced. */
  artefact(ref: ArtefactRef): Promise<TensorMap>;
}

/** What belongs to one execution of one task. */
export interface TaskRun {
  /** Says which method and policy in events and errors. */
  readonly label: string;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  emit(event: TaskEvent): void;
  /** Where an interrupted training continues, bit for bit; absent: it starts again. */
  readonly checkpoints?: Checkpoints;
  /** Looks at the policy on its way; absent: nobody looks. The training is the same bits either way. */
  readonly probe?: PolicyProbe;
}

export interface PolicyProbe {
  /** Whether the policy is to be looked at after `step` (from 1) of `steps`. */
  due(step: number, steps: number): boolean;
  /** @param adapter the trained policy's tensors at that step */
  look(step: number, steps: number, adapter: TensorMap): Promise<void>;
}

export interface Checkpoint {
  readonly step: number;
  readonly state: TensorMap;
  readonly curve: readonly CurvePoint[];
  readonly ledger: readonly LedgerEntry[];
}

export interface Checkpoints {
  /** Steps between two saves. */
  readonly every: number;
  load(): Promise<Checkpoint | null>;
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Hash of a plain JSON-able value; the order of keys does not count. */
export function contentKey(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, 32);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) return JSON.stringify(String(value));
  return JSON.stringify(value) ?? "null";
}

export type { ChargeKind };
