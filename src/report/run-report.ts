/** The report of a run folder: read, built, and written beside the run's files. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runFiles } from "../bench/files/run-files.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import { writeFileAtomic } from "../lm/atomic-file.js";
import { buildReport } from "./build.js";
import { readEvidence } from "./evidence.js";
import { renderHtml } from "./html/page.js";
import { renderMarkdown } from "./markdown.js";
import { figuresOf, type Report } from "./model.js";
import { readSummary } from "./summary-schema.js";
import { drawFigure } from "./svg/draw.js";

/** @throws InputError where the folder holds no finished run, or one that this version cannot read */
export function reportOf(folder: string): Report {
  const summary = summaryOf(folder);
  return buildReport(summary, readEvidence(runFiles(folder), summary));
}

/** @throws InputError */
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

/**
 * Writes `report.md`, `report.html` and `figures/*.svg` into the run folder.
 * @returns the paths written
 * @throws WriteError
 */
export function writeReport(folder: string, report: Report): string[] {
  mkdirSync(join(folder, "figures"), { recursive: true });
  const files: [string, string][] = [
    ["report.md", renderMarkdown(report)],
    ["report.html", renderHtml(report)],
    ...figuresOf(report).map((figure): [string, string] => [
      join("figures", `${figure.name}.svg`),
      `${drawFigure(figure)}\n`,
    ]),
  ];
  return files.map(([name, content]) => {
    const path = join(folder, name);
    writeFileAtomic(path, content);
    return path;
  });
}
