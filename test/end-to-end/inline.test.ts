/** `--display plain` in a real terminal: lines that stay, what moves below them, and a terminal that is given back whole. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { finish, hold, plant, write } from "../ui/planted-run.js";
import { recordedRun } from "../ui/recorded-run.js";
import { workplace } from "./command.js";
import { TerminalWindow } from "./terminal-window.js";
import { tiny, writeSuite } from "./tiny-suite.js";

let window: TerminalWindow;
beforeEach((context) => {
  window = new TerminalWindow(context);
});
afterEach(() => window?.close());

const SIGNS = /[╭╮╰╯│━]/;
/** Lines of the reader's own before, so that the cursor is at the window's foot. */
const before = "seq -f 'mine %g' 1 60";
const mine = Array.from({ length: 60 }, (_, at) => `mine ${at + 1}`);
const linesOf = (text: string): string[] => text.trimEnd().split("\n");
const trained = recordedRun("training").length;

/** A run that this process has in hand, watched. */
function watched(columns: number, rows: number): string {
  const folder = plant("training");
  hold(folder, process.pid);
  window.open(`dash '${folder}' --display plain`, { columns, rows, before });
  return folder;
}

/** What stands in the terminal, the lines that are drawn over left out. */
function stays(): string[] {
  return linesOf(window.everything()).filter((line) => !SIGNS.test(line));
}

describe("dash --display plain", () => {
  test("what has happened stays above and once, what moves is below it and lower than the screen, until the run is over", async () => {
    const folder = watched(100, 24);
    const first = await window.shows(/23\/40/);
    expect(window.state()).toEqual([false, false]);
    const rows = linesOf(first);
    const top = rows.findIndex((line) => line.startsWith("╭─ Now"));
    expect(rows[top - 1]).toBe("3:02 beta dpo humorous 3 trained");
    expect(rows.slice(top).length).toBeLessThan(12);
    for (const line of rows.slice(top)) expect([...line].length).toBeLessThanOrEqual(80);

    write(folder, recordedRun("scoring").slice(trained));
    expect(linesOf(await window.shows("╭─ Hypervolume ")).filter((line) => line.includes("╭─")).length).toBe(2);
    write(folder, recordedRun("finished").slice(recordedRun("scoring").length));
    finish(folder);
    await window.shows("left with 0");
    const left = linesOf(window.everything());
    expect(window.state()).toEqual([false, true]);
    expect(left.filter((line) => SIGNS.test(line))).toEqual([]);
    expect(left.slice(0, 60)).toEqual(mine);
    expect(left[60]).toBe("0:00 started: quick-20260921-131000");
    expect(left.join(" ")).toContain("Alpha has the largest hypervolume");
    expect(left.at(-1)).toBe("left with 0");
    expect(left.at(-2)).not.toBe("");
    const told = left.filter((line) => /^\d+:\d\d /.test(line));
    expect(new Set(told).size).toBe(told.length);
  });

  test("resized, from wide to narrow and back: no line of the picture is left above it, and none is torn", async () => {
    watched(120, 30);
    await window.shows("23/40");
    const lines = stays();
    for (const [columns, rows] of [
      [100, 30],
      [72, 30],
      [66, 24],
      [130, 40],
      [64, 30],
      [140, 30],
    ] as const) {
      window.resize(columns, rows);
      const width = Math.min(80, columns);
      await window.shows((text) => linesOf(text).filter((line) => [...line].length === width).length >= 5);
      // Another frame, a second later, stands where this one did.
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const all = linesOf(window.everything());
      expect(all.filter((line) => line.includes("╭─ Now")).length, all.join("\n")).toBe(1);
      const picture = all.slice(all.findIndex((line) => line.includes("╭─ Now")));
      expect(picture.at(-1)).toMatch(/^╰─+╯$/);
      for (const line of picture) expect([...line].length).toBe(width);
      expect(stays()).toEqual(lines);
    }
  });

  test("in a narrow window what moves is one line; below that nothing breaks either", async () => {
    watched(44, 12);
    const text = await window.shows(/training, seed 1 {2}31 %/);
    expect(linesOf(text).filter((line) => line.includes("31 %")).length).toBe(1);
    for (const line of linesOf(text)) expect(line.length).toBeLessThanOrEqual(44);
    window.resize(12, 4);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    window.keys("C-c");
    await window.shows("left with");
    expect(window.state()).toEqual([false, true]);
  });

  test.each([
    ["Ctrl-C", () => window.keys("C-c"), 130],
    ["SIGTERM", () => window.signal("SIGTERM"), 143],
  ])("after %s the cursor is back and the picture is gone", async (_, stop, code) => {
    watched(100, 24);
    await window.shows("23/40");
    const lines = stays();
    stop();
    await window.shows(`left with ${code}`);
    expect(window.state()).toEqual([false, true]);
    expect(linesOf(window.everything())).toEqual([...lines, `left with ${code}`]);
  });

  test("killed with −9, the run is said to be gone, and how it stood stays", async () => {
    const folder = watched(100, 24);
    await window.shows("23/40");
    // No process has this number.
    hold(folder, 2 ** 22 + 1);
    const text = await window.shows("left with 0");
    expect(text).toContain("Attention: the run's process is gone");
    expect(text).toContain("beta dpo humorous 3 trained");
  });
});

describe("run --display plain", () => {
  const { dir, remove } = workplace();
  afterEach(remove);

  test("all of it is on stderr: stdout has the report and nothing else; stopped and gone on with", async () => {
    const suite = writeSuite(dir, { ...tiny, methods: ["soup", "modpo"], variants: [], questions: [] });
    const flags = "--display plain --engine cpu --threads 2";
    const options = { columns: 90, rows: 30, cwd: dir, before };
    window.open(`run ${suite} ${flags} --out r > out.txt`, options);
    await window.shows((text) => text.includes("╭─ Now") && text.includes("trained"));
    window.keys("C-c");
    const stopped = await window.shows("left with 130");
    expect(stopped).toContain("Stopped. Go on with: mva-bench run --resume");
    expect(window.state()).toEqual([false, true]);
    expect(window.everything()).not.toMatch(SIGNS);
    expect(readFileSync(join(dir, "out.txt"), "utf8")).toBe("");
    window.close();
    window.open("run --resume r --display plain > out.txt", options);
    const text = await window.shows("left with 0");
    expect(text).toContain("The run is in ");
    expect(window.state()).toEqual([false, true]);
    const all = linesOf(window.everything());
    expect(all.filter((line) => SIGNS.test(line))).toEqual([]);
    expect(all.slice(0, 60)).toEqual(mine);
    expect(all[60]).toMatch(/^\d+:\d\d gone on with: /);
    const out = readFileSync(join(dir, "out.txt"), "utf8");
    expect(out).toMatch(/^Tiny\n/);
    expect(out).toContain("Who wins");
    expect(out).not.toMatch(/^\d+:\d\d .* trained$/m);
    expect(existsSync(join(dir, "r/report.html"))).toBe(true);
  });
});
