/** What a panel is given: the run, the view, and how to draw. A panel draws on a region and changes nothing. */
import { sanitise } from "../../bench/files/sanitise.js";
import { NBSP } from "../../report/numbers.js";
import type { Glyphs } from "../draw/glyphs.js";
import type { Region } from "../draw/screen.js";
import { dim } from "../draw/style.js";
import type { MethodMark } from "../state/methods.js";
import type { RunState } from "../state/run-state.js";
import type { View } from "../state/view.js";

export interface PanelInput {
  readonly state: RunState;
  readonly view: View;
  readonly glyphs: Glyphs;
  readonly marks: readonly MethodMark[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export type Panel = (region: Region, input: PanelInput) => void;

/** Numbers as reports write them, with plain spaces. */
export function plainSpaces(text: string): string {
  return text.replaceAll(NBSP, " ");
}

/** Said in the middle of a region that has nothing to show yet. */
export function drawEmpty(region: Region, text: string): void {
  const clean = sanitise(text);
  const y = Math.max(0, Math.floor((region.height - 1) / 2));
  region.put(Math.max(0, Math.floor((region.width - clean.length) / 2)), y, clean, dim());
}

/** The stretch of a list that is shown, so that the chosen place is in it. */
export function stretch(length: number, chosen: number, rows: number): readonly [from: number, to: number] {
  if (length <= rows) return [0, length];
  const from = Math.min(Math.max(0, chosen - Math.floor(rows / 2)), length - rows);
  return [from, from + rows];
}
