/** Run folders as a dashboard finds them, of recorded events. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "../../src/bench/files/events.js";
import { temporaryFolder } from "../bench/files/temporary-folder.js";
import { summaryFixture } from "../report/summary-fixture.js";
import { recordedRun, type Until } from "./recorded-run.js";

export const linesOf = (events: readonly object[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** @returns the folder of a run that has come so far */
export function plant(until: Until, folder = join(temporaryFolder(), "run")): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "run.json"), "{}");
  write(folder, recordedRun(until));
  if (until === "finished") finish(folder);
  return folder;
}

export function write(folder: string, events: readonly RunEvent[]): void {
  appendFileSync(join(folder, "events.jsonl"), linesOf(events));
}

export function finish(folder: string): void {
  writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
}

/** Marks the folder as in use by a process, as `folder-lock.ts` does; without a start, a process is known by its number. */
export function hold(folder: string, pid: number | undefined): void {
  writeFileSync(join(folder, "run.lock"), JSON.stringify({ pid, host: hostname(), start: null, token: "t" }));
}
