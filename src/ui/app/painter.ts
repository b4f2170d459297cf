/**
 * Puts frames on a terminal: each changed line at its own place, in one write between the marks of a synchronised update
 * (terminals that do not know them pass over them). Nothing scrolls, nothing is wiped first, what is unchanged is not sent.
 *
 * Ink's own way of doing this (6.8, incremental) draws one row too low once a frame has changed; its other way sends all of
 * it each time.
 */

const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";

/** What turns a screen that shows `before` into one that shows `after`; "" where nothing changes. */
export function repaint(before: readonly string[], after: readonly string[]): string {
  let out = "";
  for (let row = 0; row < Math.max(before.length, after.length); row++) {
    const line = after[row] ?? "";
    if (line === before[row]) continue;
    out += `\u001b[${row + 1};1H${line}\u001b[0m\u001b[K`;
  }
  return out === "" ? "" : BEGIN + out + END;
}

export class Painter {
  #shown: readonly string[] = [];

  constructor(readonly write: (text: string) => unknown) {}

  paint(frame: string): void {
    const lines = frame.split("\n");
    const text = repaint(this.#shown, lines);
    this.#shown = lines;
    if (text !== "") this.write(text);
  }

  /** The screen was changed by somebody else: all of it is sent next time. */
  forget(): void {
    this.#shown = [];
  }
}
