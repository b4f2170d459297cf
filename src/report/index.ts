/** What a run found, as text, Markdown, HTML and JSON. */
export { buildReport } from "./build.js";
export type * from "./charts/chart.js";
export { renderHtml } from "./html/page.js";
export { renderMarkdown } from "./markdown.js";
export type { Block, BrowserReply, Figure, Report, SampleBrowser, SampleSet, Section } from "./model.js";
export { figuresOf } from "./model.js";
export { reportOf, writeReport } from "./run-report.js";
export { summaryOf } from "./run-summary.js";
export { drawFigure } from "./svg/draw.js";
export { renderText } from "./text.js";
