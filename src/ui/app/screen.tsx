/** The one ink component: shows lines, hands on keys. What the lines are is no business of its own. */
import { Box, type Key as InkKey, Text, useInput } from "ink";
import { useSyncExternalStore } from "react";
import type { Key, NamedKey } from "../state/keys.js";

export interface ScreenProps {
  readonly subscribe: (listener: () => void) => () => void;
  readonly frame: () => string;
  readonly onKey: (key: Key) => void;
}

export function ScreenView({ subscribe, frame, onKey }: ScreenProps) {
  const lines = useSyncExternalStore(subscribe, frame);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) onKey(pressed);
  });
  return (
    <Box>
      <Text wrap="truncate">{lines}</Text>
    </Box>
  );
}

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

/** A terminal may hand over several characters at once: what was typed fast, or pasted. */
export function keysOf(input: string, key: InkKey): Key[] {
  if (key.ctrl) return input === "c" ? [{ kind: "interrupt" }] : [];
  if (key.meta && !key.escape) return [];
  if (key.tab) return [{ kind: key.shift ? "back-tab" : "tab" }];
  const named = NAMES.find(([flag]) => key[flag] === true);
  if (named !== undefined) return [{ kind: named[1] }];
  return [...input]
    .filter((character) => character >= " " && character !== "\u007f")
    .map((text) => ({ kind: "text", text }));
}
