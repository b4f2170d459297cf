/**
 * What ink takes for the terminal where a run is shown between a reader's own lines (`inline.ts`). Two things about ink
 * (6.8) are put right here. Where a frame is as high as the screen, as after a window was made lower, it wipes the terminal
 * with all that the reader had on it: it is told of a screen that no frame fills. And where a window becomes narrower,
 * most terminals break the lines that are on it, so that they take more rows than ink counts, and what is drawn over is
 * not all of them: those rows are taken away first.
 */
import { EventEmitter } from "node:events";
import { textWidth } from "../../report/text-width.js";

/** Higher than any frame. */
const ENDLESS = 10_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const SEQUENCE = /\u001b\[[?\d;]*[A-Za-z]/g;
const MARKS: ReadonlySet<string> = new Set(["\u001b[?2026h", "\u001b[?2026l"]);
/** Wipes the row and goes to the one above it. */
const UP = "\u001b[2K\u001b[1A";

export interface InlineOutputOptions {
  readonly columns: () => number;
  readonly write: (text: string) => void;
  /** Whether the terminal breaks lines anew when it becomes narrower. */
  readonly reflows: boolean;
}

export class InlineOutput extends EventEmitter {
  readonly isTTY = true;
  readonly rows = ENDLESS;
  readonly #options: InlineOutputOptions;
  /** Columns of each line that is drawn over next time; the cursor is below the last one. */
  #drawn: readonly number[] = [];

  constructor(options: InlineOutputOptions) {
    super();
    this.#options = options;
  }

  get columns(): number {
    return this.#options.columns();
  }

  readonly write = (text: string): boolean => {
    // Whatever ink writes ends with what is drawn over next time.
    if (!MARKS.has(text) && text.endsWith("\n")) {
      this.#drawn = text.replace(SEQUENCE, "").split("\n").slice(0, -1).map(textWidth);
    }
    this.#options.write(text);
    return true;
  };

  /** The window has another size: to be called before a frame for it is made. */
  resized(): void {
    const { write, reflows } = this.#options;
    const columns = Math.max(1, this.columns);
    const more = this.#drawn.reduce((sum, width) => sum + Math.max(0, Math.ceil(width / columns) - 1), 0);
    if (reflows && more > 0) write(UP.repeat(more));
    this.emit("resize");
  }
}
