/**
 * A run from end to end: base, judges, methods, candidates, scores, summary. Reads top to bottom like the protocol;
 * whatever was finished before an interruption is found in the run folder and not computed again.
 */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { InputError } from "../data/errors.js";
import type { EngineId } from "../engine/engine.js";
import { type AdapterConfig, adapterScale } from "../lm/adapters.js";
import { countGeneration, forwardFlops } from "../lm/flops.js";
import { type ModelFolder, modelHash, saveModel } from "../lm/huggingface.js";
import { initWeights } from "../lm/init.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import type { Offer } from "../methods/method.js";
import { contentKey, type TaskSummary } from "../methods/task.js";
import { ArtefactFolder, type StoredTask } from "./artefacts.js";
import { countsOf, countsText } from "./data-counts.js";
import { commandOf, environment, hardwareText, resolveEngine } from "./environment.js";
import {
  basePolicy,
  type CandidateScores,
  chooseExplored,
  chooseLattice,
  exploredCandidates,
  gridRow,
  type OfferedCandidate,
  offeredCandidates,
  type PolicyReplies,
  repliesSummary,
  SplitScores,
  scoresOf,
  tableCandidate,
} from "./evaluate.js";
import type { RunEvent } from "./files/events.js";
import type { LedgerRow } from "./files/ledger.js";
import { type Ground, judgesAccuracy, judgesKey, trainBase, trainJudges } from "./foundation.js";
import { givenBase } from "./given-base.js";
import { averageInterference, type Interference, interferenceOf } from "./interference.js";
import { scratchConfig } from "./job-runner.js";
import type { WorkerSetup } from "./jobs.js";
import { judgeArtefact } from "./judges.js";
import { knownLock } from "./known-lock.js";
import { simplexLattice } from "./lattice.js";
import { LiveScores } from "./live-scores.js";
import { lockHash, type SuiteLock, scaleRecipe, scalesFrom, scalesOf } from "./lock.js";
import { WorkerPool } from "./pool.js";
import { type EvaluationPrompt, type PreparedData, prepareData, trainTokenizer } from "./prepare.js";
import { probeCosts } from "./probe-costs.js";
import { plannedTraining, rehearse } from "./rehearse.js";
import { RunEstimate, type RunState, type WorkKind } from "./run-estimate.js";
import {
  openRunFolder,
  type RunFolder,
  type RunRecord,
  readRunRecord,
  refuseTaken,
  type ScoredTexts,
} from "./run-folder.js";
import type { ValueScale } from "./selection.js";
import { type Progress, Session } from "./session.js";
import { loadSuite, type Suite, suiteHash } from "./suite.js";
import { readSuiteData } from "./suite-data.js";
import type { RowInfo, SummaryInput } from "./summarise.js";
import type { RunSummary } from "./summary.js";
import { meansOf, type RunTables, type ScoredSplit, type TableCandidate, type TablePrompt } from "./tables.js";
import { checkTextLimits } from "./text-limits.js";
import { type RowOutcome, type TrainedRow, trainRow } from "./train-methods.js";
import { trainedRows } from "./trained-rows.js";

export interface RunOptions {
  /** Name of a suite that ships, or path of a suite file; with `resume`, the run's own. */
  readonly suite: string;
  /** The run folder; `reports/runs/<id>` under `cwd` where absent. */
  readonly out: string | undefined;
  readonly data: string | undefined;
  readonly seeds: readonly number[] | undefined;
  readonly engine: EngineId | "auto" | undefined;
  /** Worker threads; each does one thread's arithmetic. */
  readonly threads: number;
  readonly budgetPer: "method" | "policy" | undefined;
  /** Looks at each policy in training, for watching; 0 or absent: none. With `resume`, the run's own. */
  readonly probes?: number | undefined;
  /** Folder of a base policy in Hugging Face layout. */
  readonly base: string | undefined;
  /** Folder of a run whose base, judges and lock are taken over. */
  readonly reuse: string | undefined;
  /** Folder of the interrupted run to go on with. */
  readonly resume: string | undefined;
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Called once the run folder is this run's. */
  readonly onFolder: (path: string) => void;
  readonly onProgress: (progress: RunProgress) => void;
  /** Every event as it is written down; absent: nobody watches. */
  readonly onEvent?: (event: RunEvent) => void;
  /** One line that a reader should see. */
  readonly onNotice: (line: string) => void;
  /** The built worker; the package's own where absent. */
  readonly workerScript?: URL;
}

export interface RunResult {
  readonly folder: string;
  readonly summary: RunSummary;
}

/** What a screen is told while a run goes on. */
export type RunProgress =
  | Progress
  /** Of the whole run, about once a second. */
  | ({ readonly type: "run-progress" } & RunState)
  | { readonly type: "stage"; readonly stage: string; readonly done: number; readonly total: number };

/**
 * Runs a suite, or goes on with an interrupted run.
 * @throws InputError for bad input; AbortError when `signal` fires (the folder stays resumable).
 */
export async function runSuite(options: RunOptions): Promise<RunResult> {
  const before = options.resume === undefined ? undefined : readRunRecord(options.resume);
  const suite = before?.suite ?? withBudgetRule(loadSuite(options.suite), options.budgetPer);
  // What can be wrong with the question is found before a folder is made for the answer.
  const rows = trainedRows(suite);
  if (options.resume === undefined && options.out !== undefined) refuseTaken(resolve(options.cwd, options.out));
  // Said once the folder is this run's: an error stays one line.
  const notices: string[] = [];
  const engine = await resolveEngine(before?.engine ?? options.engine ?? "cpu", (line) => notices.push(line));
  const dataPath = options.data ?? before?.data ?? undefined;
  const { pairs, prompts, hash: dataContent, dropped } = await readSuiteData(suite, dataPath);
  if (before !== undefined && before.dataHash !== dataContent) {
    throw new InputError(
      `${dataPath ?? "the embedded data"}: not the data that this run was started on (hash ${dataContent.slice(0, 12)}, not ${before.dataHash.slice(0, 12)})`,
    );
  }
  const given = givenBase(options, before, suite, dataContent);
  const tokenizer = given?.model.tokenizer ?? (await trainTokenizer(pairs, suite, options.signal));
  const data = await prepareData(pairs, prompts, suite, tokenizer, options.signal);
  const seeds = [...(before?.seeds ?? options.seeds ?? suite.seeds)];
  if (before === undefined) {
    const config = given?.model.config ?? scratchConfig(suite, tokenizer);
    const where = options.base ?? `suite "${suite.suite}"`;
    checkTextLimits({ where, config, eosId: tokenizer.eosId, suite, rows, data });
    await rehearse({
      rows,
      values: suite.values.map((value) => value.name),
      lattice: simplexLattice(suite.candidates.lattice, suite.values.length),
      budget: suite.budget,
      seed: seeds[0] ?? 0,
      model: given?.model ?? { config, weights: initWeights(config, suite.base.seed), tokenizer },
      data,
      signal: options.signal,
    });
  }
  const counts = countsOf(data, dropped);
  if (suite.data.source === "folder") notices.push(`data: ${countsText(counts)}`);
  const foreign = given?.foreign === true ? modelHash(given.model) : undefined;
  const lock = knownLock(
    {
      suite,
      dataHash: dataContent,
      resume: options.resume,
      reuse: before === undefined ? options.reuse : (before.reuse ?? undefined),
      foreign,
    },
    (line) => notices.push(line),
  );
  const record = before ?? {
    schema: 1 as const,
    started: new Date(options.now()).toISOString(),
    suite,
    suiteArgument: options.suite,
    suiteHash: suiteHash(suite, { lock: lock?.values, base: foreign }),
    dataHash: dataContent,
    dataCounts: counts,
    baseHash: null,
    scorersHash: null,
    lockHash: lock === undefined ? null : lockHash(lock),
    data: options.data ?? null,
    base: options.base ?? null,
    reuse: options.reuse ?? null,
    budgetPer: options.budgetPer ?? null,
    ...(options.probes === undefined || options.probes === 0 ? {} : { probes: options.probes }),
    engine,
    threads: options.threads,
    seeds,
    command: [] as string[],
    ...environment(),
  };
  const command = commandOf(record);
  const folder = openRunFolder({
    resume: options.resume,
    out: options.out,
    cwd: options.cwd,
    record: { ...record, command },
    now: options.now,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  try {
    options.onFolder(folder.dir);
    for (const line of notices) options.onNotice(line);
    const run = new SuiteRun(suite, folder, options, {
      data,
      tokenizer,
      given: given?.model,
      foreign,
      lock,
      record: { ...record, command, id: folder.id },
    });
    return { folder: folder.dir, summary: await run.execute() };
  } finally {
    folder.close();
  }
}

function withBudgetRule(suite: Suite, per: RunOptions["budgetPer"]): Suite {
  return per === undefined ? suite : { ...suite, budget: { ...suite.budget, per } };
}

interface Inputs {
  readonly data: PreparedData;
  readonly tokenizer: Tokenizer;
  readonly given: ModelFolder | undefined;
  /** Hash of a base that the suite's own recipe did not make. */
  readonly foreign: string | undefined;
  /** The scales that were known before anything was trained, where the suite does not hold them. */
  readonly lock: SuiteLock | undefined;
  readonly record: RunRecord;
}

class SuiteRun {
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
    readonly inputs: Inputs,
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
    const pool = new WorkerPool(
      this.inputs.record.threads,
      options.workerScript ?? new URL("./worker.js", import.meta.url),
    );
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
      const scored = await this.#score(session, seed, context, offers, data, scales);
      scales = scored.scales;
      candidates.push(...scored.candidates);
      texts.push(...scored.texts);
    }

    stage("statistics", null);
    const tables: RunTables = {
      values: this.#values,
      seeds: this.#seeds,
      prompts: { validation: rowsOf(data, "validation"), test: rowsOf(data, "test") },
      candidates,
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

  /** Tells how far the scoring of a split is: the two splits are the two halves of the stage. */
  #scoredPart(stage: string, split: ScoredSplit, tell: (scored: ReadonlyMap<string, PolicyReplies>) => void) {
    return (scored: ReadonlyMap<string, PolicyReplies>, done: number, total: number): void => {
      tell(scored);
      const share = done / total;
      this.folder.event({
        type: "stage-progress",
        stage,
        done: split === "validation" ? share / 2 : 0.5 + share / 2,
        total: 1,
        rate: null,
        etaSeconds: null,
      });
    };
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
    const promptTokens = validation.reduce((sum, prompt) => sum + prompt.tokens.length, 0) / validation.length;
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
    const { folder, inputs } = this;
    if (inputs.given !== undefined) {
      saveModel(folder.path("base"), inputs.given);
      return modelHash(inputs.given);
    }
    pool.setup(basics);
    const { model, stored } = await trainBase(session, this.#artefacts, this.#ground(), tokenizer);
    this.#note("sft of the base", stored);
    saveModel(folder.path("base"), model);
    return modelHash(model);
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

  async #score(
    session: Session,
    seed: number,
    context: string,
    offers: ReadonlyMap<string, Offer>,
    data: PreparedData,
    known: readonly ValueScale[] | undefined,
  ): Promise<{ scales: readonly ValueScale[]; candidates: TableCandidate[]; texts: ScoredTexts[] }> {
    const { suite } = this;
    const values = this.#values.length;
    const validation = new SplitScores(session, seed, "validation", context);
    const test = new SplitScores(session, seed, "test", context);
    const base: OfferedCandidate = {
      method: "base",
      candidate: "base",
      weights: null,
      coefficients: null,
      policy: basePolicy,
    };
    const lattice = [base, ...[...offers].flatMap(([id, offer]) => offeredCandidates(id, offer, this.#adapterOf(id)))];
    const explored = new Map(
      [...offers]
        .filter(([id]) => this.#rows.find((row) => row.id === id)?.ranked === true)
        .map(
          ([id, offer]) => [id, exploredCandidates(id, offer, this.#adapterOf(id), suite.candidates.explore)] as const,
        ),
    );
    for (const [id, points] of explored) if (points.length > 0) this.#explored.add(id);
    const everything = [...lattice, ...[...explored.values()].flat()];
    const live = new LiveScores({
      seed,
      values,
      candidates: everything,
      followed: new Set(lattice),
      prompts: data.evaluation.validation,
      emit: (event) => this.folder.event(event),
    });
    live.scales = known;
    await validation.add(
      everything.map((c) => c.policy),
      `validation, seed ${seed}`,
      this.#scoredPart(`scoring, seed ${seed}`, "validation", live.begin("validation", new Set(lattice))),
    );
    const validated = new Map<OfferedCandidate, Float64Array>();
    const broken = new Set<string>();
    const usable = (c: OfferedCandidate, split: string, found: CandidateScores): Float64Array | undefined => {
      if (found.kind === "scores") return found.values;
      if (!broken.has(c.method)) {
        this.#fail(
          c.method,
          seed,
          `${split} score of ${c.candidate} is not a finite number (prompt ${found.prompt + 1}, value ${this.#values[found.value] ?? ""})`,
        );
      }
      broken.add(c.method);
      return undefined;
    };
    for (const candidate of everything) {
      const scores = usable(candidate, "validation", scoresOf(validation.of(candidate.policy), values));
      if (scores !== undefined) validated.set(candidate, scores);
    }
    const scales = known ?? this.#makeLock(lattice, validated);

    const selected = new Set<OfferedCandidate>([base]);
    for (const id of offers.keys()) {
      const own = lattice.filter((c) => c.method === id && validated.has(c));
      for (const i of chooseLattice(
        own.map((c) => validated.get(c) ?? new Float64Array()),
        scales,
      )) {
        const chosen = own[i];
        if (chosen !== undefined) selected.add(chosen);
      }
      const grid = (explored.get(id) ?? []).filter((c) => validated.has(c));
      const points = grid.map((c) => validated.get(c) ?? new Float64Array());
      for (const i of chooseExplored(points, scales, this.#lattice.length)) {
        const chosen = grid[i];
        if (chosen !== undefined) selected.add(chosen);
      }
    }
    const tested = everything.filter(
      (c) => validated.has(c) && !broken.has(c.method) && (lattice.includes(c) || selected.has(c)),
    );
    live.scales = scales;
    await test.add(
      tested.map((c) => c.policy),
      `test, seed ${seed}`,
      this.#scoredPart(`scoring, seed ${seed}`, "test", live.begin("test", selected)),
    );

    const candidates: TableCandidate[] = [];
    const texts: ScoredTexts[] = [];
    for (const candidate of everything) {
      const before = validated.get(candidate);
      const isTested = tested.includes(candidate);
      const after = isTested ? usable(candidate, "test", scoresOf(test.of(candidate.policy), values)) : undefined;
      const summary = isTested ? repliesSummary(test.of(candidate.policy)) : { kl: null, broken: null };
      candidates.push(
        tableCandidate(seed, candidate, {
          selected: selected.has(candidate) && after !== undefined,
          ...(before === undefined ? {} : { validation: before }),
          ...(after === undefined ? {} : { test: after }),
          ...summary,
        }),
      );
      const name = { seed, method: candidate.method, candidate: candidate.candidate };
      texts.push({
        ...name,
        split: "validation",
        prompts: data.evaluation.validation,
        replies: validation.of(candidate.policy),
      });
      if (isTested)
        texts.push({ ...name, split: "test", prompts: data.evaluation.test, replies: test.of(candidate.policy) });
    }
    const whole = candidates.filter((c) => !broken.has(c.method));
    return { scales, candidates: whole, texts };
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

  #adapterOf(id: string): AdapterConfig {
    const row = this.#rows.find((candidate) => candidate.id === id);
    return (row?.settings ?? this.suite.settings).preference.adapter;
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

/** What a live reader of `events.jsonl` sees of a job. */
function logProgress(folder: RunFolder, progress: Progress): void {
  if (progress.type === "job-shared") {
    const [method = "", task = ""] = progress.label.split("/");
    const [other = "", withTask = ""] = progress.with.split("/");
    if (method !== other) {
      folder.event({ type: "task-shared", seed: progress.seed, method, task, with: other, withTask });
    }
    return;
  }
  if (progress.type !== "task") return;
  const { event, seed } = progress;
  const [method = "", task = ""] = progress.label.split("/");
  if (event.type === "task-planned") {
    folder.event({ type: "task-planned", seed, method, task, steps: event.steps, flops: event.flops });
    return;
  }
  if (event.type === "task-probe") {
    const { type: _, task: __, means, ...found } = event;
    folder.event({ type: "probe", seed, method, task, means: [...means], ...found });
    return;
  }
  const named: Partial<Record<(typeof stepNumbers)[number], number>> = {};
  const more: Record<string, number> = {};
  for (const [name, number] of Object.entries(event.curve)) {
    if (!Number.isFinite(number)) continue;
    const known = stepNumbers.find((key) => key === (name === "accuracy" ? "rewardAccuracy" : name));
    if (known === undefined) more[name] = number;
    else named[known] = number;
  }
  folder.event({
    type: "train-step",
    seed,
    method,
    task,
    step: event.step,
    steps: event.steps,
    spentFlops: event.spentFlops,
    ...named,
    ...(Object.keys(more).length === 0 ? {} : { more }),
  });
}

/** The numbers of a step that the event schema knows by name; others go under `more`. */
const stepNumbers = [
  "loss",
  "rewardAccuracy",
  "margin",
  "kl",
  "penalty",
  "learningRate",
  "gradientNorm",
  "chosenShift",
] as const;

function flopsOf(summary: TaskSummary): number {
  return summary.ledger.reduce((sum, entry) => sum + entry.flops, 0);
}

function rowsOf(data: PreparedData, split: "validation" | "test"): TablePrompt[] {
  return data.evaluation[split].map((prompt: EvaluationPrompt) => ({ key: prompt.key, split, source: prompt.source }));
}

/** What interrupted a run, told apart from its faults. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error(signal.reason instanceof Error ? signal.reason.message : "interrupted");
  error.name = "AbortError";
  return error;
}
