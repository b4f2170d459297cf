/**
 * A run between the lines of a reader's own terminal, as an ink component: what has happened stays above and scrolls away
 * like any output; what moves is drawn over, below it, in fewer rows than the screen has.
 */
import { Static, Text } from "ink";
import { useMemo, useSyncExternalStore } from "react";

export interface InlineFrame {
  /** Lines that stay; only ever more of them. */
  readonly history: readonly string[];
  /** Lines that are drawn over. */
  readonly live: readonly string[];
}

export interface InlineSource {
  readonly frame: () => InlineFrame;
  readonly subscribe: (listener: () => void) => () => void;
}

export function InlineView({ shown }: { readonly shown: InlineSource }) {
  const { history, live } = useSyncExternalStore(shown.subscribe, shown.frame);
  const lines = useMemo(() => numbered(history), [history]);
  return (
    <>
      <Static items={lines}>{({ at, text }) => <Text key={at}>{text}</Text>}</Static>
      {live.length === 0 ? null : <Text wrap="truncate">{live.join("\n")}</Text>}
    </>
  );
}

interface NumberedLine {
  readonly at: number;
  readonly text: string;
}

function numbered(lines: readonly string[]): NumberedLine[] {
  return lines.map((text, at) => ({ at, text }));
}
