/** Keys as ink reads them from a terminal, in this program's words. */
import type { Key as InkKey } from "ink";
import type { Key, NamedKey } from "../state/keys.js";

const NAMES: readonly (readonly [keyof InkKey, NamedKey])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["return", "enter"],
  ["escape", "escape"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
];

/** Keys that are characters, where several come at once. */
const CONTROLS: Readonly<Record<string, NamedKey>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0003": "interrupt",
};

/** A terminal may hand over several characters at once: what was typed fast, or pasted. */
export function keysOf(input: string, key: InkKey): Key[] {
  if (key.ctrl) return input === "c" ? [{ kind: "interrupt" }] : [];
  if (key.meta && !key.escape) return [];
  if (key.tab) return [{ kind: key.shift ? "back-tab" : "tab" }];
  const named = NAMES.find(([flag]) => key[flag] === true);
  if (named !== undefined) return [{ kind: named[1] }];
  return [...input].flatMap((character): Key[] => {
    const kind = CONTROLS[character];
    if (kind !== undefined) return [{ kind }];
    return character >= " " ? [{ kind: "text", text: character }] : [];
  });
}
