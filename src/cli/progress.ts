/**
 * Progress on stderr, fed by what a run reports, in lines that stay: one when a job ends, and now and then while one goes
 * on, with stage, rate, time left and budget spent.
 */

import { sanitise } from "../bench/files/sanitise.js";
import type { RunProgress } from "../bench/run.js";
import { duration, flops, NBSP, percent } from "../report/numbers.js";
import type { Io } from "./io.js";

const LINE_MS = 15_000;
/** A rate is taken over the last steps of about this long, so that it follows a change of load. */
const RATE_WINDOW_MS = 10_000;

interface Running {
  readonly kind: string;
  readonly label: string;
  readonly seed: number;
  step: number;
  steps: number;
  spentFlops: number;
  plannedFlops: number;
  /** (ms, step), oldest first. */
  readonly marks: [number, number][];
}

export class ProgressMeter {
  readonly #io: Io;
  readonly #start: number;
  readonly #running = new Map<string, Running>();
  #stage = "";
  #finished = 0;
  #stored = 0;
  /** FLOPs of trainings that have ended. */
  #spent = 0;
  #planned = 0;
  /** To the end of the whole run. */
  #etaSeconds: number | null = null;
  #written = 0;

  constructor(io: Io) {
    this.#io = io;
    this.#start = io.now();
    this.#written = this.#start;
  }

  on(progress: RunProgress): void {
    switch (progress.type) {
      case "job-started":
        this.#running.set(keyOf(progress), {
          kind: progress.kind,
          label: progress.label,
          seed: progress.seed,
          step: 0,
          steps: 0,
          spentFlops: 0,
          plannedFlops: 0,
          marks: [],
        });
        break;
      case "task":
        this.#onTask(progress);
        break;
      case "job-shared":
        return;
      case "job-finished":
        this.#onFinished(progress);
        return;
      case "run-progress":
        this.#etaSeconds = progress.etaSeconds;
        break;
      case "stage":
        this.#stage = `${progress.stage} (${progress.done + 1}/${progress.total})`;
        this.say(`${this.#elapsed()}  ${this.#stage}`);
        return;
      default:
        progress satisfies never;
    }
    this.#now();
  }

  /** A line for the reader that must stay: a notice, a warning. */
  say(line: string): void {
    this.#io.stderr.write(`${sanitise(line)}\n`);
  }

  #onTask({ label, seed, event }: Extract<RunProgress, { type: "task" }>): void {
    const running = this.#running.get(keyOf({ label, seed }));
    if (running === undefined) return;
    switch (event.type) {
      case "task-planned":
        running.steps = event.steps;
        running.plannedFlops = event.flops;
        break;
      case "task-step": {
        running.step = event.step;
        running.steps = event.steps;
        running.spentFlops = event.spentFlops;
        const now = this.#io.now();
        running.marks.push([now, event.step]);
        while (running.marks.length > 2 && (running.marks[0]?.[0] ?? now) < now - RATE_WINDOW_MS) running.marks.shift();
        break;
      }
      case "task-probe":
        break;
      default:
        event satisfies never;
    }
  }

  #onFinished(progress: Extract<RunProgress, { type: "job-finished" }>): void {
    const running = this.#running.get(keyOf(progress));
    this.#running.delete(keyOf(progress));
    this.#finished++;
    if (progress.stored) this.#stored++;
    if (running !== undefined) {
      this.#spent += running.spentFlops;
      this.#planned += running.plannedFlops;
    }
    if (progress.kind === "task" && !progress.stored) {
      const spent = running === undefined || running.spentFlops === 0 ? "" : `, ${flops(running.spentFlops)}`;
      this.#io.stderr.write(
        `${this.#elapsed()}  ${sanitise(progress.label)}, seed ${progress.seed}: done in ${duration(progress.seconds)}${spent}\n`.replaceAll(
          NBSP,
          " ",
        ),
      );
    }
  }

  #now(): void {
    const now = this.#io.now();
    if (now - this.#written < LINE_MS) return;
    this.#written = now;
    this.#io.stderr.write(`${this.line()}\n`);
  }

  /** The state in one line. */
  line(): string {
    const jobs = [...this.#running.values()].map((running) => describe(running));
    const spent = [...this.#running.values()].reduce((sum, { spentFlops }) => sum + spentFlops, this.#spent);
    const planned = [...this.#running.values()].reduce((sum, { plannedFlops }) => sum + plannedFlops, this.#planned);
    const budget = planned > 0 ? [`${flops(spent)} of ${flops(planned)} (${percent(spent / planned, 0)})`] : [];
    const stored = this.#stored > 0 ? ` (${this.#stored} found)` : "";
    return [
      this.#etaSeconds === null ? this.#elapsed() : `${this.#elapsed()}, about ${roughly(this.#etaSeconds)} left`,
      ...(this.#stage === "" ? [] : [this.#stage]),
      ...jobs,
      ...budget,
      `${this.#finished} jobs done${stored}`,
    ]
      .join("  ")
      .replaceAll(NBSP, " ");
  }

  #elapsed(): string {
    return elapsed(this.#io.now() - this.#start);
  }
}

function keyOf({ label, seed }: { readonly label: string; readonly seed: number }): string {
  return `${seed} ${label}`;
}

function describe({ kind, label, seed, step, steps, marks }: Running): string {
  const name = kind === "task" ? `${sanitise(label)} s${seed}` : "scoring";
  if (steps === 0) return name;
  const [first, last] = [marks[0], marks.at(-1)];
  const seconds = first === undefined || last === undefined ? 0 : (last[0] - first[0]) / 1000;
  const rate = seconds > 0 && first !== undefined && last !== undefined ? (last[1] - first[1]) / seconds : 0;
  const left =
    rate > 0 ? `, ${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)}/s, ${duration((steps - step) / rate)} left` : "";
  return `${name} ${step}/${steps}${left}`;
}

/** An estimate's own precision: whole minutes from two on. */
function roughly(seconds: number): string {
  return duration(seconds < 120 ? Math.ceil(seconds) : 60 * Math.round(seconds / 60)).replace(`${NBSP}00${NBSP}s`, "");
}

/** `1:05`, `1:02:03`. */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const pad = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}
