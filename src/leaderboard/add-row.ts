/** From finished runs to a row: everything is checked, and all that is wrong is said at once. */
import { existsSync } from "node:fs";
import { summarise } from "../bench/summarise.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import { differingLeaves } from "./differences.js";
import { type FinishedRun, readFinishedRun } from "./finished-run.js";
import { mergeRuns } from "./merge-runs.js";
import { type NewRow, newRow } from "./row.js";
import { type RowBasis, unpackEvidence } from "./row-evidence.js";
import { type KnownSuites, rowFaults, shippedSuites } from "./row-faults.js";
import { readEvidenceFiles, readRow, readRows, removeRow, type StoredRow, type WrittenRow, writeRow } from "./store.js";
import { fileFaults } from "./verify-row.js";

export interface RunPlace {
  readonly folder: string;
  /** The name that messages give it. */
  readonly source: string;
}

export interface AddOptions {
  readonly root: string;
  /** Path of a row that the runs are added to; the new row takes its place. */
  readonly into?: string;
  readonly suites?: KnownSuites;
}

/** @throws InputError with every reason for which the runs cannot be a row; WriteError */
export function addRuns(runs: readonly RunPlace[], { root, into, suites = shippedSuites }: AddOptions): WrittenRow {
  const finished = runs.map(({ folder, source }) => readFinishedRun(folder, source));
  const unfounded = finished.flatMap((run) => [
    ...(run.probed ? [`${run.source} was run with --probes`] : []),
    ...(run.rounded ? [`${run.source} was run with --base-precision float16`] : []),
    ...summaryFaults(run),
  ]);
  const before =
    into === undefined ? [] : [{ ...basisOf(unspoilt(readRow(into))), stored: null, probed: false, rounded: false }];
  const whole = mergeRuns([...before, ...finished]);
  const basis = { ...whole, submission: null };
  const row = checkedRow(basis, suites, unfounded);
  // Where the old row has gone meanwhile, who was quicker is told below.
  if (into === undefined || existsSync(into)) refuseCountedTwice(row, basis, root, into);
  const written = writeRow(row, root);
  if (into !== undefined && written.path !== into && !removeRow(into)) {
    // Another process was quicker. Where it wrote this very row, it stands; else seeds would be counted twice.
    const jobs = before.flatMap(({ origins }) => origins.map(jobOf));
    const others = readRows(root, row.row.suite).filter(({ path }) => path !== written.path);
    const holds = (stored: StoredRow) => {
      const own = basisOf(stored).origins.map(jobOf);
      return jobs.every((job) => own.includes(job));
    };
    if (!others.some(holds)) return written;
    removeRow(written.path);
    throw new InputError(`${into}: was replaced by another row meanwhile; add to that one`);
  }
  return written;
}

/** A row that more seeds are added to must be the one that was added: what was edited in it would count as measured. */
function unspoilt(stored: StoredRow): StoredRow {
  const fault = fileFaults(stored)[0];
  if (fault !== undefined) throw new InputError(`${stored.path}: ${fault}`);
  return stored;
}

/** @throws InputError where another row of the board, which the new one does not replace, holds one of its jobs */
function refuseCountedTwice({ row }: NewRow, basis: RowBasis, root: string, into: string | undefined): void {
  const jobs = basis.origins.map(jobOf);
  const rivals = readRows(root, row.suite).filter(
    (stored) =>
      stored.path !== into &&
      stored.row.id !== row.id &&
      stored.row.suiteHash === row.suiteHash &&
      stored.row.seeds.some((seed) => row.seeds.includes(seed)),
  );
  for (const rival of rivals) {
    const twice = basisOf(rival).origins.find((origin) => jobs.includes(jobOf(origin)));
    if (twice === undefined) continue;
    throw new InputError(
      `${basis.source}: run ${twice.id} (seed ${twice.seeds.join(", ")}) is in ${rival.path} already and would be counted twice; add the others to that row (--into ${rival.path}), or remove it first`,
    );
  }
}

function jobOf({ id, started }: RowBasis["origins"][number]): string {
  return `${id} ${started}`;
}

/**
 * @param before faults that are known already
 * @throws InputError with every fault
 */
export function checkedRow(basis: RowBasis, suites: KnownSuites, before: readonly string[] = []): NewRow {
  const faults = [...before, ...rowFaults(basis, suites)];
  if (faults.length > 0) {
    const shown = faults.slice(0, 10).join("; ");
    const more = faults.length > 10 ? `; and ${faults.length - 10} more` : "";
    throw new InputError(`${basis.source}: not a leaderboard row: ${shown}${more}`);
  }
  return newRow(basis, summarise(basis.input));
}

/** @throws InputError where its files are missing, damaged or not those that were added */
export function basisOf({ path }: StoredRow): RowBasis {
  return unpackEvidence(readEvidenceFiles(path), path);
}

/** The promise of every run: its summary follows from its files. Says the first places where it does not. */
function summaryFaults({ input, stored }: FinishedRun): string[] {
  if (stored === null) return [];
  // What the ledger and the judges say is taken over, not computed. How candidates judge pairs is no part of a row.
  const leaves = differingLeaves(plain(stored), plain(summarise(input)));
  if (leaves.length === 0) return [];
  const volume = leaves.find((leaf) => /\.hypervolume\.value /.test(leaf));
  const first = volume === undefined ? leaves : [volume, ...leaves.filter((leaf) => leaf !== volume)];
  const more = leaves.length > 2 ? ` and ${leaves.length - 2} more` : "";
  return [`summary.json does not follow from its files: ${first.slice(0, 2).join(", ")}${more}`];
}

function plain(summary: RunSummary): unknown {
  return JSON.parse(JSON.stringify({ ...summary, preferences: null }));
}
