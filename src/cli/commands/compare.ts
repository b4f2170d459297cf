/** `compare A B`: two runs, or a baseline and a run. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { InputError } from "../../data/errors.js";
import { readBaseline } from "../../leaderboard/baseline.js";
import { type CompareOptions, compareRuns } from "../../leaderboard/compare.js";
import { readScoredRun, type StoredSummary } from "../../leaderboard/read-run.js";
import { readRowSide } from "../../leaderboard/row-side.js";
import type { ScoredRun } from "../../leaderboard/scored-run.js";
import { renderComparison } from "../../leaderboard/text.js";
import { type ComparisonVerdict, exitCodeFor, type Guard } from "../../leaderboard/verdict.js";
import { MetricsError } from "../../metrics/index.js";
import { type ExitCode, UsageError } from "../exit-codes.js";
import { parseNumbers, parseUnits } from "../flags.js";
import { columnsOf, type Io, writeJson } from "../io.js";
import { runFolder } from "../run-folder.js";

/** Flags that `compare` and `check` share, as commander hands them over. */
export interface GateFlags {
  readonly tolerance?: number;
  readonly valueTolerance?: number;
  readonly alpha?: number;
  readonly guard?: readonly string[];
  readonly weights?: string;
  readonly failOn?: "regressed" | "inconclusive";
  readonly json?: boolean;
}

/**
 * @throws InputError where a side cannot be read, or a flag names what the suite does not have
 * @throws UsageError for a flag out of its range
 */
export function compare(a: string, b: string, flags: GateFlags, io: Io): ExitCode {
  const verdict = verdictOf(readSide(a, io.cwd), readSide(b, io.cwd), flags);
  show(verdict, flags, io);
  return exitCodeFor(verdict, flags.failOn);
}

export function verdictOf(a: ScoredRun, b: ScoredRun, flags: GateFlags): ComparisonVerdict {
  const options = optionsOf(flags, a);
  try {
    return compareRuns(a, b, options);
  } catch (error) {
    // What the scores do not allow is a fault of the files, not of the program.
    if (error instanceof MetricsError) throw new InputError(`${b.source}: ${error.message}`, { cause: error });
    throw error;
  }
}

export function show(verdict: ComparisonVerdict, flags: GateFlags, io: Io): void {
  if (flags.json === true) writeJson(io, verdict);
  else if (verdict.kind === "decided") io.stdout.write(renderComparison(verdict, Math.min(100, columnsOf(io.stdout))));
  if (verdict.kind === "not-comparable") {
    io.stderr.write(`mva-bench: ${renderComparison(verdict, columnsOf(io.stderr)).split("\n")[0] ?? ""}\n`);
  }
}

/** A baseline or a leaderboard row where the path is a file (or a pipe), else a run by folder or id. */
export function readSide(name: string, cwd: string): ScoredRun {
  const path = resolve(cwd, name);
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isDirectory() && !isRow(path)
    ? readBaseline(path, name).run
    : readRunSide(name, cwd).run;
}

/** A run by folder or id, or a leaderboard row by its file: what a baseline may be made of. */
export function readRunSide(name: string, cwd: string): { readonly run: ScoredRun; readonly summary: StoredSummary } {
  const path = resolve(cwd, name);
  if (isRow(path) && existsSync(path)) return readRowSide(path, name);
  return readScoredRun(runFolder(name, cwd), name);
}

/** A baseline may be called so too: it is packed. */
function isRow(path: string): boolean {
  return path.endsWith(".json") && !(existsSync(path) && statSync(path).isFile() && readFileSync(path)[0] === 0x1f);
}

function optionsOf(flags: GateFlags, run: ScoredRun): CompareOptions {
  const { tolerance, valueTolerance, alpha, weights } = flags;
  if (alpha !== undefined && !(alpha >= 0.001 && alpha < 0.5)) {
    throw new UsageError(`--alpha takes a probability from 0.001 to below 0.5, not ${alpha}`);
  }
  const names = run.values.map(({ name }) => name);
  const preference = weights === undefined ? undefined : parseNumbers("--weights", weights, names);
  const total = preference?.reduce((sum, w) => sum + w, 0) ?? 1;
  if (preference?.some((w) => w < 0) || !(total > 0 && Number.isFinite(total))) {
    throw new UsageError(`--weights takes numbers from 0 with a finite sum, not all 0, not "${weights}"`);
  }
  return {
    guards: (flags.guard ?? []).map((text) => guardOf(text, names)),
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(valueTolerance === undefined ? {} : { valueTolerance }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(preference === undefined ? {} : { weights: preference.map((w) => w / total) }),
  };
}

/** `harmless=0.05` (the mean), `best.harmless=5%`. */
function guardOf(text: string, names: readonly string[]): Guard {
  const at = text.lastIndexOf("=");
  const left = text.slice(0, Math.max(0, at)).trim();
  const of = left.startsWith("best.") ? "best" : "mean";
  const value = left.replace(/^(?:best|mean)\./, "");
  if (at < 1) throw new UsageError(`--guard takes a value and a limit (harmless=0.05), not "${text}"`);
  if (!names.includes(value)) {
    throw new UsageError(`--guard ${text}: the suite has no value "${value}" (it has ${names.join(", ")})`);
  }
  return { value, of, limit: parseUnits("--guard")(text.slice(at + 1)) };
}
