/** `prompts.csv`: the prompts that every candidate answers, one row each. */
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { formatRecord, readTable } from "./csv.js";
import { SCORED_SPLITS, type ScoredSplit } from "./scores.js";

export interface PromptRow {
  /** Content hash. */
  readonly prompt: string;
  readonly split: ScoredSplit;
  /** The value whose data it comes from. */
  readonly source: string;
}

const COLUMNS = ["prompt", "split", "source"] as const;

/** @throws WriteError */
export function writePrompts(path: string, rows: readonly PromptRow[]): void {
  const lines = rows.map((row) => formatRecord([row.prompt, row.split, row.source]));
  writeFileAtomic(path, [formatRecord(COLUMNS), ...lines].join(""));
}

/** @throws InputError naming file, line and column; also when a prompt stands there twice */
export function readPrompts(path: string): PromptRow[] {
  const seen = new Set<string>();
  return readTable(path, COLUMNS, (row): PromptRow => {
    const prompt = row.text("prompt");
    if (seen.has(prompt)) row.fail("prompt", `"${prompt}" stands there twice`);
    seen.add(prompt);
    return { prompt, split: row.oneOf("split", SCORED_SPLITS), source: row.text("source") };
  }).rows;
}
