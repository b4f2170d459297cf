/** What moves, in a few rows below lines that stay: what the run does now, and the hypervolumes of what is scored. */
import { drawBox } from "../draw/box.js";
import { Screen } from "../draw/screen.js";
import { methodMarks } from "../state/methods.js";
import { FIRST_VIEW } from "../state/view.js";
import { type FrameInput, LEAST_SIZE } from "./frame.js";
import { drawHypervolumes, hypervolumesOf } from "./hypervolume-bars.js";
import { drawNow, oneLine } from "./overview.js";
import type { PanelInput } from "./panel.js";

/** Rows at most: the lines above are to be read too. */
const MOST_ROWS = 18;
/**
 * Columns at most: a window that is made narrower breaks the lines that are on it, and of lines that it has pushed out of
 * the screen nothing can be drawn over. What is no wider than any window is whole in all of them.
 */
const MOST_COLUMNS = 80;
/** Rows of the screen that stay free. */
const FREE_ROWS = 5;

/** @returns lines of fewer rows than the screen has, of at most its columns */
export function drawLive(width: number, rows: number, input: Omit<FrameInput, "view" | "owned">): Screen {
  const { state, glyphs } = input;
  const columns = Math.max(0, Math.min(width, MOST_COLUMNS));
  const ascii = glyphs.charset === "ascii";
  const panel: PanelInput = { ...input, view: FIRST_VIEW, marks: methodMarks(state, glyphs) };
  if (columns < LEAST_SIZE.columns || rows < LEAST_SIZE.rows) {
    const screen = new Screen(columns, Math.min(1, Math.max(0, rows - 1)), ascii);
    screen.region.putClipped(0, 0, oneLine(state, input.nowMs), columns);
    return screen;
  }
  const most = new Screen(columns, Math.min(MOST_ROWS, rows - FREE_ROWS), ascii);
  const now = drawNow(most.region, panel);
  const { source, rows: hypervolumes } = hypervolumesOf(panel);
  const left = most.height - now;
  if (hypervolumes.length === 0 || left < 3) return most.top(now);
  const height = Math.min(left, hypervolumes.length + 2);
  const box = drawBox(most.region.part(0, now, columns, height), glyphs, { title: "Hypervolume", note: source });
  drawHypervolumes(box, panel, hypervolumes);
  return most.top(now + height);
}
