/**
 * What worker threads are asked to do, as plain data. A job's result lies in the run folder before its promise resolves,
 * so an interrupted run finds it there.
 */
import type { EngineId } from "../engine/engine.js";
import type { AdapterConfig } from "../lm/adapters.js";
import type { TokenizerFiles } from "../lm/tokenizer-files.js";
import type { ArtefactRef, Task, TaskSummary } from "../methods/task.js";
import type { BasePrecision } from "./base-precision.js";
import type { PreparedData } from "./prepare.js";
import type { Suite } from "./suite.js";
import type { SummaryInput } from "./summarise.js";
import type { RunSummary } from "./summary.js";

/** What every job of a worker needs; sent again when a stage changes it. */
export interface WorkerSetup {
  readonly engine: EngineId;
  readonly suite: Suite;
  readonly data: PreparedData;
  readonly tokenizer: TokenizerFiles;
  /** The run folder's `checkpoints/`. */
  readonly checkpoints: string;
  /** Folder of the base policy (Hugging Face layout); absent while it is still to be trained. */
  readonly base?: string;
  /** How engines store the base's weights; absent: float32. */
  readonly basePrecision?: BasePrecision;
  /** Rows of one call at most; absent: found by the program. */
  readonly batch?: number;
  /** The judging reward model's artefact, where the suite has one. */
  readonly judge?: ArtefactRef;
}

/** Executes one task of a method (or SFT, or the judging scorer). */
export interface TaskJob {
  readonly kind: "task";
  /** Names the result: equal keys, equal bits. */
  readonly key: string;
  readonly label: string;
  readonly task: Task;
  readonly seed: number;
  /** `null`: uncharged, no bound. */
  readonly budgetFlops: number | null;
  /** Whose pairs it trains on. */
  readonly split: "train" | "scorer";
  /** Threads of arithmetic: more than one where nothing else can run beside it. */
  readonly threads: number;
  /** How often the policy is looked at on its way: not part of the key, for it changes no result. */
  readonly probes?: number;
}

/** A stored adapter, and what its tensors mean. */
export interface AdapterRef {
  readonly ref: ArtefactRef;
  readonly config: AdapterConfig;
}

/** Generates and scores replies of some policies of one bank to one split's prompts. */
export interface ScoreJob {
  readonly kind: "score";
  readonly key: string;
  readonly label: string;
  readonly seed: number;
  readonly split: "validation" | "test";
  readonly adapters: readonly AdapterRef[];
  /** One row of coefficients over `adapters` a policy. */
  readonly policies: readonly (readonly number[])[];
  /** Whether to measure KL(pi‖base) on the replies. */
  readonly kl: boolean;
  /** Held-out pairs a value whose sides the policies are asked to tell apart; 0: none. */
  readonly pairs: number;
}

/** The statistics of a finished run: nothing is stored, and the main thread stays free for signals meanwhile. */
export interface SummaryJob {
  readonly kind: "summary";
  readonly input: SummaryInput;
}

export type Job = TaskJob | ScoreJob | SummaryJob;

export type JobResult =
  | {
      readonly kind: "task";
      readonly artefacts: readonly string[];
      readonly summary: TaskSummary;
      readonly seconds: number;
    }
  | { readonly kind: "score"; readonly seconds: number }
  | { readonly kind: "summary"; readonly summary: RunSummary };

/** `checkpoints/<key>/scored.json`: what a score job found, `replies[policy][prompt][sample]`. */
export interface ScoredReplies {
  readonly prompts: readonly string[];
  readonly replies: readonly (readonly (readonly ScoredReply[])[])[];
  /** `[policy][value][pair]`, nats; null where no pair was asked for. */
  readonly margins: readonly PolicyMargins[] | null;
}

/** `[value][pair]`: implicit reward of the chosen side less that of the rejected; `null` for what is not a finite number. */
export type PolicyMargins = readonly (readonly (number | null)[])[];

export interface ScoredReply {
  readonly text: string;
  readonly ended: boolean;
  readonly broken: boolean;
  /** In suite order of values, raw units; `null` for a score that is not a finite number. */
  readonly scores: readonly (number | null)[];
  /** Nats over the whole reply; `null` where not measured. */
  readonly kl: number | null;
}
