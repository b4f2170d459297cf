/**
 * A run as lines that stay: for logs, for pipes, and for readers whose screen is read aloud. Each line is whole in itself;
 * nothing is drawn over, no sign stands where a word would do.
 */
import { sanitise, terminalJson } from "../../bench/files/sanitise.js";
import { decimal, duration, flops, percent } from "../../report/numbers.js";
import { wrap } from "../../report/text-width.js";
import { isItReal, whatItCost, whoWins } from "../../report/verdicts.js";
import { asciiText } from "../draw/screen.js";
import { activeTrainings, clock, shareDone, statusWords } from "../panels/overview.js";
import { plainSpaces } from "../panels/panel.js";
import type { Notice, RunState } from "../state/run-state.js";
import type { RunSource } from "./controller.js";

export interface RunLinesOptions {
  /** One JSON document a line: how the run stands. */
  readonly json: boolean;
  /** Units in words, intervals in words. */
  readonly words: boolean;
  /** Columns of a line. */
  readonly width: () => number;
  /** Whether what ASCII lacks is written in its stead; default no. */
  readonly ascii?: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  /** Whether it is said now and then how far the run is; default yes. */
  readonly progress?: boolean;
  /** Whether a run that is over ends with who wins, is it real, what it cost; default yes. */
  readonly verdict?: boolean;
}

/** While nothing else is said, how far the run is. */
const PROGRESS_MS = 15_000;

export class RunLines {
  readonly #source: RunSource;
  readonly #options: RunLinesOptions;
  readonly #said = new WeakSet<Notice>();
  readonly #told = new Map<string, number>();
  #lastMs: number;

  constructor(source: RunSource, options: RunLinesOptions) {
    this.#source = source;
    this.#options = options;
    this.#lastMs = options.now();
  }

  /** Says what is new. @returns whether the run is over, or can be read no further */
  look(): boolean {
    this.#source.poll();
    const { state, fault } = this.#source;
    for (const notice of state.notices) {
      if (this.#said.has(notice)) continue;
      this.#said.add(notice);
      const { time, workedMs, text, tone } = notice;
      if (this.#options.json) this.#json({ type: "notice", time, tone, text });
      else this.#say(`${clock(workedMs)}  ${tone === "bad" ? "Attention: " : ""}${text}`);
    }
    this.#hypervolumes(state);
    const { now, progress = true, verdict = true } = this.#options;
    if (progress && !state.over && now() - this.#lastMs >= PROGRESS_MS) this.#progress(state);
    if (fault !== undefined) this.#say(`Attention: ${fault}`);
    if (state.over && verdict) this.#end(state);
    return state.over || fault !== undefined;
  }

  #hypervolumes(state: RunState): void {
    for (const { seed, method, split, candidates, value, low, high } of state.hypervolumes.values()) {
      const key = JSON.stringify([seed, method, split]);
      if (this.#told.get(key) === candidates) continue;
      this.#told.set(key, candidates);
      if (this.#options.json) {
        this.#json({ type: "hypervolume", seed, method, split, candidates, value, low, high });
        continue;
      }
      const interval = this.#options.words
        ? `, interval from ${decimal(low)} to ${decimal(high)}`
        : ` [${decimal(low)}, ${decimal(high)}]`;
      this.#say(
        `${method}, seed ${seed}, ${split}: hypervolume ${decimal(value)}${interval} of ${candidates} scored so far`,
      );
    }
  }

  #progress(state: RunState): void {
    this.#lastMs = this.#options.now();
    const share = shareDone(state);
    if (this.#options.json) {
      this.#json({
        type: "progress",
        stage: state.stage?.name ?? null,
        done: share ?? null,
        etaSeconds: state.progress?.etaSeconds ?? null,
      });
      return;
    }
    const left = state.progress?.etaSeconds ?? undefined;
    const trainings = activeTrainings(state).map(
      ({ method, task, step, steps, spentFlops }) =>
        `${method} ${task}: step ${step} of ${steps}, ${flops(spentFlops)}`,
    );
    const parts = [
      state.stage?.name ?? statusWords(state),
      ...(share === undefined ? [] : [`${percent(share, 0)} done`]),
      ...(left === undefined ? [] : [`about ${duration(left)} left`]),
      ...trainings,
    ];
    this.#say(parts.join("; "));
  }

  #end(state: RunState): void {
    const { summary } = state;
    const sentences = summary === undefined ? [] : [...whoWins(summary), ...isItReal(summary), ...whatItCost(summary)];
    if (this.#options.json)
      this.#json({ type: "end", status: state.status.kind, sentences: sentences.map(plainSpaces) });
    else for (const sentence of sentences.length === 0 ? [statusWords(state)] : sentences) this.#say(sentence);
  }

  #json(document: Record<string, unknown>): void {
    this.#options.write(terminalJson(document));
  }

  #say(text: string): void {
    this.#lastMs = this.#options.now();
    const { ascii = false, width, write } = this.#options;
    const clean = sanitise(text);
    if (this.#options.json) this.#json({ type: "notice", text: plainSpaces(clean) });
    // A number and its unit stay on one line.
    else for (const line of wrap(clean, width()).map(plainSpaces)) write(ascii ? asciiText(line) : line);
  }
}
