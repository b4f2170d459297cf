/**
 * A report as one self-contained page: it asks for nothing, opens from disk, reads on light and dark, by keyboard, on
 * paper, and without its script. Its policy forbids every request and every script but its own.
 */
import { createHash } from "node:crypto";
import type { Report, SampleBrowser, Section } from "../model.js";
import { element, escapeMarkup } from "../svg/markup.js";
import { list, paragraph, renderBlock } from "./blocks.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";

export function renderHtml(report: Report): string {
  const { title, subtitle, headline, sections, samples } = report;
  // Tables of the first screen come after it: the verdict, its reality and its cost are seen together.
  const byMethod = headline.flatMap((section): Section[] => {
    const tables = section.blocks.filter(({ kind }) => kind === "table");
    return tables.length === 0 ? [] : [{ heading: "Results by method", blocks: tables }];
  });
  const page = element(
    "div",
    { class: "page" },
    element(
      "header",
      {},
      element("div", {}, element("h1", {}, escapeMarkup(title)), paragraph(subtitle)),
      element("button", { class: "theme", type: "button" }, "Dark theme"),
    ),
    element(
      "main",
      { id: "main" },
      element("div", { class: "headline" }, ...headline.map(renderHeadline)),
      contents([...byMethod, ...sections]),
      ...[...byMethod, ...sections].map((section) => renderSection(section, samples)),
    ),
  );
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    '<a class="skip" href="#main">Skip to the results</a>',
    page,
    ...(samples === null ? [] : [`<script type="application/json" id="samples-data">${embedded(samples)}</script>`]),
    `<script>${SCRIPT}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** For a Content-Security-Policy: the only text of its kind that may run. */
function hashOf(content: string): string {
  return `'sha256-${createHash("sha256").update(content).digest("base64")}'`;
}

/** JSON that cannot end the element it stands in, nor begin another. */
function embedded(content: SampleBrowser): string {
  return JSON.stringify(content)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** The first section leads with its verdict, in large letters. */
function renderHeadline({ heading, blocks }: Section, index: number): string {
  const title = element("h2", {}, escapeMarkup(heading));
  if (index > 0) return element("section", {}, title, ...blocks.map((block) => renderBlock(block, heading)));
  const words = blocks.flatMap((block) => {
    if (block.kind !== "sentences") return [];
    const [first = "", ...rest] = block.sentences;
    return [element("div", {}, paragraph(first, "lead"), list(rest))];
  });
  const others = blocks
    .filter(({ kind }) => kind !== "sentences" && kind !== "table")
    .map((block) => renderBlock(block, heading));
  return element("section", { class: "first" }, title, ...words, ...others);
}

function renderSection({ heading, blocks }: Section, samples: SampleBrowser | null): string {
  const browser = blocks.some(({ kind }) => kind === "sample") && samples !== null;
  return element(
    "section",
    { id: anchor(heading) },
    element("h2", {}, escapeMarkup(heading)),
    ...(browser ? [element("div", { class: "browser" }, "")] : []),
    ...blocks.map((block) => renderBlock(block, heading)),
  );
}

function contents(sections: readonly Section[]): string {
  const links = sections.map(({ heading }) =>
    element("li", {}, element("a", { href: `#${anchor(heading)}` }, escapeMarkup(heading))),
  );
  return element("nav", { "aria-label": "Contents" }, element("ul", {}, ...links));
}

function anchor(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
