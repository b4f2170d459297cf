/** The dashboard in a real terminal: tmux is one, and says what is on its screen. */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build.js";
import { glyphsFor } from "../../src/ui/draw/glyphs.js";
import { drawFrame } from "../../src/ui/panels/frame.js";
import { renderTerminalReport } from "../../src/ui/report/terminal-report.js";
import { FIRST_VIEW, type View } from "../../src/ui/state/view.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { summaryFixture } from "../report/summary-fixture.js";
import { skipVisibly } from "../skip.js";
import { recordedRun, stateOf, type Until } from "../ui/recorded-run.js";
import { binary } from "./command.js";

const PATIENCE_MS = 90_000;
let socket = "";

function tmux(...args: string[]): string {
  const { stdout, status, stderr } = spawnSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
  return stdout;
}

const screen = (): string => tmux("capture-pane", "-p", "-t", "dash");
const terminal = (): string => tmux("display-message", "-p", "-t", "dash", "#{alternate_on} #{cursor_flag}").trim();

/** Waits until the screen is as it should be; what it is instead is in the error. */
async function shows(what: string | RegExp | ((text: string) => boolean)): Promise<string> {
  const fits = (text: string): boolean =>
    typeof what === "function" ? what(text) : typeof what === "string" ? text.includes(what) : what.test(text);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const text = screen();
    if (fits(text)) return text;
    if (performance.now() > until) throw new Error(`the screen never showed ${String(what)}:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function start(folder: string, columns: number, rows: number): void {
  open(`dash '${folder}'`, columns, rows);
}

/** Starts the command in a window of its own. */
function open(args: string, columns: number, rows: number, more: readonly string[] = [], cwd = "/"): void {
  const command = `cd '${cwd}' && '${process.execPath}' '${binary}' ${args}; echo "left with $?"; sleep 1000`;
  const env = ["CI=", "NO_COLOR=", "LC_ALL=C.UTF-8", "ACCESSIBLE=", "COLORTERM=", "COLORFGBG=", ...more];
  const set = env.flatMap((variable) => ["-e", variable]);
  tmux("new-session", "-d", "-s", "dash", "-x", String(columns), "-y", String(rows), ...set, command);
}

const RUN = {
  ...{ schema: 1, id: "run", started: "2026-09-21T13:00:00.000Z", command: ["mva-bench"] },
  suite: { suite: "fixture", version: 1, title: "t" },
  ...{ suiteHash: "0".repeat(32), dataHash: "0".repeat(32), baseHash: null, scorersHash: null, lockHash: null },
  ...{ seeds: [1], engine: "cpu", threads: 2, versions: { "mva-bench": "0.1.0", node: "20" }, commit: null },
  hardware: { platform: "linux", cpu: "c", cores: 2, memoryBytes: 1, gpu: null },
};

function plant(until: Until, folder = join(temporaryFolder(), "run")): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "run.json"), "{}");
  writeFileSync(
    join(folder, "events.jsonl"),
    recordedRun(until)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(""),
  );
  if (until === "finished") writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
  return folder;
}

beforeEach((context) => {
  if (spawnSync("tmux", ["-V"]).status !== 0) skipVisibly(context, "tmux is absent");
  socket = `mva-bench-${process.pid}-${Math.round(performance.now())}`;
});
afterEach(() => {
  if (socket !== "") spawnSync("tmux", ["-L", socket, "kill-server"]);
});

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
    start(plant("finished"), 80, 24);
    await shows((text) => text === drawn(80, 24, {}));
    tmux("send-keys", "-t", "dash", "5");
    await shows((text) => text === drawn(80, 24, { panel: "leaderboard" }));
    for (const [columns, rows] of [
      [120, 40],
      [200, 60],
      [80, 24],
    ] as const) {
      tmux("resize-window", "-t", "dash", "-x", String(columns), "-y", String(rows));
      await shows((text) => text === drawn(columns, rows, { panel: "leaderboard" }));
    }
    tmux("resize-window", "-t", "dash", "-x", "50", "-y", "10");
    await shows("too small");
    expect(terminal()).toBe("1 0");
    tmux("send-keys", "-t", "dash", "q");
    await shows("left with 0");
    expect(terminal()).toBe("0 1");
  });

  test("attached to a live run: what comes is shown; its kill −9 is said; SIGTERM gives the screen back", async () => {
    const folder = plant("scoring");
    const run = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"], { stdio: "ignore" });
    try {
      const holder = { pid: run.pid, host: hostname(), start: null, token: "t" };
      writeFileSync(join(folder, "run.lock"), JSON.stringify(holder));
      start(folder, 120, 40);
      await shows("● running");
      const warning = JSON.stringify({
        v: 1,
        time: 1_790_000_999_000,
        type: "warning",
        message: "a\u001b[2Jnote \u001b]0;x\u0007at last",
      });
      appendFileSync(join(folder, "events.jsonl"), warning.slice(0, 60));
      appendFileSync(join(folder, "events.jsonl"), `${warning.slice(60)}\n`);
      await shows("anote at last");
      run.kill("SIGKILL");
      const text = await shows("its process is gone");
      expect(text).toContain("mva-bench run --resume");
      expect(text).toContain("alpha");
      const [pid] = tmux("list-panes", "-t", "dash", "-F", "#{pane_pid}").trim().split("\n");
      const child = spawnSync("pgrep", ["-P", pid ?? "", "-f", "dash"], { encoding: "utf8" })
        .stdout.trim()
        .split("\n")[0];
      process.kill(Number(child), "SIGTERM");
      await shows("left with 143");
      expect(terminal()).toBe("0 1");
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
    open("dash", 90, 24, ["LC_ALL=C"], root);
    const list = await shows("2 runs");
    expect(list).toMatch(/second +finished[\s\S]*first +finished/);
    expect(list).toContain("Alpha has the largest");
    expect(list).toMatch(/^[ -~\n]*$/);
    tmux("send-keys", "-t", "dash", "j", "Enter");
    expect(await shows("Who wins")).toMatch(/^[ -~\n]*$/);
    tmux("send-keys", "-t", "dash", "q");
    await shows("left with 0");
  });
});

describe("report in a terminal", () => {
  test("has pictures at the terminal's width, colours for its ground, and none at all with NO_COLOR", async () => {
    const folder = plant("finished");
    const colours = async (more: readonly string[]): Promise<string> => {
      open(`report '${folder}' --no-files`, 130, 50, more);
      const text = await shows("left with 0");
      // The whole report, what has scrolled away too.
      const all = tmux("capture-pane", "-p", "-e", "-S", "-", "-t", "dash");
      tmux("kill-session", "-t", "dash");
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
