/** `check [run]`: the gate. Accepts a run as baseline, or holds a run against one. */
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { runFiles } from "../../bench/files/run-files.js";
import { readRunJson } from "../../bench/files/run-json.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { InputError } from "../../data/errors.js";
import { readBaseline, writeBaseline } from "../../leaderboard/baseline.js";
import { annotations } from "../../leaderboard/github.js";
import { junit } from "../../leaderboard/junit.js";
import { comparisonMarkdown } from "../../leaderboard/text.js";
import { exitCodeFor } from "../../leaderboard/verdict.js";
import { WriteError, writeFileAtomic } from "../../lm/atomic-file.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { type Io, writeJson } from "../io.js";
import { RUNS } from "../run-folder.js";
import { type GateFlags, readRunSide, show, verdictOf } from "./compare.js";

export interface CheckFlags extends GateFlags {
  readonly baseline?: string;
  readonly accept?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly github?: boolean;
}

/**
 * @throws InputError where the run or the baseline cannot be read
 * @throws UsageError for flags that do not fit together; WriteError
 */
export function check(run: string | undefined, flags: CheckFlags, io: Io): ExitCode {
  if ((flags.accept === undefined) === (flags.baseline === undefined)) {
    throw new UsageError(
      "check takes --baseline FILE (hold the run against it) or --accept FILE (make it the baseline)",
    );
  }
  if (flags.accept !== undefined) refuseUnused(flags);
  if (flags.json === true && flags.github === true) throw new UsageError("check prints either --json or --github");
  const name = run ?? newestRun(io.cwd);
  return flags.accept === undefined
    ? gate(name, flags.baseline ?? "", flags, io)
    : accept(name, flags.accept, flags, io);
}

/** A flag that would do nothing was meant to do something. */
function refuseUnused({ accept: _accept, baseline: _baseline, json: _json, failOn, ...given }: CheckFlags): void {
  const names = Object.entries({ ...given, ...(failOn === "inconclusive" ? { failOn } : {}) })
    .filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
    .map(([name]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (names.length > 0) {
    throw new UsageError(
      `--accept only writes a baseline: ${names.join(", ")} ${names.length === 1 ? "belongs" : "belong"} to --baseline`,
    );
  }
}

function accept(name: string, file: string, flags: CheckFlags, io: Io): ExitCode {
  const { run, summary } = readRunSide(name, io.cwd);
  const path = resolve(io.cwd, file);
  const replaced = existsSync(path);
  writeBaseline(path, run, summary);
  const methods = run.methods.map(({ id }) => id);
  if (flags.json === true) writeJson(io, { kind: "accepted", run: run.identity.id, file, replaced, methods });
  else {
    io.stdout.write(
      `${sanitise(name)} is the baseline now: ${sanitise(file)}${replaced ? " (replaced)" : ""}, ${methods.length} ranked methods, seed ${run.identity.seeds.join(", ")}, ${run.prompts.length} test prompts.\n`,
    );
  }
  return exitCodes.fine;
}

function gate(name: string, file: string, flags: CheckFlags, io: Io): ExitCode {
  // The baseline first: it is the smaller, and more often at fault.
  const baseline = readBaseline(resolve(io.cwd, file), file).run;
  const { run } = readRunSide(name, io.cwd);
  const verdict = verdictOf(baseline, run, flags);
  if (flags.junit !== undefined) writeFileAtomic(resolve(io.cwd, flags.junit), junit(verdict, flags.failOn));
  if (flags.markdown !== undefined) writeFileAtomic(resolve(io.cwd, flags.markdown), comparisonMarkdown(verdict));
  show(verdict, flags, io);
  if (flags.github === true) {
    io.stdout.write(annotations(verdict, flags.failOn));
    const summary = io.env.GITHUB_STEP_SUMMARY;
    if (summary !== undefined && summary !== "") append(summary, comparisonMarkdown(verdict));
  }
  return exitCodeFor(verdict, flags.failOn);
}

/** Other steps may have written there already. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw new WriteError(path, error);
  }
}

/** The finished run that was started last. @throws InputError where there is none */
function newestRun(cwd: string): string {
  const folder = join(cwd, RUNS);
  const finished = (existsSync(folder) ? readdirSync(folder) : [])
    .map((id) => runFiles(join(folder, id)))
    .filter((files) => existsSync(files.run) && existsSync(files.summary))
    .map((files) => ({ folder: files.folder, started: readRunJson(files.run).started }))
    .sort((a, b) => (a.started < b.started ? 1 : -1));
  const newest = finished[0];
  if (newest === undefined) throw new InputError(`${RUNS} holds no finished run; name one: mva-bench check RUN`);
  return newest.folder;
}
