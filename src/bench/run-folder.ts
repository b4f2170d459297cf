/**
 * The folder of one run while it is written: taken by one process at a time, every file whole or absent, an interrupted
 * one to be gone on with. What the files hold is declared in `files/`.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { InputError } from "../data/errors.js";
import { ENGINE_IDS, type EngineId } from "../engine/engine.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { WriteError, writeFileAtomic } from "../lm/atomic-file.js";
import { loadModel, type ModelFolder } from "../lm/huggingface.js";
import { saveAdapter } from "../lm/peft.js";
import type { Offer } from "../methods/method.js";
import { contentKey } from "../methods/task.js";
import type { ArtefactFolder } from "./artefacts.js";
import type { PolicyReplies } from "./evaluate.js";
import { writeCandidates } from "./files/candidates.js";
import { EventLog } from "./files/event-log.js";
import type { RunEvent, RunEventInput } from "./files/events.js";
import { type FolderLock, lockFolder } from "./files/folder-lock.js";
import { type LedgerRow, writeLedger } from "./files/ledger.js";
import { writePreferences } from "./files/preferences.js";
import { writePrompts } from "./files/prompts.js";
import { adapterFolder, type RunFiles, runFiles } from "./files/run-files.js";
import { type RunDescription, readRunJson, writeRunJson } from "./files/run-json.js";
import { formatSample, type SampleRow } from "./files/samples.js";
import { type ScoreRow, writeScores } from "./files/scores.js";
import { workedSeconds } from "./files/worked-time.js";
import { lockHash, readLock, type SuiteLock } from "./lock.js";
import type { EvaluationPrompt } from "./prepare.js";
import { type Suite, suiteHash, suiteSchema } from "./suite.js";
import type { RunSummary } from "./summary.js";
import type { RunTables, ScoredSplit } from "./tables.js";

/** `run.json`, with what a resumed run needs to be the same run. */
export type RunRecord = Omit<Declared<RunDescription>, "suite" | "engine"> & {
  readonly suite: Suite;
  readonly engine: EngineId;
  /** Path or name that the suite was asked for by. */
  readonly suiteArgument: string;
  readonly data: string | null;
  readonly base: string | null;
  readonly reuse: string | null;
  readonly budgetPer: string | null;
  /** Looks at each policy in training; absent: none. */
  readonly probes?: number;
  /** The base's weights are rounded to 16-bit floats; absent: they are not. */
  readonly basePrecision?: "float16";
  /** Rows of one call at most; absent: found by the program. */
  readonly batch?: number;
};

/** A loose object's declared keys alone. */
type Declared<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** The texts of one candidate on one split, as they were scored. */
export interface ScoredTexts {
  readonly seed: number;
  readonly method: string;
  readonly candidate: string;
  readonly split: ScoredSplit;
  readonly prompts: readonly EvaluationPrompt[];
  readonly replies: PolicyReplies;
}

const path = z.string().nullable();
const recordExtras = z.looseObject({
  suite: suiteSchema,
  suiteArgument: z.string(),
  data: path,
  base: path,
  reuse: path,
  budgetPer: path,
  probes: z.number().int().positive().exactOptional(),
  basePrecision: z.literal("float16").exactOptional(),
  batch: z.number().int().positive().exactOptional(),
  engine: z.enum(ENGINE_IDS),
});

/** @throws InputError when the folder holds no run of this program */
export function readRunRecord(folder: string): RunRecord {
  const file = runFiles(folder).run;
  const description = readRunJson(file);
  const extras = recordExtras.safeParse(description);
  if (!extras.success) {
    throw new InputError(
      `${file}: ${extras.error.issues[0]?.path.join(".")}: not as this version writes it; start the run anew`,
    );
  }
  return { ...description, ...extras.data };
}

export interface OpenOptions {
  readonly resume: string | undefined;
  readonly out: string | undefined;
  readonly cwd: string;
  readonly record: Omit<RunRecord, "id">;
  readonly now: () => number;
  readonly onEvent?: (event: RunEvent) => void;
}

/** @throws InputError when a run lies in the folder that a new one is to have */
export function refuseTaken(dir: string): void {
  if (!existsSync(runFiles(dir).run)) return;
  throw new InputError(`${dir}: holds a run already; go on with it (--resume ${dir}) or choose another --out`);
}

/**
 * Takes the folder of a new or resumed run.
 * @throws InputError when another run writes there, or a new run is aimed at a folder that holds one
 */
export function openRunFolder(options: OpenOptions): RunFolder {
  const { record, resume } = options;
  const stamp = record.started.replace(/[-:]/g, "").replace(/\.\d+/, "").replace("T", "-");
  const id = `${record.suite.suite}-${stamp}`;
  const dir = resolve(options.cwd, resume ?? options.out ?? join("reports", "runs", id));
  const files = runFiles(dir);
  const lock = lockFolder(dir);
  try {
    if (resume === undefined) {
      refuseTaken(dir);
      writeRunJson(files.run, { ...record, id: options.out === undefined ? id : idOf(dir) });
    }
    const written = readRunJson(files.run);
    const log = new EventLog(files.events, { now: options.now });
    return new RunFolder(dir, written.id, files, lock, log, options.onEvent);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function idOf(dir: string): string {
  return dir.split(/[/\\]/).filter(Boolean).at(-1) ?? "run";
}

export class RunFolder {
  constructor(
    readonly dir: string,
    readonly id: string,
    readonly files: RunFiles,
    readonly lock: FolderLock,
    readonly log: EventLog,
    readonly onEvent: ((event: RunEvent) => void) | undefined = undefined,
  ) {}

  path(name: string): string {
    return join(this.dir, name);
  }

  event(event: RunEventInput): void {
    const written = this.log.append(event);
    this.onEvent?.(written);
  }

  /** Of work, whatever pauses there were between interruption and resumption. */
  elapsedSeconds(nowMs: number): number {
    this.log.flush();
    return workedSeconds(this.files.events, nowMs);
  }

  readLock(): SuiteLock | undefined {
    return lockIn(this.dir);
  }

  /** @returns the lock's hash, part of what makes two runs comparable */
  writeLock(lock: SuiteLock): string {
    writeFileAtomic(this.files.suiteLock, stringify(lock));
    return lockHash(lock);
  }

  /** Enters what is known only later into `run.json`. */
  amend(more: Partial<Pick<RunDescription, "suiteHash" | "baseHash" | "scorersHash" | "lockHash">>): void {
    writeRunJson(this.files.run, { ...readRunJson(this.files.run), ...more });
  }

  /** The judges of another run, where it has them under the same key. */
  takeScorer(from: string, key: string): void {
    copyWhole(join(from, "scorers", key), join(this.dir, "checkpoints", key));
  }

  keepScorer(key: string): void {
    copyWhole(join(this.dir, "checkpoints", key), join(this.dir, "scorers", key));
  }

  /** Adapters in PEFT layout: `adapters/<seed>/<method>/<name>/`. */
  keepAdapters(seed: number, method: string, config: AdapterConfig, offer: Offer, artefacts: ArtefactFolder): void {
    for (const { name, ref } of offer.adapters) {
      const dir = adapterFolder(this.dir, seed, method, name);
      if (existsSync(join(dir, "adapter_config.json"))) continue;
      saveAdapter(dir, { config, tensors: artefacts.readTensors(ref) });
    }
  }

  /** `scores.csv`, `samples.jsonl`, `candidates.csv`, `prompts.csv`, `preferences.csv`, `ledger.csv`. */
  writeTables(suite: string, tables: RunTables, texts: readonly ScoredTexts[], ledger: readonly LedgerRow[]): void {
    const { values } = tables;
    writePrompts(
      this.files.prompts,
      [...tables.prompts.validation, ...tables.prompts.test].map(({ key, ...row }) => ({ ...row, prompt: key })),
    );
    const known = new Set(tables.candidates.map((c) => JSON.stringify([c.seed, c.method, c.candidate])));
    const kept = texts.filter((t) => known.has(JSON.stringify([t.seed, t.method, t.candidate])));
    writeScores(
      this.files.scores,
      kept.flatMap((entry) => scoreRows(suite, values, entry)),
    );
    writeFileAtomic(this.files.samples, sampleLines(kept));
    writeCandidates(this.files.candidates, { values, rows: tables.candidates });
    if (tables.preferences.length > 0) writePreferences(this.files.preferences, tables.preferences);
    writeLedger(this.files.ledger, ledger);
  }

  writeSummary(summary: RunSummary): void {
    writeFileAtomic(this.files.summary, `${JSON.stringify(summary, null, 2)}\n`);
  }

  /** What only an unfinished run needs. */
  removeCheckpoints(): void {
    rmSync(join(this.dir, "checkpoints"), { recursive: true, force: true });
  }

  close(): void {
    try {
      this.log.close();
    } finally {
      this.lock.release();
    }
  }
}

/**
 * The base of another run, to stand on the same one.
 * @returns also whether it was given to that run from outside, not made by its suite
 * @throws InputError when it has none, or was made by another recipe or on other data
 */
export function reusableBase(
  from: string,
  suite: Suite,
  dataHash: string,
): { readonly model: ModelFolder; readonly foreign: boolean } {
  const other = readRunRecord(from);
  if (other.baseHash === null) {
    throw new InputError(`${from}: has no base yet; go on with it (--resume ${from}) before --reuse`);
  }
  if (other.dataHash !== dataHash) throw new InputError(`${from}: its data differ; --reuse needs the same`);
  if (baseRecipe(other.suite) !== baseRecipe(suite)) {
    throw new InputError(
      `${from}: its base is made by another recipe; --reuse needs the same "base", "data" and "values" in the suite`,
    );
  }
  return { model: loadModel(join(from, "base")), foreign: standsOnForeignBase(other, lockIn(from)) };
}

/** Whether a run's base was given from outside, so that its content is in the suite hash. */
export function standsOnForeignBase(record: RunRecord, lock: SuiteLock | undefined): boolean {
  const own = [suiteHash(record.suite), suiteHash(record.suite, { lock: lock?.values })];
  return !own.includes(record.suiteHash);
}

/** The lock that lies in a run's folder. @throws InputError when it is damaged */
export function lockIn(folder: string): SuiteLock | undefined {
  const file = runFiles(folder).suiteLock;
  return existsSync(file) ? readLock(file) : undefined;
}

function baseRecipe({ base, data, values }: Suite): string {
  return contentKey({ base, data, values: values.map((value) => value.name) });
}

/** Copies a folder, if it is there and the copy is not; a copy under its name is whole. */
function copyWhole(source: string, target: string): void {
  if (!existsSync(source) || existsSync(target)) return;
  const copy = `${target}.copy`;
  try {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, copy, { recursive: true });
    renameSync(copy, target);
  } catch (cause) {
    throw new WriteError(target, cause);
  }
}

function scoreRows(suite: string, values: readonly string[], entry: ScoredTexts): ScoreRow[] {
  const { seed, method, candidate, split, prompts, replies } = entry;
  const rows: ScoreRow[] = [];
  for (const [p, samples] of replies.entries()) {
    for (const [sample, reply] of samples.entries()) {
      values.forEach((value, v) => {
        const score = reply.scores[v];
        const prompt = prompts[p]?.key ?? "";
        if (typeof score === "number")
          rows.push({ suite, seed, method, candidate, split, prompt, sample, value, score });
      });
    }
  }
  return rows;
}

function* sampleLines(texts: readonly ScoredTexts[]): Generator<string> {
  for (const { seed, method, candidate, split, prompts, replies } of texts) {
    for (const [p, samples] of replies.entries()) {
      const prompt = prompts[p];
      if (prompt === undefined) continue;
      for (const [sample, { text, ended }] of samples.entries()) {
        const row: SampleRow = {
          seed,
          method,
          candidate,
          split,
          prompt: prompt.key,
          promptText: prompt.text,
          sample,
          reply: text,
          ended,
        };
        yield formatSample(row);
      }
    }
  }
}
