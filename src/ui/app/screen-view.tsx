/**
 * The dashboard as an ink component: takes keys, and with them the terminal's raw mode, for as long as it lives, and shows
 * what is to be seen now. On a real screen the picture goes to a painter: ink's own output takes many times as long for
 * a full screen (docs/decisions/0006-who-paints-the-screen.md).
 */
import { Text, useInput } from "ink";
import { useLayoutEffect, useSyncExternalStore } from "react";
import type { Key } from "../state/keys.js";
import { keysOf } from "./keyboard.js";

/** What is shown: a run's dashboard, a list of runs. */
export interface ScreenSource {
  /** The lines of the screen. */
  readonly frame: () => string;
  readonly subscribe: (listener: () => void) => () => void;
  press(key: Key): void;
}

export interface ScreenViewProps {
  readonly shown: ScreenSource;
  /** Puts the picture on the screen; ink does where there is none. */
  readonly paint?: (frame: string) => void;
}

export function ScreenView({ shown, paint }: ScreenViewProps) {
  const frame = useSyncExternalStore(shown.subscribe, shown.frame);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) shown.press(pressed);
  });
  useLayoutEffect(() => paint?.(frame), [paint, frame]);
  return paint === undefined ? <Text wrap="truncate">{frame}</Text> : null;
}
