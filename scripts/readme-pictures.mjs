// Makes the README's pictures from a finished run: the dashboard as it was while the run went on (its events are played
// again, and each screen is what `mva-bench dash` shows then), the report in a terminal, and the page, light and dark.
//   npm run build && node scripts/readme-pictures.mjs RUN [--out docs/images] [--chromium PROGRAM | --no-page] [--dist DIST]
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBrowser } from "./headless-browser.mjs";
import { terminalSvg } from "./terminal-svg.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    out: { type: "string", default: at("../docs/images") },
    chromium: { type: "string", default: "chromium" },
    page: { type: "boolean", default: true },
    dist: { type: "string", default: at("../dist") },
  },
});
const [run] = positionals;
if (run === undefined) {
  console.error(
    "usage: node scripts/readme-pictures.mjs RUN [--out DIR] [--chromium PROGRAM | --no-page] [--dist DIST]",
  );
  process.exit(2);
}
process.env.NODE_ENV ??= "production";
const from = (path) => import(join(flags.dist, path));
const { drawFrame } = await from("ui/panels/frame.js");
const { glyphsFor } = await from("ui/draw/glyphs.js");
const { RunState } = await from("ui/state/run-state.js");
const { FIRST_VIEW } = await from("ui/state/view.js");
const { readEvents } = await from("bench/files/event-reader.js");
const { runFiles } = await from("bench/files/run-files.js");
const { reportOf } = await from("report/run-report.js");
const { summaryOf } = await from("report/run-summary.js");
const { renderHtml } = await from("report/html/page.js");
const { renderTerminalReport } = await from("ui/report/terminal-report.js");

const SCREEN = { columns: 110, rows: 34 };
const glyphs = glyphsFor("braille");
const events = readEvents(runFiles(run).events);
const [begin, end] = [events[0].time, events.at(-1).time];
const when = (type, share = 0) => {
  const own = events.filter((event) => event.type === type);
  return own.length === 0 ? undefined : own[Math.min(own.length - 1, Math.floor(share * own.length))].time;
};
/** Milliseconds since 1970 at a share of the training of policies. */
const training = (share) => {
  const policies = events.filter(({ type, method }) => type === "train-step" && method !== "base");
  return policies[Math.min(policies.length - 1, Math.floor(share * policies.length))].time;
};
const moving = when("probe") === undefined ? [] : [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1];
const script = [
  { time: training(0.25), view: { panel: "overview" }, seconds: 3 },
  { time: training(0.35), view: { panel: "training" }, seconds: 3 },
  ...moving.map((share) => ({
    time: when("probe", share),
    view: { panel: "frontier" },
    seconds: share === 1 ? 2 : 0.8,
  })),
  ...[0.3, 0.6, 0.95].map((share) => ({
    time: when("candidate-scored", share),
    view: { panel: "frontier" },
    seconds: 1.2,
  })),
  { time: end, view: { panel: "overview" }, seconds: 5 },
  { time: end, view: { panel: "leaderboard" }, seconds: 3 },
  { time: end, view: { panel: "interference" }, seconds: 2.5 },
  { time: end, view: { panel: "samples" }, seconds: 3 },
];
const state = new RunState();
let read = 0;
const frames = script.map(({ time, view, seconds }) => {
  while (read < events.length && events[read].time <= time) state.apply(events[read++]);
  if (read === events.length) state.summary ??= summaryOf(run);
  const screen = drawFrame(SCREEN.columns, SCREEN.rows, {
    ...{ state, glyphs, nowMs: Math.max(time, begin), owned: false },
    view: { ...FIRST_VIEW, ...view },
  });
  return { lines: screen.lines("true", "dark"), seconds };
});
mkdirSync(flags.out, { recursive: true });
const save = (name, content) => {
  writeFileSync(join(flags.out, name), content);
  console.log(`${name}  ${(content.length / 1000).toFixed(0)} kB`);
};
save("dashboard.svg", terminalSvg(frames, { ...SCREEN, title: "The dashboard of a run: training, frontier, verdict" }));

const report = reportOf(run);
const first = { ...report, sections: report.sections.filter(({ heading }) => heading === "Frontier") };
const lines = renderTerminalReport(first, { width: 130, glyphs, depth: "true", ground: "dark" }).trimEnd().split("\n");
save(
  "report-terminal.svg",
  terminalSvg([{ lines, seconds: 1 }], { columns: 130, rows: lines.length, title: "The report in a terminal" }),
);

if (flags.page) {
  const page = join(flags.out, "report.html");
  writeFileSync(page, renderHtml(report));
  const browser = await openBrowser(flags.chromium);
  try {
    for (const theme of ["light", "dark"]) {
      await browser.open(page, { width: 1200, height: 1500, dark: theme === "dark" });
      save(`report-${theme}.png`, await browser.picture());
    }
  } finally {
    await browser.close();
    rmSync(page);
  }
}
