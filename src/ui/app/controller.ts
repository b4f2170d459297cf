/**
 * What lies between a run, the keys and the screen, without any of them: asks for what is new, lets keys change the view,
 * and makes a frame when one is due. Frames are few: at most ten a second, and so few that drawing takes a small share of
 * the time, because the run that is watched needs the processor more.
 */
import type { Glyphs } from "../draw/glyphs.js";
import type { ColourDepth, Ground } from "../draw/style.js";
import { drawFrame } from "../panels/frame.js";
import { type Key, press } from "../state/keys.js";
import type { RunState } from "../state/run-state.js";
import { FIRST_VIEW, type View } from "../state/view.js";

export const FRAME_MS = 100;
/** Drawing takes at most one part in so many of one processor. */
const LEAST_REST = 75;
/** The clock on the screen goes on even where nothing happens. */
const CLOCK_MS = 1000;

export interface RunSource {
  readonly state: RunState;
  readonly fault: string | undefined;
  /** Fetches what is new. */
  poll(): void;
}

export interface ControllerOptions {
  readonly source: RunSource;
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
  readonly ground: Ground;
  /** Whether leaving would stop the run. */
  readonly owned: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** The reader wants to go. */
  readonly onLeave: () => void;
  /** The reader wants the run to stop. */
  readonly onStop: () => void;
}

export class Controller {
  view: View = FIRST_VIEW;
  readonly #options: ControllerOptions;
  readonly #listeners = new Set<() => void>();
  #frame: string;
  #drawnRevision = -1;
  #drawnFault: string | undefined;
  #drawnMs = Number.NEGATIVE_INFINITY;
  /** Milliseconds that a frame takes, lately. */
  #cost = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#frame = this.#draw();
  }

  /** The lines of the screen. */
  readonly frame = (): string => this.#frame;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** To be called about every `FRAME_MS`. @returns whether a frame was made */
  tick(): boolean {
    const { source, now } = this.#options;
    source.poll();
    const since = now() - this.#drawnMs;
    if (since < Math.max(FRAME_MS * 0.9, this.#cost * LEAST_REST)) return false;
    const running = !source.state.over;
    const stale = source.state.revision !== this.#drawnRevision || source.fault !== this.#drawnFault;
    if (!stale && !(running && since >= CLOCK_MS)) return false;
    this.redraw();
    return true;
  }

  press(key: Key): void {
    const { source, owned, onLeave, onStop } = this.#options;
    const outcome = press(this.view, key, source.state, owned);
    switch (outcome.kind) {
      case "view":
        this.view = outcome.view;
        this.redraw();
        return;
      case "leave":
        onLeave();
        return;
      case "stop":
        this.view = { ...this.view, asking: false };
        onStop();
        this.redraw();
        return;
      default:
        outcome satisfies never;
    }
  }

  redraw(): void {
    this.#frame = this.#draw();
    for (const listener of this.#listeners) listener();
  }

  /** Says what a whole frame cost, drawing on the terminal included. */
  spent(ms: number): void {
    this.#cost = this.#cost === 0 ? ms : this.#cost + 0.3 * (ms - this.#cost);
  }

  #draw(): string {
    const { source, glyphs, depth, ground, owned, now, size } = this.#options;
    const { columns, rows } = size();
    // One row less than the screen: a picture as high as it would be scrolled, or drawn anew from the top each time.
    const screen = drawFrame(columns, rows - 1, {
      state: source.state,
      view: this.view,
      glyphs,
      nowMs: now(),
      owned,
      fault: source.fault,
    });
    this.#drawnRevision = source.state.revision;
    this.#drawnFault = source.fault;
    this.#drawnMs = now();
    return screen.lines(depth, ground).join("\n");
  }
}
