/**
 * A finished run folder in full: who it was, what it ran on, its tables and ledger, and the summary that it stored. What a
 * leaderboard row is made of, where a comparison needs no more than a `ScoredRun`.
 */
import { existsSync } from "node:fs";
import { readLedger } from "../bench/files/ledger.js";
import { runFiles } from "../bench/files/run-files.js";
import { type RunDescription, readRunJson } from "../bench/files/run-json.js";
import { schemaFault } from "../bench/files/schema-fault.js";
import { readWholeText } from "../bench/files/whole-file.js";
import { readLock, scalesOf } from "../bench/lock.js";
import { readTables } from "../bench/recompute.js";
import { type Suite, suiteSchema } from "../bench/suite.js";
import type { RowInfo, SummaryInput } from "../bench/summarise.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import { readSummary } from "../report/summary-schema.js";

/** One job that seeds of a row were run in. Nothing in it says where files lay. */
export interface RunOrigin {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly threads: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly commit: string | null;
  /** Wall time of the whole job. */
  readonly seconds: number;
}

/** By which runs are of one kind: all must agree. */
export interface RunHashes {
  readonly suite: string;
  readonly data: string;
  readonly base: string | null;
  readonly scorers: string | null;
  readonly lock: string | null;
}

export interface FinishedRun {
  /** The path or id that messages name. */
  readonly source: string;
  readonly origins: readonly RunOrigin[];
  readonly suite: Suite;
  readonly hashes: RunHashes;
  /** Everything that its figures follow from. */
  readonly input: SummaryInput;
  /** As it was stored; null for one that was put together from several. */
  readonly stored: RunSummary | null;
  /** Its policies were looked at while they trained: fit for watching, not for a row. */
  readonly probed: boolean;
  /** Its base is rounded to 16-bit floats; rows are of 32-bit ones. */
  readonly rounded: boolean;
}

/**
 * @param source the name that messages give it
 * @throws InputError where the folder holds no finished run, or a damaged one
 */
export function readFinishedRun(folder: string, source = folder): FinishedRun {
  const files = runFiles(folder);
  if (!existsSync(files.summary)) {
    throw new InputError(
      `${source}: no summary.json: not a finished run (a run that was stopped goes on with: mva-bench run --resume ${source})`,
    );
  }
  const stored = readSummary(readWholeText(files.summary), files.summary);
  const description = readRunJson(files.run);
  const parsed = suiteSchema.safeParse(description.suite);
  if (!parsed.success) {
    throw new InputError(`${source}: its suite is not one that this version reads (${schemaFault(parsed.error)})`);
  }
  const suite = parsed.data;
  const scales = scalesOf(suite) ?? (existsSync(files.suiteLock) ? readLock(files.suiteLock).values : undefined);
  if (scales === undefined) throw new InputError(`${source}: neither its suite nor a suite.lock.yaml has scales`);
  return {
    source,
    origins: [originOf(description, stored)],
    suite,
    hashes: {
      suite: description.suiteHash,
      data: description.dataHash,
      base: description.baseHash,
      scorers: description.scorersHash,
      lock: description.lockHash,
    },
    stored,
    probed: Number(Reflect.get(description, "probes") ?? 0) > 0,
    rounded: description.basePrecision !== undefined,
    input: {
      run: runOf(stored, description, suite),
      tables: readTables(files),
      rows: stored.methods.map(rowInfo),
      scales,
      accuracy: stored.values.map(({ accuracy }) => accuracy),
      questions: suite.questions,
      variants: suite.variants.map(({ id, method }) => ({ a: id, b: method })),
      statistics: suite.statistics,
      ledger: readLedger(files.ledger),
      uncharged: stored.uncharged,
      interference: stored.interference,
      failures: stored.failures,
    },
  };
}

/** Who the run was is what run.json says; a summary that says otherwise does not follow from its files. */
function runOf({ run }: RunSummary, description: RunDescription, suite: Suite): RunSummary["run"] {
  const { suiteHash, dataHash, engine, threads, seeds } = description;
  return {
    ...run,
    suite: suite.suite,
    version: suite.version,
    suiteHash,
    dataHash,
    engine,
    threads,
    seeds,
    budget: suite.budget,
  };
}

function rowInfo({ id, title, ranked }: RunSummary["methods"][number]): RowInfo {
  return { id, title, ranked, trainedBy: id.replace(/@grid$/, "") };
}

function originOf(description: RunDescription, { run }: RunSummary): RunOrigin {
  const { id, started, seeds, engine, threads, versions, hardware, commit } = description;
  const texts = Object.entries(versions).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return {
    id,
    started,
    seeds,
    engine,
    threads,
    versions: Object.fromEntries(texts),
    platform: hardware.platform,
    cpu: hardware.cpu,
    cores: hardware.cores,
    commit,
    seconds: run.seconds,
  };
}
