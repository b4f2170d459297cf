/** A report as plain text for a terminal or a log of `width` columns. */
import type { Block, Report, SampleSet, Section } from "./model.js";
import { DASH, decimal, NBSP } from "./numbers.js";
import { renderTable } from "./table.js";
import { textWidth, wrap } from "./text-width.js";

export function renderText(report: Report, width: number): string {
  const shown = [...report.headline, ...report.sections].filter(
    ({ filesOnly, blocks }) => filesOnly !== true && blocks.some((block) => renderBlock(block, width).length > 0),
  );
  return `${[
    ...wrap(report.title, width),
    ...wrap(report.subtitle, width),
    ...shown.flatMap((section) => ["", ...renderSection(section, width)]),
  ].join("\n")}\n`.replaceAll(NBSP, " ");
}

function renderSection({ heading, blocks }: Section, width: number): string[] {
  const rule = "─".repeat(Math.max(0, width - textWidth(heading) - 4));
  return [
    `── ${heading} ${rule}`,
    ...blocks
      .map((block) => renderBlock(block, width))
      .filter((lines) => lines.length > 0)
      .flatMap((lines, at) => [...(at > 0 ? [""] : []), ...lines]),
  ];
}

function renderBlock(block: Block, width: number): string[] {
  switch (block.kind) {
    case "sentences":
      return block.sentences.flatMap((sentence) => hanging("", sentence, width));
    case "table":
      return [...renderTable(block.table, width), ...block.notes.flatMap((note) => hanging("  ", note, width))];
    case "sample":
      return renderSample(block.sample, width);
    case "command":
      return [block.command];
    case "code":
      return block.code.split("\n");
    case "figure":
    case "choice":
      return [];
    default:
      return block satisfies never;
  }
}

function renderSample({ prompt, values, replies }: SampleSet, width: number): string[] {
  return [
    ...wrap(`“${prompt}”`, width),
    ...replies.flatMap(({ candidate, text, ended, scores }) => {
      const marks = values.map((value, k) => `${value} ${decimal(scores[k] ?? null, 2)}`).join(", ");
      return [
        ...hanging("  ", `${candidate}: ${marks}`, width),
        ...hanging("    ", `${text || DASH}${ended ? "" : " …"}`, width),
      ];
    }),
  ];
}

/** Wrapped, every line after the indent. */
function hanging(indent: string, text: string, width: number): string[] {
  return wrap(text, width - indent.length).map((line) => indent + line);
}
