/** A report as one self-contained page: no script, no request, opens from disk, reads on light and dark, prints. */
import type { Block, Report, SampleSet, Section } from "./model.js";
import { DASH } from "./numbers.js";
import { element, escapeMarkup } from "./svg.js";
import type { Table } from "./table.js";
import { sampleTable } from "./tables.js";

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --faint: #8882; --note: #555; }
@media (prefers-color-scheme: dark) { :root { --note: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
header p, .notes { color: var(--note); } .notes { font-size: .85rem; margin: .3rem 0 1rem; padding-left: 1.2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th.right, td.right { text-align: right; } td.wide { white-space: normal; min-width: 22rem; }
tbody tr:hover { background: var(--faint); } figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--note); font-size: .85rem; } blockquote { margin: 1rem 0 .5rem; padding-left: .8rem; border-left: 3px solid var(--line); }
pre { background: var(--faint); padding: .7rem; overflow-x: auto; }
@media print { body { max-width: none; margin: 0; } section { break-inside: avoid-page; } }
`;

export function renderHtml(report: Report): string {
  const body = [
    element("header", {}, element("h1", {}, escapeMarkup(report.title)), paragraph(report.subtitle)),
    element("main", {}, ...[...report.headline, ...report.sections].map(renderSection)),
  ];
  return `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>${escapeMarkup(report.title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${body.join("\n")}\n</body>\n</html>\n`;
}

function renderSection({ heading, blocks }: Section): string {
  return element("section", {}, element("h2", {}, escapeMarkup(heading)), ...blocks.map(renderBlock));
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case "sentences":
      return block.sentences.map(paragraph).join("");
    case "table":
      return renderTable(block.table) + notes(block.notes);
    case "figure":
      return element("figure", {}, block.figure.svg, element("figcaption", {}, escapeMarkup(block.figure.caption)));
    case "sample":
      return renderSample(block.sample);
    case "command":
      return element("pre", {}, element("code", {}, escapeMarkup(block.command)));
    default:
      return block satisfies never;
  }
}

function paragraph(text: string): string {
  return element("p", {}, escapeMarkup(text));
}

function notes(all: readonly string[]): string {
  if (all.length === 0) return "";
  return element("ul", { class: "notes" }, ...all.map((note) => element("li", {}, escapeMarkup(note))));
}

function renderTable({ columns, rows }: Table, wide = -1): string {
  const classes = (at: number): string => (columns[at]?.align === "right" ? "right" : at === wide ? "wide" : "left");
  const head = columns.map(({ title }, at) => element("th", { scope: "col", class: classes(at) }, escapeMarkup(title)));
  const body = rows.map((row) =>
    element("tr", {}, ...row.map((cell, at) => element("td", { class: classes(at) }, escapeMarkup(cell)))),
  );
  const content = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    body.length === 0 ? "<tbody></tbody>" : element("tbody", {}, ...body),
  );
  // A wide table scrolls inside its own box, which the keyboard can reach.
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "table" }, content);
}

function renderSample(sample: SampleSet): string {
  return element("blockquote", {}, escapeMarkup(sample.prompt) || DASH) + renderTable(sampleTable(sample), 2);
}
