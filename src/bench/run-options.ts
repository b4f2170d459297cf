/** What a run is asked for, and what it tells and gives back. */
import type { EngineId } from "../engine/engine.js";
import type { BasePrecision } from "./base-precision.js";
import type { RunEvent } from "./files/events.js";
import type { RunState } from "./run-estimate.js";
import type { Progress } from "./session.js";
import type { RunSummary } from "./summary.js";

export interface RunOptions {
  /** Name of a suite that ships, or path of a suite file; with `resume`, the run's own. */
  readonly suite: string;
  /** The run folder; `reports/runs/<id>` under `cwd` where absent. */
  readonly out: string | undefined;
  readonly data: string | undefined;
  readonly seeds: readonly number[] | undefined;
  readonly engine: EngineId | "auto" | undefined;
  /** Worker threads; each does one thread's arithmetic. */
  readonly threads: number;
  readonly budgetPer: "method" | "policy" | undefined;
  /** Looks at each policy in training, for watching; 0 or absent: none. With `resume`, the run's own. */
  readonly probes?: number | undefined;
  /** Folder of a base policy in Hugging Face layout. */
  readonly base: string | undefined;
  /** How the frozen base is stored: float16 rounds its weights once. With `resume`, the run's own. Default float32. */
  readonly basePrecision?: BasePrecision | undefined;
  /** Rows of one call at most, in training, writing and scoring; absent: found by the program. */
  readonly batch?: number | undefined;
  /** Folder of a run whose base, judges and lock are taken over. */
  readonly reuse: string | undefined;
  /** Folder of the interrupted run to go on with. */
  readonly resume: string | undefined;
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Called once the run folder is this run's. */
  readonly onFolder: (path: string) => void;
  readonly onProgress: (progress: RunProgress) => void;
  /** Every event as it is written down; absent: nobody watches. */
  readonly onEvent?: (event: RunEvent) => void;
  /** One line that a reader should see. */
  readonly onNotice: (line: string) => void;
  /** The built worker; the package's own where absent. */
  readonly workerScript?: URL;
}

export interface RunResult {
  readonly folder: string;
  readonly summary: RunSummary;
}

/** What a screen is told while a run goes on. */
export type RunProgress =
  | Progress
  /** Of the whole run, about once a second. */
  | ({ readonly type: "run-progress" } & RunState)
  | { readonly type: "stage"; readonly stage: string; readonly done: number; readonly total: number };
