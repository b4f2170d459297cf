/** A report as Markdown: for a pull request, a wiki, `report.md`. */
import type { Block, Figure, Report, SampleSet, Section } from "./model.js";
import type { Table } from "./table.js";
import { sampleTable } from "./tables.js";

export function renderMarkdown(report: Report): string {
  const parts = [
    `# ${escaped(report.title)}`,
    escaped(report.subtitle),
    ...[...report.headline, ...report.sections].flatMap(renderSection),
  ];
  return `${parts.join("\n\n")}\n`;
}

function renderSection({ heading, blocks }: Section): string[] {
  return [`## ${escaped(heading)}`, ...blocks.flatMap(renderBlock)];
}

function renderBlock(block: Block): string[] {
  switch (block.kind) {
    case "sentences":
      return block.sentences.map(escaped);
    case "table":
      return [renderTable(block.table), ...block.notes.map((note) => `<sub>${escaped(note)}</sub>`)];
    case "figure":
      return renderFigure(block.figure);
    case "choice":
      return block.figures.flatMap(renderFigure);
    case "sample":
      return [renderSample(block.sample)];
    case "command":
      return [fenced("sh", block.command)];
    case "code":
      return [`<details><summary>${escaped(block.name)}</summary>`, fenced("yaml", block.code), "</details>"];
    default:
      return block satisfies never;
  }
}

function renderFigure({ name, title, caption }: Figure): string[] {
  return [`![${escaped(title)}](figures/${name}.svg)`, `**${escaped(title)}.** ${escaped(caption)}`];
}

/** A fence longer than any run of backticks inside. */
function fenced(language: string, content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${content}\n${fence}`;
}

function renderTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align }) => (align === "right" ? " ---: " : " --- ")).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

function renderSample(sample: SampleSet): string {
  return `> ${escaped(sample.prompt)}\n\n${renderTable(sampleTable(sample))}`;
}

/** What Markdown or its HTML would read as markup. */
function escaped(text: string): string {
  return text
    .replace(/[\\`*_{}[\]|#~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
