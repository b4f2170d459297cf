/** `report RUN`: which form goes where. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { summaryFixture } from "../report/summary-fixture.js";
import { cli, FakeIo } from "./fake-io.js";

function plant(): string {
  const folder = join(temporaryFolder(), "run");
  mkdirSync(folder);
  writeFileSync(join(folder, "run.json"), "{}");
  writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
  return folder;
}

/** A world whose stdout is a terminal of so many columns. */
function onTerminal(env: Record<string, string> = {}, columns = 120): FakeIo {
  const io = new FakeIo();
  Object.assign(io.stdout, { isTTY: true, columns });
  Object.assign(io.env, { TERM: "xterm-256color", LANG: "en_US.UTF-8", ...env });
  return io;
}

const PICTURE = /├─+●─+┤/;
const ESCAPE = "\u001b";

test("in a pipe: text, no picture and no escape sequence, 80 columns", async () => {
  const { code, stdout, stderr } = await cli(["report", plant()]);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(PICTURE);
  expect(stdout).not.toContain(ESCAPE);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stderr).toContain("report.html");
});

test("on a terminal: pictures in its width and colours", async () => {
  const { stdout } = await cli(["report", plant(), "--no-files"], onTerminal());
  expect(stdout).toContain(ESCAPE);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  const bare = stdout.replace(/\u001b\[[\d;]*m/g, "");
  expect(bare).toMatch(PICTURE);
  const widest = Math.max(...bare.split("\n").map((line) => line.length));
  expect(widest).toBeGreaterThan(100);
  expect(widest).toBeLessThanOrEqual(120);
});

test("a dumb terminal and a reader whose screen is read aloud get the text, and so does --no-plots", async () => {
  const folder = plant();
  for (const [env, flags] of [
    [{ TERM: "dumb" }, []],
    [{ ACCESSIBLE: "1" }, []],
    [{}, ["--accessible"]],
    [{}, ["--no-plots"]],
  ] as const) {
    const { stdout } = await cli(["report", folder, "--no-files", ...flags], onTerminal(env));
    expect(stdout).not.toMatch(PICTURE);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toContain("Who wins");
  }
});

test("--plots draws in a pipe too, without escape sequences; --charset ascii with nothing but ASCII", async () => {
  const folder = plant();
  const { stdout } = await cli(["report", folder, "--no-files", "--plots"]);
  expect(stdout).toMatch(PICTURE);
  expect(stdout).not.toContain(ESCAPE);
  const ascii = await cli(["report", folder, "--no-files", "--plots", "--charset", "ascii"]);
  expect(ascii.stdout).toMatch(/^[ -~\n]*$/);
});

test("--json is the model, on a terminal too; --no-files leaves the folder as it is", async () => {
  const folder = plant();
  const { stdout } = await cli(["report", folder, "--no-files", "--json"], onTerminal());
  expect(JSON.parse(stdout)).toMatchObject({ schema: 2 });
  expect(readdirSync(folder).sort()).toEqual(["run.json", "summary.json"]);
});
