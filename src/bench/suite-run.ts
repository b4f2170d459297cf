/**
 * One run under way, stage after stage: base, judges, and for each seed training and scoring; then the statistics. What was
 * finished before an interruption is found in the run folder and not computed again.
 */
import { hostname } from "node:os";
import { adapterScale } from "../lm/adapters.js";
import { countGeneration, forwardFlops } from "../lm/flops.js";
import { loadModel, type ModelFolder, modelHash, saveModel } from "../lm/huggingface.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import type { Offer } from "../methods/method.js";
import { contentKey, type TaskSummary } from "../methods/task.js";
import { mean } from "../metrics/index.js";
import { ArtefactFolder, type StoredTask } from "./artefacts.js";
import { precisionOf } from "./base-precision.js";
import { hardwareText } from "./environment.js";
import { gridRow, type OfferedCandidate } from "./evaluate.js";
import type { LedgerRow } from "./files/ledger.js";
import type { PreferenceRow } from "./files/preferences.js";
import { baseKey, type Ground, judgesAccuracy, judgesKey, trainBase, trainJudges } from "./foundation.js";
import { averageInterference, type Interference, interferenceOf } from "./interference.js";
import { scratchConfig } from "./job-runner.js";
import type { WorkerSetup } from "./jobs.js";
import { judgeArtefact } from "./judges.js";
import { simplexLattice } from "./lattice.js";
import { type SuiteLock, scaleRecipe, scalesFrom, scalesOf } from "./lock.js";
import { openPool, type WorkerPool } from "./pool.js";
import type { EvaluationPrompt, PreparedData } from "./prepare.js";
import { probeCosts } from "./probe-costs.js";
import { logProgress } from "./progress-events.js";
import { plannedTraining } from "./rehearse.js";
import { RunEstimate, type WorkKind } from "./run-estimate.js";
import type { RunFolder, RunRecord, ScoredTexts } from "./run-folder.js";
import type { RunOptions } from "./run-options.js";
import { scoreSeed } from "./score-seed.js";
import type { ValueScale } from "./selection.js";
import { type Progress, Session } from "./session.js";
import { type Suite, suiteHash } from "./suite.js";
import type { RowInfo, SummaryInput } from "./summarise.js";
import type { RunSummary } from "./summary.js";
import { meansOf, type RunTables, type TableCandidate, type TablePrompt } from "./tables.js";
import { type RowOutcome, type TrainedRow, trainRow } from "./train-methods.js";
import { trainedRows } from "./trained-rows.js";

/** Uncharged, but reported. */
const BASE_TRAINING = "sft of the base";

export interface RunInputs {
  readonly data: PreparedData;
  readonly tokenizer: Tokenizer;
  readonly given: ModelFolder | undefined;
  /** Hash of a base that the suite's own recipe did not make. */
  readonly foreign: string | undefined;
  /** The scales that were known before anything was trained, where the suite does not hold them. */
  readonly lock: SuiteLock | undefined;
  readonly record: RunRecord;
}

export class SuiteRun {
  readonly #values: readonly string[];
  readonly #seeds: readonly number[];
  readonly #lattice: readonly (readonly number[])[];
  readonly #rows: readonly TrainedRow[];
  readonly #artefacts: ArtefactFolder;
  readonly #uncharged: { kind: string; flops: number; seconds: number }[] = [];
  /** Rows that also offered explored mixtures. */
  readonly #explored = new Set<string>();
  readonly #failures: { method: string; seed: number; message: string }[] = [];
  #suiteHash: string;
  /** When the state of the whole run was last told. */
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly suite: Suite,
    readonly folder: RunFolder,
    readonly options: RunOptions,
    readonly inputs: RunInputs,
  ) {
    this.#values = suite.values.map((value) => value.name);
    this.#seeds = inputs.record.seeds;
    this.#suiteHash = inputs.record.suiteHash;
    this.#lattice = simplexLattice(suite.candidates.lattice, this.#values.length);
    this.#rows = trainedRows(suite);
    this.#artefacts = new ArtefactFolder(folder.path("checkpoints"));
  }

  async execute(): Promise<RunSummary> {
    const { options, folder, suite } = this;
    const { record } = this.inputs;
    folder.event({
      type: "run-started",
      run: folder.id,
      suite: suite.suite,
      title: suite.title,
      suiteHash: record.suiteHash,
      values: [...this.#values],
      seeds: [...this.#seeds],
      methods: this.#rows.map(({ id, title, ranked }) => ({ id, title, ranked })),
      budget: suite.budget,
      scales: scalesOf(suite) ?? null,
      engine: record.engine,
      threads: record.threads,
      pid: process.pid,
      host: hostname(),
      resumed: options.resume !== undefined,
    });
    const { workerScript, onNotice } = options;
    const pool = openPool({ engine: record.engine, threads: record.threads, onNotice, workerScript });
    const onAbort = () => pool.stop(abortError(options.signal));
    options.signal.addEventListener("abort", onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    try {
      const estimate = await this.#estimate();
      const session = new Session(pool, this.#artefacts, (progress) => {
        logProgress(folder, progress);
        options.onProgress(progress);
        this.#count(estimate, progress);
      });
      const summary = await this.#stages(session, pool, estimate);
      folder.event({
        type: "run-finished",
        status: summary.failures.length === 0 ? "completed" : "failed",
        seconds: summary.run.seconds,
        headline: null,
      });
      folder.removeCheckpoints();
      return summary;
    } catch (error) {
      if (options.signal.aborted) {
        folder.event({ type: "run-interrupted", signal: String(options.signal.reason ?? "signal") });
        throw abortError(options.signal);
      }
      throw error;
    } finally {
      options.signal.removeEventListener("abort", onAbort);
      await pool.close();
    }
  }

  async #stages(session: Session, pool: WorkerPool, estimate: RunEstimate): Promise<RunSummary> {
    const { suite, folder } = this;
    const total = 2 + 2 * this.#seeds.length + 1;
    let done = 0;
    let open: { name: string; startedMs: number } | undefined;
    const finish = () => {
      if (open === undefined) return;
      const seconds = (this.options.now() - open.startedMs) / 1000;
      folder.event({ type: "stage-finished", stage: open.name, seconds });
      open = undefined;
    };
    const stage = (name: string, work: WorkKind | null) => {
      finish();
      estimate.enter(work);
      open = { name, startedMs: this.options.now() };
      folder.event({ type: "stage-started", stage: name, unit: "jobs", total: null });
      this.options.onProgress({ type: "stage", stage: name, done: done++, total });
    };

    stage("base policy", "base");
    const { data, tokenizer } = this.inputs;
    const basics: WorkerSetup = {
      engine: this.inputs.record.engine,
      suite,
      data,
      tokenizer: tokenizer.files,
      checkpoints: folder.path("checkpoints"),
      basePrecision: precisionOf(this.inputs.record),
      ...(this.inputs.record.batch === undefined ? {} : { batch: this.inputs.record.batch }),
    };
    const base = await this.#base(session, pool, basics, tokenizer);
    folder.amend({ baseHash: base });
    // Without the lock, which may become known on the way and changes no training and no reply.
    const context = contentKey({ base, data: this.inputs.record.dataHash, suite: suiteHash(suite) });
    let setup: WorkerSetup = { ...basics, base: folder.path("base") };
    pool.setup(setup);

    stage("judging scorers", null);
    const judged = await this.#judges(session, base);
    if (judged !== null) {
      setup = { ...setup, judge: judged.artefact };
      pool.setup(setup);
    }
    const accuracy = judged?.accuracy ?? this.#values.map(() => null);

    let scales: readonly ValueScale[] | undefined = scalesOf(suite) ?? this.#enterLock(this.inputs.lock)?.values;
    const ledger: LedgerRow[] = [];
    const candidates: TableCandidate[] = [];
    const texts: ScoredTexts[] = [];
    const preferences: PreferenceRow[] = [];
    const interference = new Map<string, Interference[]>();
    for (const seed of this.#seeds) {
      stage(`training, seed ${seed}`, "training");
      const offers = await this.#train(session, seed, context, ledger);
      for (const row of this.#rows) {
        const offer = offers.get(row.id);
        if (offer === undefined || offer.mixes === null) continue;
        const found = this.#interference(row, offer);
        for (const pair of found.pairs) {
          folder.event({ type: "interference", seed, method: row.id, ...pair, layer: null });
        }
        for (const { layer, pairs } of found.layers) {
          for (const pair of pairs) folder.event({ type: "interference", seed, method: row.id, ...pair, layer });
        }
        interference.set(row.id, [...(interference.get(row.id) ?? []), found]);
      }
      stage(`scoring, seed ${seed}`, "scoring");
      const scored = await scoreSeed({
        ...{ session, seed, context, suite, offers, data },
        rows: this.#rows,
        latticeSize: this.#lattice.length,
        known: scales,
        makeScales: (lattice, validated) => this.#makeLock(lattice, validated),
        emit: (event) => folder.event(event),
        fail: (method, message) => this.#fail(method, seed, message),
      });
      for (const id of scored.explored) this.#explored.add(id);
      scales = scored.scales;
      candidates.push(...scored.candidates);
      texts.push(...scored.texts);
      preferences.push(...scored.preferences);
    }

    stage("statistics", null);
    const tables: RunTables = {
      values: this.#values,
      seeds: this.#seeds,
      prompts: { validation: rowsOf(data, "validation"), test: rowsOf(data, "test") },
      candidates,
      preferences,
    };
    folder.writeTables(suite.suite, tables, texts, ledger);
    const { record } = this.inputs;
    const summary = await this.#summarise(pool, {
      run: {
        id: folder.id,
        suite: suite.suite,
        title: suite.title,
        version: suite.version,
        suiteHash: this.#suiteHash,
        dataHash: record.dataHash,
        packageVersion: record.versions["mva-bench"],
        engine: record.engine,
        threads: record.threads,
        ...(record.basePrecision === undefined ? {} : { basePrecision: record.basePrecision }),
        hardware: hardwareText(record),
        seeds: this.#seeds,
        budget: suite.budget,
        command: record.command,
        seconds: folder.elapsedSeconds(this.options.now()),
      },
      tables,
      rows: this.#rowInfos(),
      scales: scales ?? [],
      accuracy,
      questions: suite.questions,
      variants: suite.variants.map(({ id, method }) => ({ a: id, b: method })),
      statistics: suite.statistics,
      ledger,
      uncharged: [...this.#uncharged, ...probeCosts(folder.files.events, record.probes)],
      interference: [...interference].map(([method, all]) => ({ method, ...averageInterference(all) })),
      failures: this.#failures,
    });
    folder.writeSummary(summary);
    finish();
    return summary;
  }

  /** In a worker, so that a signal is heard at once however long the statistics take. */
  async #summarise(pool: WorkerPool, input: SummaryInput): Promise<RunSummary> {
    const result = await pool.run({ kind: "summary", input }, 0, { onStart: () => {}, onEvent: () => {} });
    if (result.kind !== "summary") throw new Error(`a ${result.kind} came back for the statistics`);
    return result.summary;
  }

  /** What there is to do, as far as it is known before the first training. */
  async #estimate(): Promise<RunEstimate> {
    const { suite, inputs } = this;
    const { validation, test } = inputs.data.evaluation;
    const [rows, lattice, values] = [this.#rows, this.#lattice, this.#values];
    const seed = this.#seeds[0] ?? 0;
    const trainingFlops = await plannedTraining({ rows, values, lattice, budget: suite.budget, seed });
    const ranked = rows.filter((row) => row.ranked).length;
    const offered = 1 + rows.length * lattice.length;
    const explored = ranked * suite.candidates.explore;
    const kept = ranked * Math.min(suite.candidates.explore, lattice.length);
    const config = inputs.given?.config ?? scratchConfig(suite, inputs.tokenizer);
    const promptTokens = mean(validation.map(({ tokens }) => tokens.length));
    const newTokens = suite.evaluation.maxNewTokens / 2;
    return new RunEstimate(
      {
        seeds: this.#seeds.length,
        trainingFlops,
        replies: (offered + explored) * validation.length + (offered + kept) * test.length,
        replyFlops: forwardFlops(config, countGeneration([{ promptTokens, newTokens }])),
      },
      this.options.now,
    );
  }

  /** Keeps the estimate, and tells it about once a second. */
  #count(estimate: RunEstimate, progress: Progress): void {
    if (progress.type === "task") {
      const { event, label } = progress;
      if (event.type === "task-step") estimate.trained(label, event.spentFlops);
      else if (event.type === "task-planned" && label.startsWith("base/")) estimate.planBase(event.flops);
    } else if (progress.type === "job-finished") {
      const { work, stored } = progress;
      if ("policies" in work) {
        estimate.scored(work.policies * this.inputs.data.evaluation[work.split].length, !stored);
      } else if (stored) estimate.found(work.flops);
    } else return;
    const now = this.options.now();
    if (now - this.#toldMs < 1000) return;
    this.#toldMs = now;
    const state = estimate.state();
    this.folder.event({ type: "run-progress", ...state });
    this.options.onProgress({ type: "run-progress", ...state });
  }

  /** Leaves the base in `base/`; returns the hash of its content. */
  async #base(session: Session, pool: WorkerPool, basics: WorkerSetup, tokenizer: Tokenizer): Promise<string> {
    const { inputs } = this;
    if (inputs.given !== undefined) {
      // Where an interrupted run had trained it itself, what that took is still said.
      const stored = this.#artefacts.readJson<StoredTask>(baseKey(this.#ground()), "done.json");
      if (stored !== undefined) this.#note(BASE_TRAINING, stored);
      return this.#keepBase(inputs.given);
    }
    pool.setup(basics);
    const { model, stored } = await trainBase(session, this.#artefacts, this.#ground(), tokenizer);
    this.#note(BASE_TRAINING, stored);
    return this.#keepBase(model);
  }

  /** Rounded where the run says so; what training and scoring see is what lies in the folder. */
  #keepBase(model: ModelFolder): string {
    const floats = precisionOf(this.inputs.record);
    saveModel(this.folder.path("base"), model, { floats });
    return modelHash(floats === "float32" ? model : loadModel(this.folder.path("base")));
  }

  async #judges(session: Session, base: string) {
    const { folder, suite } = this;
    const ground = this.#ground();
    const key = judgesKey(ground, base);
    if (key === null) return null;
    const { reuse } = this.inputs.record;
    if (reuse !== null) folder.takeScorer(reuse, key);
    const stored = await trainJudges(session, ground, base);
    if (stored === null) return null;
    this.#note("judging scorers", stored);
    folder.keepScorer(key);
    folder.amend({ scorersHash: key });
    return { artefact: judgeArtefact(suite, key), accuracy: judgesAccuracy(suite, stored) };
  }

  #ground(): Ground {
    const { dataHash, threads } = this.inputs.record;
    return { suite: this.suite, dataHash, threads };
  }

  async #train(session: Session, seed: number, context: string, ledger: LedgerRow[]): Promise<Map<string, Offer>> {
    const { suite, folder } = this;
    const { probes } = this.inputs.record;
    const outcomes = await Promise.all(
      this.#rows.map(
        async (row): Promise<[TrainedRow, RowOutcome]> => [
          row,
          await trainRow(
            session,
            { values: this.#values, lattice: this.#lattice, seed, budget: suite.budget, context, probes: probes ?? 0 },
            row,
          ),
        ],
      ),
    );
    const offers = new Map<string, Offer>();
    for (const [row, outcome] of outcomes) {
      ledger.push(...outcome.ledger);
      for (const entry of outcome.ledger) folder.event({ type: "ledger", ...entry });
      if (outcome.kind === "offered") {
        offers.set(row.id, outcome.offer);
        folder.keepAdapters(seed, row.id, row.settings.preference.adapter, outcome.offer, this.#artefacts);
        continue;
      }
      this.#fail(row.id, seed, outcome.message);
    }
    return offers;
  }

  /** Leaves the lock in the run folder and enters it into `run.json` and the suite's hash. */
  #enterLock(lock: SuiteLock | undefined): SuiteLock | undefined {
    if (lock === undefined) return undefined;
    this.#suiteHash = suiteHash(this.suite, { lock: lock.values, base: this.inputs.foreign });
    this.folder.amend({ lockHash: this.folder.writeLock(lock), suiteHash: this.#suiteHash });
    return lock;
  }

  /** The suite's scales from this run's first seed, written down before test is touched. */
  #makeLock(
    lattice: readonly OfferedCandidate[],
    validated: ReadonlyMap<OfferedCandidate, Float64Array>,
  ): ValueScale[] {
    const anchors = lattice.filter((c) => validated.has(c) && (c.weights === null || c.weights.some((w) => w === 1)));
    const points = anchors.map((c) => meansOf(validated.get(c) ?? new Float64Array(), this.#values.length));
    const lock: SuiteLock = {
      suite: this.suite.suite,
      version: this.suite.version,
      dataHash: this.inputs.record.dataHash,
      recipe: scaleRecipe(this.suite),
      values: scalesFrom(this.#values, points),
    };
    this.#enterLock(lock);
    return [...lock.values];
  }

  #interference(row: TrainedRow, offer: Offer): Interference {
    return interferenceOf(
      offer.adapters.flatMap((adapter) =>
        adapter.value === null
          ? []
          : [
              {
                value: adapter.value,
                tensors: this.#artefacts.readTensors(adapter.ref),
                scale: adapterScale(row.settings.preference.adapter),
              },
            ],
      ),
    );
  }

  #rowInfos(): RowInfo[] {
    return [
      { id: "base", title: "base policy", ranked: false, trainedBy: "base" },
      ...this.#rows.map((row) => ({ id: row.id, title: row.title, ranked: row.ranked, trainedBy: row.id })),
      ...this.#rows
        .filter((row) => this.#explored.has(row.id))
        .map((row) => ({ id: gridRow(row.id), title: `${row.title}, explored`, ranked: false, trainedBy: row.id })),
    ];
  }

  #note(kind: string, stored: StoredTask): void {
    this.#uncharged.push({ kind, flops: flopsOf(stored.summary), seconds: stored.seconds });
  }

  #fail(method: string, seed: number, message: string): void {
    this.#failures.push({ method, seed, message });
    this.folder.event({ type: "method-failed", method, seed, message });
    this.options.onNotice(`${method} failed (seed ${seed}): ${message}; the other methods go on`);
  }
}

function flopsOf(summary: TaskSummary): number {
  return summary.ledger.reduce((sum, entry) => sum + entry.flops, 0);
}

function rowsOf(data: PreparedData, split: "validation" | "test"): TablePrompt[] {
  return data.evaluation[split].map((prompt: EvaluationPrompt) => ({ key: prompt.key, split, source: prompt.source }));
}

/** What interrupted a run, told apart from its faults. */
function abortError(signal: AbortSignal): Error {
  const error = new Error(signal.reason instanceof Error ? signal.reason.message : "interrupted");
  error.name = "AbortError";
  return error;
}
