/** One training as it goes on: how far, how fast, and its curves. */
import type { RunEventOf } from "../../bench/files/events.js";
import { Series } from "./series.js";

/** Curves that the event schema knows by name, in the order in which they are shown. */
const NAMED = [
  ["loss", "loss"],
  ["rewardAccuracy", "reward accuracy"],
  ["kl", "KL"],
  ["penalty", "penalty"],
  ["margin", "margin"],
  ["learningRate", "learning rate"],
  ["gradientNorm", "gradient norm"],
  ["chosenShift", "shift of chosen"],
  ["tokensPerSecond", "tokens a second"],
] as const;

const THROUGHPUT = "steps a second";
const FIRST: readonly string[] = ["loss", "reward accuracy", "KL", "penalty", "learning rate", THROUGHPUT];
/** A rate is taken over at least this long: single steps jitter. */
const RATE_MS = 1000;
/** Curves of one training: a hostile log cannot fill the memory with names. */
const MOST_CURVES = 40;

export class Training {
  readonly #curves = new Map<string, Series>();
  /** `steps a second`, lately. */
  rate: number | undefined;
  step = 0;
  steps = 0;
  spentFlops = 0;
  plannedFlops = 0;
  /** Milliseconds since 1970, of its last event. */
  lastMs = 0;
  /** Whether its end has been told: one that plans anew as it goes reaches its last step more than once. */
  told = false;
  #mark: readonly [ms: number, step: number] | undefined;

  constructor(
    readonly seed: number,
    readonly method: string,
    readonly task: string,
  ) {}

  get done(): boolean {
    return this.steps > 0 && this.step >= this.steps;
  }

  plan(event: RunEventOf<"task-planned">): void {
    this.steps = event.steps;
    this.plannedFlops = event.flops;
    this.lastMs = event.time;
    // A training that starts again after an interruption draws its curves anew from where it goes on.
    this.#mark = undefined;
    this.rate = undefined;
    this.told = false;
  }

  apply(event: RunEventOf<"train-step">): void {
    this.step = event.step;
    this.steps = event.steps;
    this.spentFlops = event.spentFlops ?? this.spentFlops;
    this.lastMs = event.time;
    for (const [key, name] of NAMED) {
      const value = event[key];
      if (value !== undefined) this.#push(name, event.step, value);
    }
    for (const name in event.more) this.#push(name, event.step, event.more[name] ?? Number.NaN);
    if (this.#mark === undefined || event.step < this.#mark[1]) this.#mark = [event.time, event.step];
    else if (event.time - this.#mark[0] >= RATE_MS) {
      const rate = ((event.step - this.#mark[1]) * 1000) / (event.time - this.#mark[0]);
      this.#mark = [event.time, event.step];
      this.rate = this.rate === undefined ? rate : this.rate + 0.3 * (rate - this.rate);
      this.#push(THROUGHPUT, event.step, rate);
    }
  }

  /** Seconds to its end at the present rate; undefined where it is not known. */
  get secondsLeft(): number | undefined {
    return this.rate === undefined || this.rate <= 0 ? undefined : (this.steps - this.step) / this.rate;
  }

  curve(name: string): Series | undefined {
    return this.#curves.get(name);
  }

  /** Names of curves that have points; those that matter most come first. */
  curveNames(): string[] {
    const known = [...this.#curves.keys()];
    const order = (name: string): number => {
      const at = FIRST.indexOf(name);
      return at < 0 ? FIRST.length + known.indexOf(name) : at;
    };
    return known.sort((a, b) => order(a) - order(b));
  }

  #push(name: string, step: number, value: number): void {
    let series = this.#curves.get(name);
    if (series === undefined) {
      if (this.#curves.size >= MOST_CURVES) return;
      series = new Series();
      this.#curves.set(name, series);
    }
    series.push(step, value);
  }
}
