/**
 * A run as lines that stay with what moves below them, without any terminal: asks for what is new, keeps the lines, and
 * makes a frame when one is due.
 */
import { sanitise } from "../../bench/files/sanitise.js";
import type { Glyphs } from "../draw/glyphs.js";
import type { ColourDepth, Ground } from "../draw/style.js";
import { drawLive } from "../panels/live.js";
import { FRAME_MS, type RunSource } from "./controller.js";
import type { InlineFrame, InlineSource } from "./inline-view.js";
import { RunLines } from "./run-lines.js";

export interface InlineRunOptions {
  readonly source: RunSource;
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
  readonly ground: Ground;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Whether a run that is over ends with who wins, is it real, what it cost. */
  readonly verdict: boolean;
}

/** Drawing takes at most one part in so many of one processor. */
const LEAST_REST = 75;
/** The clock goes on even where nothing happens. */
const CLOCK_MS = 1000;
/** Columns that a line is broken to at least; narrower windows break it themselves. */
const LEAST_WIDTH = 20;

export class InlineRun implements InlineSource {
  readonly #options: InlineRunOptions;
  readonly #lines: RunLines;
  readonly #listeners = new Set<() => void>();
  #history: string[] = [];
  #said: string[] = [];
  #frame: InlineFrame = { history: [], live: [] };
  #over = false;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #drawnRevision = -1;
  /** Milliseconds that a frame takes, lately. */
  #cost = 0;

  constructor(options: InlineRunOptions) {
    const { source, glyphs, now, size, verdict } = options;
    this.#options = options;
    this.#lines = new RunLines(source, {
      ...{ json: false, words: false, now, verdict, progress: false, ascii: glyphs.charset === "ascii" },
      width: () => Math.max(LEAST_WIDTH, size().columns),
      write: (line) => this.#said.push(line),
    });
  }

  /** Whether the run has ended, or can be read no further. */
  get over(): boolean {
    return this.#over;
  }

  readonly frame = (): InlineFrame => this.#frame;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** To be called about every `FRAME_MS`. @returns whether a frame was made */
  tick(): boolean {
    const { source, now } = this.#options;
    const since = now() - this.#drawnMs;
    if (this.#over || since < Math.max(FRAME_MS * 0.9, this.#cost * LEAST_REST)) return false;
    this.#over = this.#lines.look();
    const stale = this.#said.length > 0 || this.#over || source.state.revision !== this.#drawnRevision;
    if (!stale && since < CLOCK_MS) return false;
    this.#show();
    return true;
  }

  /** Says what a frame cost, drawing on the terminal included. */
  spent(ms: number): void {
    this.#cost = this.#cost === 0 ? ms : this.#cost + 0.3 * (ms - this.#cost);
  }

  redraw(): void {
    this.#show();
  }

  /** What others have printed takes its place among the lines that stay. */
  print(text: string): void {
    const lines = sanitise(text, { lineEnds: "keep" }).split("\n");
    this.#said.push(...lines.filter((line) => line.trim() !== ""));
  }

  /** Says what is left to say, and takes away what moves. */
  end(): void {
    if (!this.#over) this.#lines.look();
    this.#over = true;
    this.#show();
  }

  #show(): void {
    const { source, glyphs, depth, ground, now, size } = this.#options;
    const { columns, rows } = size();
    if (this.#said.length > 0) this.#history = [...this.#history, ...this.#said.splice(0)];
    const input = { state: source.state, glyphs, nowMs: now() };
    const live = this.#over ? [] : drawLive(columns, rows, input).lines(depth, ground);
    this.#frame = { history: this.#history, live };
    this.#drawnRevision = source.state.revision;
    this.#drawnMs = now();
    for (const listener of this.#listeners) listener();
  }
}
