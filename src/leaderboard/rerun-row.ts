/** A row executed again from its suite and seeds, and held against what it says: the same bits, or how far off. */
import { InputError } from "../data/errors.js";
import { compareRuns } from "./compare.js";
import { readFinishedRun } from "./finished-run.js";
import { mergeRuns } from "./merge-runs.js";
import type { RowBasis } from "./row-evidence.js";
import { scoredRunOf } from "./scored-basis.js";
import type { ComparisonVerdict } from "./verdict.js";

/** One job to be run again. */
export interface RerunJob {
  readonly suite: RowBasis["suite"];
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly threads: number;
  /** Folder of a finished job whose base and judges are taken over; undefined for the first. */
  readonly reuse: string | undefined;
}

/** Runs a job to its end and answers with the run's folder. */
export type Execute = (job: RerunJob) => Promise<string>;

export interface Rerun {
  /** Seeds of which every score is the same to the last bit. */
  readonly same: readonly number[];
  readonly other: readonly number[];
  /** The row as baseline against the rerun; null where all is the same. */
  readonly verdict: ComparisonVerdict | null;
}

/** @throws InputError for a row that was not run here */
export async function rerunRow(basis: RowBasis, execute: Execute): Promise<Rerun> {
  if (basis.submission !== null) {
    throw new InputError(
      `${basis.source}: was trained elsewhere; only its scores are here, and there is nothing to run`,
    );
  }
  const folders: string[] = [];
  for (const { seeds, engine, threads } of basis.origins) {
    folders.push(await execute({ suite: basis.suite, seeds, engine, threads, reuse: folders[0] }));
  }
  const again = mergeRuns(folders.map((folder) => readFinishedRun(folder, "the rerun")));
  const { seeds } = basis.input.tables;
  const same = seeds.filter((seed) => bitsOf(basis, seed) === bitsOf(again, seed));
  return {
    same,
    other: seeds.filter((seed) => !same.includes(seed)),
    verdict: same.length === seeds.length ? null : compareRuns(scoredRunOf(basis), scoredRunOf(again)),
  };
}

/** Every score of one seed, as text. */
function bitsOf({ input }: Pick<RowBasis, "input">, seed: number): string {
  return input.tables.candidates
    .filter((candidate) => candidate.seed === seed)
    .map(({ method, candidate, scores }) =>
      [method, candidate, scores.validation?.join() ?? "", scores.test?.join() ?? ""].join("\n"),
    )
    .sort()
    .join("\n");
}
