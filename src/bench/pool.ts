/**
 * Worker threads that execute jobs. `session.run` blocks its thread for a whole step, so nothing is trained on the main
 * thread: it stays free for signals and the screen. Each worker uses one thread of arithmetic; results do not depend on
 * which worker runs a job, nor on how many there are.
 */
import "../engine/no-telemetry.js";
import { Worker } from "node:worker_threads";
import { type EngineId, hasOwnMemory } from "../engine/engine.js";
import { prepareWorkers } from "../engine/index.js";
import type { LedgerEntry } from "../methods/budget.js";
import type { TaskEvent } from "../methods/task.js";
import type { Job, JobResult, WorkerSetup } from "./jobs.js";

export type ToWorker =
  | { readonly type: "setup"; readonly setup: WorkerSetup }
  | { readonly type: "job"; readonly id: number; readonly job: Job }
  | { readonly type: "abort" }
  | { readonly type: "close" };

export type FromWorker =
  | { readonly type: "event"; readonly id: number; readonly event: TaskEvent }
  | { readonly type: "done"; readonly id: number; readonly result: JobResult }
  | { readonly type: "failed"; readonly id: number; readonly error: PlainError }
  /** One line that a user should see. */
  | { readonly type: "notice"; readonly line: string };

/** An error as it crosses threads. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly exitCode?: number;
  readonly step?: number;
  readonly spent?: readonly LedgerEntry[];
}

/** A job that failed in its worker, with what the original error said of itself. */
export class JobError extends Error {
  override readonly name: string;
  readonly code: string | undefined;
  readonly exitCode: number | undefined;
  readonly step: number | undefined;
  /** What a training that failed had spent. */
  readonly spent: readonly LedgerEntry[];

  constructor(plain: PlainError) {
    super(plain.message);
    this.name = plain.name;
    this.code = plain.code;
    this.exitCode = plain.exitCode;
    this.step = plain.step;
    this.spent = plain.spent ?? [];
    if (plain.stack !== undefined) this.stack = plain.stack;
  }
}

/** The pool was stopped (interrupted, or closed) before the job ended. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export interface JobListener {
  onStart(): void;
  onEvent(event: TaskEvent): void;
}

interface Pending {
  readonly id: number;
  readonly job: Job;
  readonly priority: number;
  readonly listener: JobListener;
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

interface Member {
  readonly worker: Worker;
  readonly ended: Promise<unknown>;
  current: Pending | undefined;
}

/** Worker threads for a run: one where all would share a GPU, which serves one caller at a time. */
export function workersFor(engine: EngineId, threads: number): number {
  return hasOwnMemory(engine) ? 1 : threads;
}

export interface PoolOptions {
  readonly engine: EngineId;
  readonly threads: number;
  readonly onNotice: (line: string) => void;
  /** Absent: the built one. */
  readonly workerScript?: URL | undefined;
}

/** The workers of a run on an engine, in the environment that its library reads. */
export function openPool({ engine, threads, onNotice, workerScript }: PoolOptions): WorkerPool {
  prepareWorkers(engine, threads);
  const script = workerScript ?? new URL("./worker.js", import.meta.url);
  return new WorkerPool(workersFor(engine, threads), script, onNotice);
}

export class WorkerPool {
  readonly #members: Member[] = [];
  readonly #queue: Pending[] = [];
  #nextId = 1;
  #stopped: Error | undefined;

  /**
   * @param script the built worker (`dist/bench/worker.js`)
   * @param onNotice called with a line that a user should see
   */
  constructor(
    readonly size: number,
    script: URL,
    readonly onNotice: (line: string) => void,
  ) {
    for (let i = 0; i < size; i++) {
      const worker = new Worker(script, { stdout: true, stderr: true });
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      const member: Member = { worker, ended, current: undefined };
      worker.on("message", (message: FromWorker) => this.#receive(member, message));
      worker.on("error", (error: Error) => this.stop(error));
      // A worker's own prints are nobody's result; what libraries complain of is kept for those who ask.
      worker.stdout.resume();
      worker.stderr.resume();
      this.#members.push(member);
    }
  }

  /** Gives every worker what its jobs need; jobs run after it see it. */
  setup(setup: WorkerSetup): void {
    for (const { worker } of this.#members) worker.postMessage({ type: "setup", setup } satisfies ToWorker);
  }

  /** @param priority lower runs first; equal ones in order of asking */
  run(job: Job, priority: number, listener: JobListener): Promise<JobResult> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: this.#nextId++, job, priority, listener, resolve, reject });
      this.#queue.sort((a, b) => a.priority - b.priority || a.id - b.id);
      // Started in a later turn, so that jobs asked for together are ordered by priority before the first one starts.
      setImmediate(() => this.#dispatch());
    });
  }

  /** Rejects everything that waits or runs and ends the threads. */
  stop(reason: Error = new Stopped("stopped")): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    for (const member of this.#members) {
      member.worker.postMessage({ type: "abort" } satisfies ToWorker);
      member.current?.reject(reason);
      member.current = undefined;
    }
    for (const pending of this.#queue.splice(0)) pending.reject(reason);
  }

  /**
   * Waits for the threads to end by themselves. They are not terminated: ONNX Runtime's binding aborts the whole process
   * when its thread is taken away in mid-call (1.30).
   */
  async close(): Promise<void> {
    this.stop(new Stopped("the pool is closed"));
    for (const { worker } of this.#members) worker.postMessage({ type: "close" } satisfies ToWorker);
    await Promise.all(this.#members.map(({ ended }) => ended));
  }

  #dispatch(): void {
    for (const member of this.#members) {
      if (member.current !== undefined) continue;
      const next = this.#queue.shift();
      if (next === undefined) return;
      member.current = next;
      next.listener.onStart();
      member.worker.postMessage({ type: "job", id: next.id, job: next.job } satisfies ToWorker);
    }
  }

  #receive(member: Member, message: FromWorker): void {
    if (message.type === "notice") {
      this.onNotice(message.line);
      return;
    }
    const pending = member.current;
    if (pending === undefined || pending.id !== message.id) return;
    switch (message.type) {
      case "event":
        try {
          pending.listener.onEvent(message.event);
        } catch (error) {
          // The disk is full, say: nothing catches what a message handler throws.
          this.stop(error instanceof Error ? error : new Error(String(error)));
        }
        return;
      case "done":
        member.current = undefined;
        pending.resolve(message.result);
        break;
      case "failed":
        member.current = undefined;
        pending.reject(new JobError(message.error));
        break;
      default:
        message satisfies never;
    }
    setImmediate(() => this.#dispatch());
  }
}
