// Opens a report.html in headless Chromium and holds it to what it promises: no request, no error, nothing that axe-core
// objects to (light, dark, narrow, print), details by mouse and by keyboard, legends and filters that work. Takes pictures.
// Neither Chromium nor axe-core belongs to the package: both are given; without axe-core its checks are left out, and said so.
// usage: node scripts/check-report.mjs REPORT.html [--axe AXE_MIN_JS] [--chromium PROGRAM] [--pictures DIR]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBrowser } from "./headless-browser.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { axe: { type: "string" }, chromium: { type: "string", default: "chromium" }, pictures: { type: "string" } },
});
const [file] = positionals;
if (file === undefined) {
  console.error(
    "usage: node scripts/check-report.mjs REPORT.html [--axe AXE_MIN_JS] [--chromium PROGRAM] [--pictures DIR]",
  );
  process.exit(2);
}
const axeSource = options.axe === undefined ? undefined : readFileSync(options.axe, "utf8");

const PIECE = 1500;
const failures = [];
function check(what, holds, detail = "") {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${detail === "" ? "" : `: ${detail}`}`);
  if (!holds) failures.push(what);
}

const browser = await openBrowser(options.chromium).catch((error) => {
  console.error(error.message);
  process.exit(2);
});
const { evaluate, key, pointAt, send } = browser;
const requests = [];
const complaints = [];
let url = "";
/** What the page before asked for and complained of is kept. */
async function open(view) {
  requests.push(...browser.requests);
  complaints.push(...browser.complaints);
  url = await browser.open(file, view);
}

/** What is on the screen; or the whole page, in pieces that can be looked at. */
async function picture(name, whole) {
  if (options.pictures === undefined) return;
  mkdirSync(options.pictures, { recursive: true });
  const save = async (picture, clip) =>
    writeFileSync(join(options.pictures, `${picture}.png`), await browser.picture(clip));
  if (!whole) return save(name);
  const [width, height] = await evaluate("[innerWidth, document.documentElement.scrollHeight]");
  for (let y = 0, piece = 1; y < height; y += PIECE, piece++) {
    await save(`${name}-${piece}`, { x: 0, y, width, height: Math.min(PIECE, height - y) });
  }
}

const views = [
  { name: "light", width: 1280, height: 900 },
  { name: "dark", width: 1280, height: 900, dark: true },
  { name: "narrow", width: 390, height: 844 },
  { name: "print", width: 794, height: 1123, print: true },
];
let version = "";
for (const view of views) {
  await open(view);
  await picture(view.name, false);
  await picture(`${view.name}-page`, true);
  if (axeSource === undefined) console.log(`skip axe-core (${view.name}): not given`);
  else {
    await evaluate(axeSource);
    version = await evaluate("axe.version");
    const { violations, passes } = JSON.parse(
      await evaluate(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) => JSON.stringify({ passes: passes.length, violations: violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary) })) }))",
      ),
    );
    check(`axe-core finds no violation (${view.name})`, violations.length === 0, `${passes} rules passed`);
    for (const { id, impact, nodes } of violations) {
      console.log(
        `     ${id} (${impact}), ${nodes.length} times\n       ${nodes.slice(0, 3).join("\n       ").replaceAll("\n", " ")}`,
      );
    }
  }
  const wide = await evaluate(
    "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, .canvas, pre, .skip, option')).map((e) => e.tagName + ' ' + e.className).slice(0, 3).join(', ')",
  );
  check(`nothing is wider than the page (${view.name})`, wide === "", wide);
}

const before = await browser.processorSeconds();
await open(views[0]);
const interactive = await evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd");
const spent = (await browser.processorSeconds()) - before;
console.log(
  `     ${(readFileSync(file).length / 1e6).toFixed(2)} MB, ready after ${Math.round(interactive)} ms, of which ${Math.round(1000 * spent)} ms of processor time`,
);

const tip = "document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').textContent";
const point = await evaluate(
  "(() => { const p = [...document.querySelectorAll('#frontier figure:not([hidden]) .point:not(.out)')].find((e) => e.getClientRects().length > 0); if (!p) return null; p.scrollIntoView({ block: 'center' }); const b = p.querySelector(':scope > :not(.region)').getBoundingClientRect(); return { x: (b.left + b.right) / 2, y: (b.top + b.bottom) / 2, detail: p.dataset.detail }; })()",
);
if (point !== null) {
  // A scroll takes details away: it must be over.
  await evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await pointAt(point.x + 3, point.y + 3);
  const seen = await evaluate(tip);
  check("a candidate tells of itself when pointed at", seen.length > 10, seen.split("\n")[0]);
  await picture("hover", false);
  await pointAt(2, 2);
  await evaluate("document.querySelector('#frontier figure:not([hidden]) .point[tabindex=\"0\"]').focus()");
  const first = await evaluate(tip);
  await key("ArrowRight");
  const second = await evaluate(tip);
  check(
    "arrows go from candidate to candidate",
    first !== "" && second !== "" && first !== second,
    second.split("\n")[0],
  );
  await key("Escape");
  check("Escape takes the details away", (await evaluate(tip)) === "");
  const stops = await evaluate(
    "document.querySelectorAll('#frontier figure:not([hidden]) .point[tabindex=\"0\"]').length",
  );
  check("a figure is one stop of the Tab key", stops === 1, String(stops));
  const series =
    "[...document.querySelectorAll('#frontier figure:not([hidden]) .series')].filter((g) => getComputedStyle(g).display !== 'none').length";
  const shown = await evaluate(series);
  await evaluate("document.querySelector('#frontier figure:not([hidden]) .key[aria-checked=\"true\"]').focus()");
  await key("Enter");
  check("a legend's entry takes its series away", (await evaluate(series)) === shown - 1);
  await key("Enter");
  check("and brings it back", (await evaluate(series)) === shown);
  const choice = await evaluate(
    "(() => { const s = document.querySelector('#frontier select'); if (!s) return null; s.selectedIndex = 1; s.dispatchEvent(new Event('change')); return [...document.querySelectorAll('#frontier figure')].map((f) => f.hidden); })()",
  );
  if (choice !== null)
    check(
      "another pair of values is shown alone",
      choice[0] && !choice[1] && choice.filter((hidden) => !hidden).length === 1,
    );
}
const samples = await evaluate(
  "(() => { const s = document.querySelector('.browser select'); if (!s) return null; const all = s.options.length; const f = document.querySelector('.browser input[type=search]'); const word = s.options[all - 1].text.split(' ').pop().replace(/[^a-z]/gi, ''); f.value = word; f.dispatchEvent(new Event('input')); return { all, kept: s.options.length, word, shown: document.querySelectorAll('.browser tbody tr').length }; })()",
);
if (samples !== null) {
  check(
    "the filter of samples keeps some prompts",
    samples.kept >= 1 && samples.kept <= samples.all,
    `"${samples.word}": ${samples.kept} of ${samples.all}`,
  );
  check("replies are shown", samples.shown > 1, `${samples.shown} rows`);
  await evaluate("document.querySelector('.browser').scrollIntoView()");
  await picture("samples", false);
}
const theme = "getComputedStyle(document.body).backgroundColor";
const light = await evaluate(theme);
await evaluate("document.querySelector('.theme').click()");
check("the theme changes", (await evaluate(theme)) !== light);
await send("Emulation.setScriptExecutionDisabled", { value: true });
await open({ width: 1280, height: 900 });
await picture("no-script", true);
requests.push(...browser.requests);
complaints.push(...browser.complaints);
check(
  "no request but for the page itself",
  requests.every((request) => request === url),
  requests.find((request) => request !== url) ?? "",
);
check("no error and no warning", complaints.length === 0, complaints[0] ?? "");
console.log(`${axeSource === undefined ? "without axe-core" : `axe-core ${version}`}, ${await browser.version()}`);
await browser.close();
process.exit(failures.length === 0 ? 0 : 1);
