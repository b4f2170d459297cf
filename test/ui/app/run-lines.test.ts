/** A run as lines that stay: for logs and for readers whose screen is read aloud. */
import { appendFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/bench/files/events.js";
import { textWidth } from "../../../src/report/text-width.js";
import { RunLines, type RunLinesOptions } from "../../../src/ui/app/run-lines.js";
import { RunFollower } from "../../../src/ui/state/follow.js";
import { temporaryFolder } from "../../bench/files/temporary-folder.js";
import { summaryFixture } from "../../report/summary-fixture.js";
import { recordedRun } from "../recorded-run.js";

function followed(events: readonly RunEvent[], options: Partial<RunLinesOptions> = {}) {
  const folder = temporaryFolder();
  const file = join(folder, "events.jsonl");
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const hold = { pid: process.pid, host: hostname(), start: null, token: "t" };
  writeFileSync(join(folder, "run.lock"), JSON.stringify(hold));
  if (events.at(-1)?.type === "run-finished") {
    writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
  }
  const written: string[] = [];
  const clock = { time: 0 };
  const follower = new RunFollower(folder);
  const lines = new RunLines(follower, {
    ...{ json: false, words: false, width: () => 80, now: () => clock.time, write: (line) => written.push(line) },
    ...options,
  });
  return { file, lines, written, clock, folder, follower };
}

describe("lines", () => {
  test("each thing is said once, as it happens; a finished run ends with its verdict", () => {
    const events = recordedRun("finished");
    const [first, rest] = [events.slice(0, 40), events.slice(40)];
    const { file, lines, written, folder } = followed(first);
    expect(lines.look()).toBe(false);
    const before = written.length;
    expect(before).toBeGreaterThan(0);
    expect(lines.look()).toBe(false);
    expect(written.length).toBe(before);
    writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
    appendFileSync(file, rest.map((event) => `${JSON.stringify(event)}\n`).join(""));
    expect(lines.look()).toBe(true);
    const text = written.join(" ");
    expect(text).toContain("Alpha has the largest hypervolume");
    expect(text).toContain("alpha, seed 1, validation: hypervolume 0.120 [0.110, 0.132] of 6 scored so far");
    for (const line of written) expect(textWidth(line)).toBeLessThanOrEqual(80);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what must not be there
    expect(text).not.toMatch(/\u001b/);
  });

  test("while nothing else is said, how far it is: every fifteen seconds, with time left and what trains", () => {
    const { lines, written, clock } = followed(recordedRun("training"));
    lines.look();
    const before = written.length;
    clock.time += 14_000;
    lines.look();
    expect(written.length).toBe(before);
    clock.time += 2_000;
    lines.look();
    const said = written.slice(before).join(" ");
    expect(said).toContain("training, seed 1; 31 % done; about 2 min 07 s left");
    expect(said).toMatch(/gamma dpo helpful 1: step 23 of 40/);
  });

  test("in words: intervals are not brackets", () => {
    const { lines, written } = followed(recordedRun("scoring"), { words: true });
    lines.look();
    expect(written.join(" ")).toContain("hypervolume 0.120, interval from 0.110 to 0.132");
  });

  test("what is bad is said to be: a warning, a damaged line, a process that has gone", () => {
    const warning: RunEvent = { v: 1, time: 1_790_000_000_500, type: "warning", message: "\u001b[2Jmind \u202ethis" };
    const { file, lines, written } = followed([...recordedRun("training").slice(0, 3), warning]);
    lines.look();
    expect(written.join("\n")).toMatch(/Attention: mind this$/m);
    appendFileSync(file, "{damaged\n");
    expect(lines.look()).toBe(true);
    expect(written.at(-1)).toMatch(/not JSON|is damaged/);
  });

  test("killed: it is over, and said so", () => {
    const { lines, written, folder } = followed(recordedRun("training"));
    writeFileSync(
      join(folder, "run.lock"),
      JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), start: null, token: "t" }),
    );
    expect(lines.look()).toBe(true);
    expect(written.join(" ")).toContain("process is gone");
  });
});

test("as JSON: every line one document, the last one how it ended", () => {
  const { lines, written } = followed(recordedRun("finished"), { json: true });
  lines.look();
  const documents = written.map((line) => JSON.parse(line) as { type: string; status?: string; sentences?: string[] });
  expect(new Set(documents.map(({ type }) => type))).toEqual(new Set(["notice", "hypervolume", "end"]));
  expect(documents.at(-1)).toMatchObject({ type: "end", status: "finished" });
  expect(documents.at(-1)?.sentences?.[0]).toContain("Alpha has the largest hypervolume");
});
