/**
 * What a run was made of, exactly: its suite as YAML, its lock, its environment. Read from the run's own
 * files; the texts are not yet safe to show.
 */
import { existsSync, readFileSync } from "node:fs";
import { stringify } from "yaml";
import { countsText } from "../bench/data-counts.js";
import type { RunFiles } from "../bench/files/run-files.js";
import { readRunJson } from "../bench/files/run-json.js";

export interface RunRecordText {
  /** The whole suite, defaults filled in. */
  readonly suite: string;
  /** `suite.lock.yaml`, where the run has one. */
  readonly lock: string | null;
  /** Name and value, in order. */
  readonly environment: readonly (readonly [string, string])[];
}

/**
 * @returns null where the folder has no `run.json` (a summary that was moved)
 * @throws InputError for one that is damaged
 */
export function runRecordText(files: RunFiles): RunRecordText | null {
  if (!existsSync(files.run)) return null;
  const run = readRunJson(files.run);
  const { hardware, versions } = run;
  const entries: [string, string | null][] = [
    ["run", run.id],
    ["started", run.started],
    ["engine", `${run.engine}, ${run.threads} ${run.threads === 1 ? "thread" : "threads"}`],
    ["base weights", run.basePrecision ?? null],
    ["processor", `${hardware.cpu}, ${hardware.cores} cores, ${(hardware.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ["graphics card", hardware.gpu],
    ["platform", hardware.platform],
    ...Object.entries(versions).map(([name, version]): [string, string] => [name, String(version)]),
    ["commit", run.commit],
    ["suite hash", run.suiteHash],
    ["data hash", run.dataHash],
    ["pairs", run.dataCounts === undefined ? null : countsText(run.dataCounts)],
    ["base hash", run.baseHash],
    ["judges' hash", run.scorersHash],
    ["lock hash", run.lockHash],
  ];
  return {
    suite: stringify(run.suite).trimEnd(),
    lock: existsSync(files.suiteLock) ? readFileSync(files.suiteLock, "utf8").trimEnd() : null,
    environment: entries.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])),
  };
}
