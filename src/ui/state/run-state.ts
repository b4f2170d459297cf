/**
 * All that the dashboard knows of a run, folded from its events. Bounded whatever the number of events: curves are
 * bucketed, history is cut, candidates are kept once.
 */
import type { RunEvent, RunEventOf } from "../../bench/files/events.js";
import type { RunSummary } from "../../bench/summary.js";
import { Training } from "./training.js";

export type RunStart = RunEventOf<"run-started">;
export type Scored = RunEventOf<"candidate-scored">;
export type LiveHypervolume = RunEventOf<"hypervolume">;
export type SampleEvent = RunEventOf<"sample">;
export type PairInterference = RunEventOf<"interference">;
export type ProbeEvent = RunEventOf<"probe">;
export type LedgerEvent = RunEventOf<"ledger">;

export interface Stage {
  readonly name: string;
  readonly startedMs: number;
  unit: string;
  done: number;
  total: number | null;
  rate: number | null;
  etaSeconds: number | null;
  /** Null while it goes on. */
  seconds: number | null;
}

export interface Notice {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** How long the run had been worked on by then, in milliseconds. */
  readonly workedMs: number;
  readonly tone: "plain" | "good" | "bad";
  readonly text: string;
}

export type RunStatus =
  | { readonly kind: "waiting" }
  | { readonly kind: "running" }
  | { readonly kind: "finished"; readonly failed: boolean; readonly seconds: number }
  | { readonly kind: "interrupted"; readonly signal: string }
  /** Its process has gone without a word. */
  | { readonly kind: "dead" };

export interface SamplePrompt {
  readonly key: string;
  readonly text: string;
  /** By seed, method and candidate. */
  readonly replies: Map<string, SampleEvent>;
}

const MOST_NOTICES = 400;
const MOST_SAMPLES = 4000;
const MOST_TRAININGS = 2000;
const MOST_CANDIDATES = 20_000;
const MOST_PROBES = 20_000;

const keyOf = (...parts: readonly (string | number | null)[]): string => JSON.stringify(parts);

export class RunState {
  start: RunStart | undefined;
  status: RunStatus = { kind: "waiting" };
  /** What the finished run found; read from `summary.json` when the events say that it is there. */
  summary: RunSummary | undefined;
  readonly stages: Stage[] = [];
  readonly notices: Notice[] = [];
  readonly ledger = new Map<string, LedgerEvent>();
  readonly hypervolumes = new Map<string, LiveHypervolume>();
  readonly interference = new Map<string, PairInterference>();
  readonly prompts = new Map<string, SamplePrompt>();
  /** Share of the whole run that is done, and seconds to its end. */
  progress: { readonly done: number; readonly etaSeconds: number | null } | undefined;
  /** Where the run lies, as a reader of this terminal would write it; undefined where only its events are known. */
  folder: string | undefined;
  /** Milliseconds since 1970 of the first start and of what was last heard. */
  startedMs: number | undefined;
  lastMs: number | undefined;
  /** Milliseconds in which the run lay stopped, between an end and the start after it. */
  #stoppedMs = 0;
  events = 0;
  /** Goes up with every change: what is drawn from an old one is stale. */
  revision = 0;
  readonly #trainings = new Map<string, Training>();
  /** Trainings that another method asked for first. */
  readonly #shared = new Map<string, string[]>();
  readonly #candidates = new Map<string, Scored>();
  readonly #probes = new Map<string, ProbeEvent>();
  #samples = 0;

  get values(): readonly string[] {
    return this.start?.values ?? [];
  }

  /** One a value, raw units; undefined as long as the run has not set them. */
  get scales(): NonNullable<RunStart["scales"]> | RunSummary["values"] | undefined {
    return this.start?.scales ?? this.summary?.values;
  }

  get trainings(): Training[] {
    return [...this.#trainings.values()];
  }

  /** Of all splits; a candidate scored again replaces itself. */
  get candidates(): Scored[] {
    return [...this.#candidates.values()];
  }

  /** Looks at policies in training, as they came; one that was looked at again replaces itself. */
  get probes(): ProbeEvent[] {
    return [...this.#probes.values()];
  }

  get stage(): Stage | undefined {
    const last = this.stages.at(-1);
    return last?.seconds === null ? last : undefined;
  }

  get over(): boolean {
    return this.status.kind !== "running" && this.status.kind !== "waiting";
  }

  /** How long the run has been worked on up to some time in its latest attempt, in milliseconds: as its report counts. */
  workedMs(time: number): number {
    return this.startedMs === undefined ? 0 : Math.max(0, time - this.startedMs - this.#stoppedMs);
  }

  apply(event: RunEvent): void {
    this.events++;
    this.revision++;
    if (event.type === "run-started" && this.lastMs !== undefined) {
      this.#stoppedMs += Math.max(0, event.time - this.lastMs);
    }
    this.lastMs = event.time;
    switch (event.type) {
      case "run-started":
        this.#begin(event);
        return;
      case "stage-started":
        this.#endStage(event.time);
        this.stages.push({
          name: event.stage,
          startedMs: event.time,
          unit: event.unit,
          done: 0,
          total: event.total,
          rate: null,
          etaSeconds: null,
          seconds: null,
        });
        this.say(event.time, "plain", event.stage);
        return;
      case "stage-progress": {
        const stage = this.stages.findLast(({ name }) => name === event.stage);
        if (stage !== undefined) {
          const { done, total, rate, etaSeconds } = event;
          Object.assign(stage, { done, total, rate, etaSeconds });
        }
        return;
      }
      case "stage-finished": {
        const stage = this.stages.findLast(({ name }) => name === event.stage);
        if (stage !== undefined) stage.seconds = event.seconds;
        return;
      }
      case "run-progress":
        this.progress = { done: event.done, etaSeconds: event.etaSeconds };
        return;
      case "task-planned":
        this.#training(event.seed, event.method, event.task)?.plan(event);
        return;
      case "task-shared": {
        const key = keyOf(event.seed, event.method);
        const of = keyOf(event.seed, event.with, event.withTask);
        const known = this.#shared.get(key) ?? [];
        if (!known.includes(of)) this.#shared.set(key, [...known, of]);
        return;
      }
      case "train-step": {
        const training = this.#training(event.seed, event.method, event.task);
        training?.apply(event);
        if (training?.done === true && !training.told) {
          training.told = true;
          this.say(event.time, "plain", `${event.method} ${event.task} trained`);
        }
        return;
      }
      case "candidate-scored":
        if (this.#candidates.size < MOST_CANDIDATES) {
          this.#candidates.set(keyOf(event.seed, event.method, event.candidate, event.split), event);
        }
        return;
      case "probe":
        if (this.#probes.size < MOST_PROBES) {
          this.#probes.set(keyOf(event.seed, event.method, event.task, event.step), event);
        }
        return;
      case "hypervolume":
        this.hypervolumes.set(keyOf(event.seed, event.method, event.split), event);
        return;
      case "sample":
        this.#sample(event);
        return;
      case "interference":
        this.interference.set(keyOf(event.seed, event.method, event.a, event.b, event.layer), event);
        return;
      case "ledger":
        this.ledger.set(keyOf(event.seed, event.method, event.kind), event);
        return;
      case "warning":
        this.say(event.time, "bad", event.message);
        return;
      case "method-failed":
        this.say(event.time, "bad", `${event.method} failed (seed ${event.seed}): ${event.message}`);
        return;
      case "run-interrupted":
        this.#endStage(event.time);
        this.status = { kind: "interrupted", signal: event.signal };
        this.say(event.time, "bad", `stopped by ${event.signal}`);
        return;
      case "run-finished":
        this.#endStage(event.time);
        this.status = { kind: "finished", failed: event.status === "failed", seconds: event.seconds };
        this.say(event.time, "good", event.headline ?? "finished");
        return;
      default:
        event satisfies never;
    }
  }

  /** What a method has spent and may spend, FLOPs over all seeds so far; `total` is null where it is not known. */
  budgetOf(method: string): { readonly spent: number; readonly total: number | null } {
    const seeds = this.start?.seeds ?? [];
    let [spent, planned] = [0, 0];
    for (const seed of seeds) {
      const settled = [...this.ledger.values()].filter((row) => row.seed === seed && row.method === method);
      if (settled.length > 0) {
        for (const row of settled) {
          spent += row.spent;
          planned += row.planned;
        }
        continue;
      }
      for (const training of this.#trainingsOf(seed, method)) {
        spent += training.spentFlops;
        planned += training.plannedFlops;
      }
    }
    const budget = this.start?.budget;
    const total = budget?.per === "method" ? budget.flops * seeds.length : planned > 0 ? planned : null;
    return { spent, total };
  }

  /** Enters what is not an event: the reader has found out that the run's process is gone, say. */
  say(time: number, tone: Notice["tone"], text: string): void {
    this.notices.push({ time, workedMs: this.workedMs(time), tone, text });
    if (this.notices.length > MOST_NOTICES) this.notices.splice(0, this.notices.length - MOST_NOTICES);
    this.revision++;
  }

  lose(): void {
    if (this.status.kind !== "running") return;
    this.status = { kind: "dead" };
    this.say(this.lastMs ?? 0, "bad", "the run's process is gone; this is what it had written");
  }

  #begin(event: RunStart): void {
    this.start = event;
    this.startedMs ??= event.time;
    this.stages.length = 0;
    this.progress = undefined;
    this.summary = undefined;
    this.status = { kind: "running" };
    this.say(event.time, "plain", event.resumed ? `gone on with: ${event.run}` : `started: ${event.run}`);
  }

  #endStage(time: number): void {
    const stage = this.stages.at(-1);
    if (stage !== undefined && stage.seconds === null) stage.seconds = Math.max(0, time - stage.startedMs) / 1000;
  }

  #training(seed: number, method: string, task: string): Training | undefined {
    const key = keyOf(seed, method, task);
    let training = this.#trainings.get(key);
    if (training === undefined && this.#trainings.size < MOST_TRAININGS) {
      training = new Training(seed, method, task);
      this.#trainings.set(key, training);
    }
    return training;
  }

  #trainingsOf(seed: number, method: string): Training[] {
    const own = this.trainings.filter((training) => training.seed === seed && training.method === method);
    const shared = (this.#shared.get(keyOf(seed, method)) ?? []).flatMap((key) => this.#trainings.get(key) ?? []);
    return [...own, ...shared];
  }

  #sample(event: SampleEvent): void {
    let prompt = this.prompts.get(event.prompt);
    if (prompt === undefined) {
      prompt = { key: event.prompt, text: event.promptText, replies: new Map() };
      this.prompts.set(event.prompt, prompt);
    }
    const key = keyOf(event.seed, event.method, event.candidate);
    if (!prompt.replies.has(key) && this.#samples++ >= MOST_SAMPLES) return;
    prompt.replies.set(key, event);
  }
}
