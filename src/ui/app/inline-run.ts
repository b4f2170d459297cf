/**
 * A run as lines that stay with what moves below them, without any terminal: asks for what is new, keeps the lines, and
 * makes a frame when one is due.
 */
import { sanitise } from "../../bench/files/sanitise.js";
import type { Glyphs } from "../draw/glyphs.js";
import type { ColourDepth, Ground } from "../draw/style.js";
import { drawLive } from "../panels/live.js";
import type { RunSource } from "./controller.js";
import { Frames } from "./frames.js";
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

/** Columns that a line is broken to at least; narrower windows break it themselves. */
const LEAST_WIDTH = 20;

export class InlineRun extends Frames<InlineFrame> implements InlineSource {
  readonly #options: InlineRunOptions;
  readonly #lines: RunLines;
  #history: string[] = [];
  #said: string[] = [];
  #over = false;
  #drawnRevision = -1;

  constructor(options: InlineRunOptions) {
    super({ history: [], live: [] });
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

  /** To be called about every `FRAME_MS`. @returns whether a frame was made */
  tick(): boolean {
    const { source, now } = this.#options;
    const nowMs = now();
    if (this.#over || !this.mayDraw(nowMs)) return false;
    this.#over = this.#lines.look();
    const stale = this.#said.length > 0 || this.#over || source.state.revision !== this.#drawnRevision;
    if (!stale && !this.clockIsLate(nowMs)) return false;
    this.#show();
    return true;
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
    this.#drawnRevision = source.state.revision;
    this.show({ history: this.#history, live }, now());
  }
}
