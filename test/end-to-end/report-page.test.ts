/** `report.html` in a real browser: what it asks for, what it complains of, what mouse and keys do. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildReport } from "../../src/report/build.js";
import { renderHtml } from "../../src/report/html/page.js";
import { evidenceFixture } from "../report/evidence-fixture.js";
import { summaryFixture } from "../report/summary-fixture.js";
import { skipVisibly } from "../skip.js";
import { workplace } from "./command.js";

const chromium = process.env.MVA_BENCH_CHROMIUM ?? "chromium";
const root = fileURLToPath(new URL("../../", import.meta.url));
const axe = process.env.MVA_BENCH_AXE ?? join(root, "node_modules/axe-core/axe.min.js");
const { dir, remove } = workplace();
const page = join(dir, "report.html");
let present = false;
let found = { status: 0 as number | null, text: "" };

beforeAll(() => {
  present = spawnSync(chromium, ["--version"]).status === 0;
  if (!present) return;
  mkdirSync(dir, { recursive: true });
  // Hostile text in replies too: none of it may become markup or a request.
  const reply = `Dry it. <img src="https://example.org/x.png"> </script><script>fetch("https://example.org")</script>`;
  writeFileSync(page, renderHtml(buildReport(summaryFixture(), evidenceFixture({ reply }))));
  const args = [join(root, "scripts/check-report.mjs"), page, "--chromium", chromium];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, ...(existsSync(axe) ? ["--axe", axe] : [])],
    { encoding: "utf8", timeout: 240_000 },
  );
  found = { status, text: `${stdout}${stderr}` };
}, 300_000);
afterAll(remove);

const line = (what: string): string => found.text.split("\n").find((each) => each.includes(what)) ?? `no line: ${what}`;

test("no request but for the page, no error, no warning, nothing wider than the page", (context) => {
  if (!present) skipVisibly(context, `${chromium} is absent (MVA_BENCH_CHROMIUM names another)`);
  expect(found.status, found.text).toBe(0);
  expect(line("no request but for the page itself")).toMatch(/^ok/);
  expect(line("no error and no warning")).toMatch(/^ok/);
  for (const view of ["light", "dark", "narrow", "print"]) expect(line(`wider than the page (${view})`)).toMatch(/^ok/);
});

test("details by mouse and by keyboard, legends and themes work", (context) => {
  if (!present) skipVisibly(context, `${chromium} is absent (MVA_BENCH_CHROMIUM names another)`);
  for (const what of [
    ...["tells of itself when pointed at", "arrows go from candidate to candidate", "Escape takes the details away"],
    ...["one stop of the Tab key", "takes its series away", "brings it back", "the theme changes", "replies are shown"],
  ]) {
    expect(line(what)).toMatch(/^ok/);
  }
});

test("axe-core finds no violation: light, dark, narrow, print", (context) => {
  if (!present) skipVisibly(context, `${chromium} is absent (MVA_BENCH_CHROMIUM names another)`);
  if (!existsSync(axe)) skipVisibly(context, "axe-core is absent (MVA_BENCH_AXE names its axe.min.js)");
  for (const view of ["light", "dark", "narrow", "print"]) {
    expect(line(`axe-core finds no violation (${view})`)).toMatch(/^ok/);
  }
});
