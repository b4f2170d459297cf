/** The keys, all of them. */
import { drawBox } from "../draw/box.js";
import type { Region } from "../draw/screen.js";
import { bold, dim } from "../draw/style.js";
import { wrapCells } from "../draw/wrap.js";
import type { PanelInput } from "./panel.js";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["1 – 6, Tab, Shift-Tab", "panels"],
  ["↑ ↓ or k j", "move in the list"],
  ["← → or h l", "the method shown (4, 6), or the panel beside"],
  ["g G", "to the list's beginning, to its end"],
  ["[ ]", "step through candidates and mixtures (3, 6)"],
  ["x y", "choose the values on the frontier's axes (3)"],
  ["< >", "least third value shown on the frontier (3)"],
  ["s", "newest seed, each one, all together (3, 4)"],
  ["c", "CKA or cosine (4)"],
  ["/", "filter by name; Enter keeps it, Esc drops it"],
  ["?", "these keys"],
  ["q, Ctrl-C", "leave; a run that you only watch goes on"],
];

const MEANING =
  "Hypervolume counts what a method's candidates dominate above the suite's reference point; more is better. Whiskers are 95 % intervals over prompts (over seeds too, once a run of three has finished). What is marked “so far” is for watching: the run's report has the figures.";

export function drawHelp(region: Region, { glyphs }: PanelInput): void {
  const box = drawBox(region, glyphs, { title: "Keys", note: "any key closes" });
  const first = Math.max(...KEYS.map(([keys]) => keys.length)) + 2;
  KEYS.forEach(([keys, does], y) => {
    box.put(0, y, keys, bold());
    box.put(first, y, does);
  });
  wrapCells(MEANING, box.width).forEach((line, y) => {
    box.put(0, KEYS.length + 1 + y, line, dim());
  });
}
