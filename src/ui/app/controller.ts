/**
 * What lies between a run, the keys and the screen, without any of them: asks for what is new, lets keys change the view,
 * and makes a frame when one is due.
 */
import type { Glyphs } from "../draw/glyphs.js";
import type { ColourDepth, Ground } from "../draw/style.js";
import { drawFrame } from "../panels/frame.js";
import { type Key, press } from "../state/keys.js";
import type { RunState } from "../state/run-state.js";
import { FIRST_VIEW, type View } from "../state/view.js";
import { Frames } from "./frames.js";

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

/** Its frames are the lines of the screen. */
export class Controller extends Frames<string> {
  view: View = FIRST_VIEW;
  readonly #options: ControllerOptions;
  #drawnRevision = -1;
  #drawnFault: string | undefined;

  constructor(options: ControllerOptions) {
    super("");
    this.#options = options;
    this.redraw();
  }

  /** To be called about every `FRAME_MS`. @returns whether a frame was made */
  tick(): boolean {
    const { source, now } = this.#options;
    source.poll();
    const nowMs = now();
    if (!this.mayDraw(nowMs)) return false;
    const running = !source.state.over;
    const stale = source.state.revision !== this.#drawnRevision || source.fault !== this.#drawnFault;
    if (!stale && !(running && this.clockIsLate(nowMs))) return false;
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
    this.show(screen.lines(depth, ground).join("\n"), now());
  }
}
