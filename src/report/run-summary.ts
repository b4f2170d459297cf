/** A finished run's summary, from its folder. Apart from the report, so that a list of runs need not load its pages. */
import { readFileSync } from "node:fs";
import { runFiles } from "../bench/files/run-files.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import { readSummary } from "./summary-schema.js";

/** @throws InputError where the folder holds no finished run, or one that this version cannot read */
export function summaryOf(folder: string): RunSummary {
  const file = runFiles(folder).summary;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new InputError(
      `${folder}: no summary.json: not a finished run (a run that was stopped goes on with: mva-bench run --resume ${folder})`,
    );
  }
  return readSummary(text, file);
}
