/**
 * Frames, one after the other, and who is told of them. They are few: at most ten a second, and so few that drawing takes a
 * small share of the time, because the run that is watched needs the processor more.
 */

export const FRAME_MS = 100;
/** Drawing takes at most one part in so many of one processor. */
const LEAST_REST = 75;
/** The clock on the screen goes on even where nothing happens. */
const CLOCK_MS = 1000;

export class Frames<Frame> {
  readonly #listeners = new Set<() => void>();
  #frame: Frame;
  #drawnMs = Number.NEGATIVE_INFINITY;
  /** Milliseconds that a frame takes, lately. */
  #cost = 0;

  constructor(first: Frame) {
    this.#frame = first;
  }

  /** The latest. */
  readonly frame = (): Frame => this.#frame;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Says what a whole frame cost, drawing on the terminal included. */
  spent(ms: number): void {
    this.#cost = this.#cost === 0 ? ms : this.#cost + 0.3 * (ms - this.#cost);
  }

  /** Whether the latest is old enough for another one. */
  protected mayDraw(nowMs: number): boolean {
    return nowMs - this.#drawnMs >= Math.max(FRAME_MS * 0.9, this.#cost * LEAST_REST);
  }

  /** Whether the clock on the latest stands still. */
  protected clockIsLate(nowMs: number): boolean {
    return nowMs - this.#drawnMs >= CLOCK_MS;
  }

  protected show(frame: Frame, nowMs: number): void {
    this.#frame = frame;
    this.#drawnMs = nowMs;
    for (const listener of this.#listeners) listener();
  }
}
