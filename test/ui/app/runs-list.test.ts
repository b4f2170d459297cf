/** The list that `dash` opens with, over folders of every kind. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { textWidth } from "../../../src/report/text-width.js";
import { ageText, drawRuns, type ListedRun, listRuns, RunsList } from "../../../src/ui/app/runs-list.js";
import { glyphsFor } from "../../../src/ui/draw/glyphs.js";
import type { Key } from "../../../src/ui/state/keys.js";
import { temporaryFolder } from "../../bench/files/temporary-folder.js";
import { hostileText } from "../../report/any-report.js";
import { summaryFixture } from "../../report/summary-fixture.js";

const started = Date.parse("2026-09-21T13:00:00.000Z");

function plant(root: string, id: string, minutes: number, kind: ListedRun["status"]): void {
  const folder = join(root, id);
  mkdirSync(folder);
  const run = {
    ...{ schema: 1, id, started: new Date(started + minutes * 60_000).toISOString(), command: ["mva-bench"] },
    suite: { suite: `suite-${id}`, version: 1, title: "t" },
    ...{ suiteHash: "0".repeat(32), dataHash: "0".repeat(32), baseHash: null, scorersHash: null, lockHash: null },
    ...{ seeds: [1], engine: "cpu", threads: 2, versions: { "mva-bench": "0.1.0", node: "20" }, commit: null },
    hardware: { platform: "linux", cpu: "c", cores: 2, memoryBytes: 1, gpu: null },
  };
  writeFileSync(join(folder, "run.json"), kind === "unreadable" ? "{" : JSON.stringify(run));
  utimesSync(join(folder, "run.json"), new Date(started + minutes * 60_000), new Date(started + minutes * 60_000));
  if (kind === "finished") writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
  if (kind === "running") {
    const lock = { pid: process.pid, host: hostname(), start: null, token: "t" };
    writeFileSync(join(folder, "run.lock"), JSON.stringify(lock));
  }
}

function planted(): string {
  const root = temporaryFolder();
  plant(root, "old", 0, "finished");
  plant(root, "broken", 10, "unreadable");
  plant(root, "cut", 20, "stopped");
  plant(root, "live", 30, "running");
  mkdirSync(join(root, "no-run"));
  writeFileSync(join(root, "a-file"), "");
  return root;
}

function listOf(runs: readonly ListedRun[]) {
  const said: string[] = [];
  const list = new RunsList({
    list: () => runs,
    glyphs: glyphsFor("braille"),
    ...{ depth: "none", ground: "dark" },
    now: () => started + 3 * 3600_000,
    size: () => ({ columns: 100, rows: 20 }),
    onOpen: (folder) => said.push(folder),
    onLeave: () => said.push("left"),
  });
  const type = (...keys: (string | Key)[]): void => {
    for (const key of keys) list.press(typeof key === "string" ? { kind: "text", text: key } : key);
  };
  return { list, said, type };
}

describe("a folder of runs", () => {
  test("newest first, with how each stands and who won; what is no run is passed over, what is damaged is said", () => {
    const runs = listRuns(planted());
    expect(runs.map(({ id, status }) => [id, status])).toEqual([
      ["live", "running"],
      ["cut", "stopped"],
      ["broken", "unreadable"],
      ["old", "finished"],
    ]);
    expect(runs[3]?.headline).toContain("Alpha has the largest hypervolume");
    expect(runs[3]?.suite).toBe("suite-old");
    expect(runs[2]?.headline).toContain("is not JSON");
    expect(listRuns(join(planted(), "nowhere"))).toEqual([]);
  });

  test("ages as one says them", () => {
    expect([0, 59 * 60_000, 60 * 60_000, 47 * 3600_000, 49 * 3600_000].map(ageText)).toEqual([
      ...["0 min", "59 min", "1 h", "47 h", "2 d"],
    ]);
  });
});

describe("keys", () => {
  test("arrows and jk choose, round the ends; Enter opens; q leaves", () => {
    const { said, type } = listOf(listRuns(planted()));
    type({ kind: "down" }, "j", "k", { kind: "enter" }, { kind: "up" }, { kind: "up" }, { kind: "enter" }, "q");
    expect(said.map((folder) => folder.split("/").at(-1))).toEqual(["cut", "old", "left"]);
  });

  test("/ filters by name, suite and headline; Esc drops it; Ctrl-C leaves while typing too", () => {
    const { list, said, type } = listOf(listRuns(planted()));
    type("/", ..."LARGEST");
    expect(list.frame()).toContain("old");
    expect(list.frame()).not.toContain("cut");
    type({ kind: "backspace" }, { kind: "enter" }, { kind: "enter" });
    expect(said.at(-1)).toMatch(/old$/);
    type({ kind: "escape" });
    expect(list.frame()).toContain("cut");
    type("/", { kind: "interrupt" });
    expect(said.at(-1)).toBe("left");
  });

  test("a filter that fits nothing opens nothing", () => {
    const { said, type } = listOf(listRuns(planted()));
    type("/", ..."zzz", { kind: "enter" }, { kind: "enter" });
    expect(said).toEqual([]);
  });
});

test("looks through the folder again now and then, and tells of it", () => {
  const runs: ListedRun[] = [];
  let [time, told] = [0, 0];
  const list = new RunsList({
    list: () => [...runs],
    glyphs: glyphsFor("ascii"),
    ...{ depth: "none", ground: "light" },
    now: () => time,
    size: () => ({ columns: 80, rows: 24 }),
    onOpen: () => {},
    onLeave: () => {},
  });
  list.subscribe(() => told++);
  runs.push({ folder: "/r", id: "fresh", suite: "s", status: "running", startedMs: 0, headline: "" });
  time += 500;
  expect(list.tick()).toBe(false);
  time += 2000;
  expect(list.tick()).toBe(true);
  expect([told, list.frame().includes("fresh")]).toEqual([1, true]);
});

property.prop(
  [
    fc.array(fc.record({ id: hostileText, headline: hostileText, status: fc.constantFrom("running", "stopped") }), {
      maxLength: 12,
    }),
    hostileText,
    fc.integer({ min: 0, max: 160 }),
    fc.integer({ min: 0, max: 40 }),
  ],
  { numRuns: 60 },
)(
  "any names at any size: nothing wider or higher than the screen, no control character",
  (some, filter, width, height) => {
    const runs = some.map(
      (run): ListedRun => ({ ...run, folder: "/r", suite: run.id, startedMs: 0, status: run.status as "running" }),
    );
    const lines = drawRuns(width, height, runs, 3, filter, 1e9, glyphsFor("braille")).lines("plain");
    expect(lines.length).toBe(height);
    for (const line of lines) {
      expect(textWidth(line)).toBeLessThanOrEqual(width);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }
  },
);
