/** The dashboard in a real terminal. */
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build.js";
import { glyphsFor } from "../../src/ui/draw/glyphs.js";
import { drawFrame } from "../../src/ui/panels/frame.js";
import { renderTerminalReport } from "../../src/ui/report/terminal-report.js";
import { FIRST_VIEW, type View } from "../../src/ui/state/view.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { summaryFixture } from "../report/summary-fixture.js";
import { hold, plant } from "../ui/planted-run.js";
import { recordedRun, stateOf } from "../ui/recorded-run.js";
import { TerminalWindow } from "./terminal-window.js";

let window: TerminalWindow;

const RUN = {
  ...{ schema: 1, id: "run", started: "2026-09-21T13:00:00.000Z", command: ["mva-bench"] },
  suite: { suite: "fixture", version: 1, title: "t" },
  ...{ suiteHash: "0".repeat(32), dataHash: "0".repeat(32), baseHash: null, scorersHash: null, lockHash: null },
  ...{ seeds: [1], engine: "cpu", threads: 2, versions: { "mva-bench": "0.1.0", node: "20" }, commit: null },
  hardware: { platform: "linux", cpu: "c", cores: 2, memoryBytes: 1, gpu: null },
};

beforeEach((context) => {
  window = new TerminalWindow(context);
});
afterEach(() => window?.close());

describe("dash in a terminal", () => {
  test("shows a finished run, turns its panels, follows the window's size, and gives the screen back", async () => {
    const state = stateOf(recordedRun("finished"));
    const drawn = (columns: number, rows: number, view: Partial<View>): string => {
      const input = { state, view: { ...FIRST_VIEW, ...view }, glyphs: glyphsFor("braille"), nowMs: 0, owned: false };
      return `${drawFrame(columns, rows - 1, input)
        .lines("plain")
        .map((line) => line.trimEnd())
        .join("\n")}\n\n`;
    };
    window.open(`dash '${plant("finished")}'`, { columns: 80, rows: 24 });
    await window.shows((text) => text === drawn(80, 24, {}));
    window.keys("5");
    await window.shows((text) => text === drawn(80, 24, { panel: "leaderboard" }));
    for (const [columns, rows] of [
      [120, 40],
      [200, 60],
      [80, 24],
    ] as const) {
      window.resize(columns, rows);
      await window.shows((text) => text === drawn(columns, rows, { panel: "leaderboard" }));
    }
    window.resize(50, 10);
    await window.shows("too small");
    expect(window.state()).toEqual([true, false]);
    window.keys("q");
    await window.shows("left with 0");
    expect(window.state()).toEqual([false, true]);
  });

  test("attached to a live run: what comes is shown; its kill −9 is said; SIGTERM gives the screen back", async () => {
    const folder = plant("scoring");
    const run = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"], { stdio: "ignore" });
    try {
      hold(folder, run.pid);
      window.open(`dash '${folder}'`, { columns: 120, rows: 40 });
      await window.shows("● running");
      const warning = JSON.stringify({
        v: 1,
        time: 1_790_000_999_000,
        type: "warning",
        message: "a\u001b[2Jnote \u001b]0;x\u0007at last",
      });
      appendFileSync(join(folder, "events.jsonl"), warning.slice(0, 60));
      appendFileSync(join(folder, "events.jsonl"), `${warning.slice(60)}\n`);
      await window.shows("anote at last");
      run.kill("SIGKILL");
      const text = await window.shows("its process is gone");
      expect(text).toContain("mva-bench run --resume");
      expect(text).toContain("alpha");
      window.signal("SIGTERM");
      await window.shows("left with 143");
      expect(window.state()).toEqual([false, true]);
    } finally {
      run.kill("SIGKILL");
    }
  });

  test("without an argument: the list of runs; Enter opens one; ASCII where the locale has nothing else", async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, "reports/runs"), { recursive: true });
    for (const [at, name] of ["first", "second"].entries()) {
      const folder = plant("finished", join(root, "reports/runs", name));
      const run = { ...RUN, id: name, started: new Date(1_790_000_000_000 + at * 60_000).toISOString() };
      writeFileSync(join(folder, "run.json"), JSON.stringify(run));
    }
    window.open("dash", { columns: 90, rows: 24, env: ["LC_ALL=C"], cwd: root });
    const list = await window.shows("2 runs");
    expect(list).toMatch(/second +finished[\s\S]*first +finished/);
    expect(list).toContain("Alpha has the largest");
    expect(list).toMatch(/^[ -~\n]*$/);
    window.keys("j", "Enter");
    expect(await window.shows("Who wins")).toMatch(/^[ -~\n]*$/);
    window.keys("q");
    await window.shows("left with 0");
  });
});

describe("report in a terminal", () => {
  test("has pictures at the terminal's width, colours for its ground, and none at all with NO_COLOR", async () => {
    const folder = plant("finished");
    const colours = async (more: readonly string[]): Promise<string> => {
      window.open(`report '${folder}' --no-files`, { columns: 130, rows: 50, env: more });
      const text = await window.shows("left with 0");
      // The whole report, what has scrolled away too.
      const all = window.everything(true);
      window.close();
      expect(text).toContain("left with 0");
      return all;
    };
    const [dark, light, none] = [await colours([]), await colours(["COLORFGBG=0;15"]), await colours(["NO_COLOR=1"])];
    // biome-ignore-start lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    const bare = (text: string): string => text.replace(/\u001b\[[\d;]*m/g, "").replace(/ +$/gm, "");
    const state = stateOf(recordedRun("finished"));
    expect(state.summary).toBeDefined();
    const drawn = renderTerminalReport(buildReport(summaryFixture()), {
      ...{ width: 130, glyphs: glyphsFor("braille"), depth: "plain", ground: "dark" },
    });
    const opening = drawn.split("\n").slice(0, 40).join("\n");
    for (const text of [dark, light, none]) expect(bare(text)).toContain(opening);
    expect(dark).toMatch(/\u001b\[[\d;]*(3[1-7]|9[1-7]|38)/);
    expect(none).not.toMatch(/\u001b\[([\d;]*;)?(3[0-8]|9[0-7])/);
    // biome-ignore-end lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  });
});
