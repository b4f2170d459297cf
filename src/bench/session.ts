/**
 * One run under way: its pool of workers, its results so far, its events. Asks for a job once, finds it done after an
 * interruption, and says on the way how far things are.
 */
import type { TaskEvent } from "../methods/task.js";
import type { ArtefactFolder, StoredTask } from "./artefacts.js";
import type { ScoredReplies, ScoreJob, TaskJob } from "./jobs.js";
import type { WorkerPool } from "./pool.js";

/** What a session can be asked for. */
type SessionJob = TaskJob | ScoreJob;

/** What live readers are told; `events.ts` is how it is written down. */
export type Progress =
  | { readonly type: "job-started"; readonly kind: SessionJob["kind"]; readonly label: string; readonly seed: number }
  | {
      readonly type: "job-finished";
      readonly kind: SessionJob["kind"];
      readonly label: string;
      readonly seed: number;
      readonly seconds: number;
      /** Found in the run folder: nothing was computed. */
      readonly stored: boolean;
      /** FLOPs that a training charged, or policies that were scored on a split. */
      readonly work: { readonly flops: number } | { readonly policies: number; readonly split: ScoreJob["split"] };
    }
  /** Asked for before under another label: done once. */
  | { readonly type: "job-shared"; readonly label: string; readonly seed: number; readonly with: string }
  | { readonly type: "task"; readonly label: string; readonly seed: number; readonly event: TaskEvent };

export class Session {
  readonly #running = new Map<string, { readonly label: string; readonly result: Promise<StoredTask> }>();

  constructor(
    readonly pool: WorkerPool,
    readonly artefacts: ArtefactFolder,
    readonly report: (progress: Progress) => void,
  ) {}

  /** Runs a task, or finds its result; equal keys share one execution. */
  task(job: TaskJob, priority: number): Promise<StoredTask> {
    const running = this.#running.get(job.key);
    if (running !== undefined) {
      this.report({ type: "job-shared", label: job.label, seed: job.seed, with: running.label });
      return running.result;
    }
    const started = this.#task(job, priority);
    this.#running.set(job.key, { label: job.label, result: started });
    return started;
  }

  async #task(job: TaskJob, priority: number): Promise<StoredTask> {
    const stored = this.artefacts.readJson<StoredTask>(job.key, "done.json");
    if (stored !== undefined) {
      this.#finished(job, stored.seconds, true, { flops: flopsOf(stored) });
      return stored;
    }
    const result = await this.#run(job, priority);
    if (result.kind !== "task") throw new Error(`a ${result.kind} came back for the task ${job.label}`);
    this.#finished(job, result.seconds, false, { flops: flopsOf(result) });
    return result;
  }

  async score(job: ScoreJob, priority: number): Promise<ScoredReplies> {
    const work = { policies: job.policies.length, split: job.split };
    const stored = this.artefacts.readJson<ScoredReplies>(job.key, "scored.json");
    if (stored !== undefined) {
      this.#finished(job, 0, true, work);
      return stored;
    }
    const result = await this.#run(job, priority);
    if (result.kind !== "score") throw new Error(`a ${result.kind} came back for ${job.label}`);
    this.#finished(job, result.seconds, false, work);
    const scored = this.artefacts.readJson<ScoredReplies>(job.key, "scored.json");
    if (scored === undefined) throw new Error(`${job.label}: its result is missing`);
    return scored;
  }

  #run(job: SessionJob, priority: number) {
    let started = false;
    return this.pool.run(job, priority, {
      onStart: () => {
        if (started) return;
        started = true;
        this.report({ type: "job-started", kind: job.kind, label: job.label, seed: job.seed });
      },
      onEvent: (event) => this.report({ type: "task", label: job.label, seed: job.seed, event }),
    });
  }

  #finished(
    { kind, label, seed }: SessionJob,
    seconds: number,
    stored: boolean,
    work: Extract<Progress, { type: "job-finished" }>["work"],
  ): void {
    this.report({ type: "job-finished", kind, label, seed, seconds, stored, work });
  }
}

function flopsOf({ summary }: Pick<StoredTask, "summary">): number {
  return summary.ledger.reduce((sum, entry) => sum + entry.flops, 0);
}
