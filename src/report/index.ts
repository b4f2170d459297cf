/** What a run found, as text, Markdown, HTML and JSON. */
export { buildReport } from "./build.js";
export { renderHtml } from "./html.js";
export { renderMarkdown } from "./markdown.js";
export type { Block, Figure, Report, SampleSet, Section } from "./model.js";
export { reportOf, summaryOf, writeReport } from "./run-report.js";
export { renderText } from "./text.js";
