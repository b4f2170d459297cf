/** The parts of a report as HTML: every text escaped, every figure drawn in place. */
import type { Block, Figure, SampleSet } from "../model.js";
import { DASH } from "../numbers.js";
import { drawFigure } from "../svg/draw.js";
import { element, escapeMarkup } from "../svg/markup.js";
import type { Table } from "../table.js";
import { sampleTable } from "../tables.js";

/** Prompts and replies are in whatever script: each is laid out its own way, as its first letter has it. */
const WAY = { dir: "auto" };

/** @param heading of the section, by which boxes that scroll are told apart */
export function renderBlock(block: Block, heading: string): string {
  switch (block.kind) {
    case "sentences":
      return renderSentences(block.sentences);
    case "table":
      return renderTable(block.table, heading) + renderNotes(block.notes);
    case "figure":
      return renderFigure(block.figure);
    case "choice":
      return element(
        "div",
        // Fronts show the same series each, so that they are switched together.
        {
          class: "choice",
          "data-label": block.label,
          ...(block.figures.every(({ chart }) => chart.kind === "front") ? { "data-linked": "" } : {}),
        },
        ...block.figures.map(renderFigure),
      );
    case "sample":
      return element("div", { class: "still" }, renderSample(block.sample));
    case "command":
      return element("pre", {}, element("code", {}, escapeMarkup(block.command)));
    case "code":
      return (
        element("h3", {}, escapeMarkup(block.name)) +
        element("pre", { class: "code", tabindex: 0 }, element("code", {}, escapeMarkup(block.code)))
      );
    default:
      return block satisfies never;
  }
}

function renderSentences(sentences: readonly string[]): string {
  if (sentences.length <= 3) return sentences.map((sentence) => paragraph(sentence)).join("");
  return list(sentences);
}

export function list(sentences: readonly string[]): string {
  if (sentences.length === 0) return "";
  return element("ul", {}, ...sentences.map((sentence) => element("li", {}, escapeMarkup(sentence))));
}

export function paragraph(text: string, name = ""): string {
  return element("p", name === "" ? {} : { class: name }, escapeMarkup(text));
}

function renderFigure(figure: Figure): string {
  return element(
    "figure",
    { "data-title": figure.title },
    element("div", { class: "canvas" }, drawFigure(figure, true)),
    element("figcaption", {}, element("strong", {}, `${escapeMarkup(figure.title)}. `), escapeMarkup(figure.caption)),
  );
}

function renderNotes(all: readonly string[]): string {
  if (all.length === 0) return "";
  return element("ul", { class: "notes" }, ...all.map((note) => element("li", {}, escapeMarkup(note))));
}

function renderTable({ columns, rows }: Table, label: string, wide = -1): string {
  const classes = (at: number): string => (columns[at]?.align === "right" ? "right" : at === wide ? "wide" : "left");
  const head = columns.map(({ title }, at) => element("th", { scope: "col", class: classes(at) }, escapeMarkup(title)));
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      ...row.map((cell, at) => element("td", { class: classes(at), ...(at === wide ? WAY : {}) }, escapeMarkup(cell))),
    ),
  );
  const content = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, body.join("")),
  );
  // A large table scrolls inside its own box, which the keyboard can reach.
  return element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `Table: ${label}` }, content);
}

function renderSample(sample: SampleSet): string {
  return (
    element("blockquote", WAY, escapeMarkup(sample.prompt) || DASH) + renderTable(sampleTable(sample), "replies", 2)
  );
}
