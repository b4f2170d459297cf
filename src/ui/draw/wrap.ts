/** Text of any script broken into lines of so many columns: at blanks, and within a word that is longer than a line. */
import { shownWidth } from "./screen.js";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function wrapCells(text: string, width: number): string[] {
  if (width <= 0) return [];
  const lines: string[] = [];
  let line = "";
  let used = 0;
  const flush = (): void => {
    lines.push(line);
    line = "";
    used = 0;
  };
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const size = shownWidth(word);
    if (used > 0 && used + 1 + size <= width) {
      line += ` ${word}`;
      used += 1 + size;
      continue;
    }
    if (used > 0) flush();
    if (size <= width) {
      line = word;
      used = size;
      continue;
    }
    for (const { segment } of graphemes.segment(word)) {
      const columns = shownWidth(segment);
      if (used > 0 && used + columns > width) flush();
      line += segment;
      used += columns;
    }
  }
  if (used > 0) flush();
  return lines;
}
