/** The report of a run folder: read, built, and written beside the run's files. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runFiles } from "../bench/files/run-files.js";
import { writeFileAtomic } from "../lm/atomic-file.js";
import { buildReport } from "./build.js";
import { readEvidence } from "./evidence.js";
import { renderHtml } from "./html/page.js";
import { renderMarkdown } from "./markdown.js";
import { figuresOf, type Report } from "./model.js";
import { summaryOf } from "./run-summary.js";
import { drawFigure } from "./svg/draw.js";

/** @throws InputError where the folder holds no finished run, or one that this version cannot read */
export function reportOf(folder: string): Report {
  const summary = summaryOf(folder);
  return buildReport(summary, readEvidence(runFiles(folder), summary));
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
