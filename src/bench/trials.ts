/**
 * Trains rows of a suite and scores them on validation alone: what settings are chosen by and scales are set from. The
 * same data, base, judges, budget and purses as a run; no test prompt is ever answered here.
 *
 * Everything lies in one folder under keys made of what determines it, so that rows of different trials share what they
 * have in common, and a call that is repeated after an interruption goes on where it stopped.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isValidReply } from "../data/embedded/index.js";
import type { EngineId } from "../engine/engine.js";
import { loadModel, modelHash, saveModel } from "../lm/huggingface.js";
import type { Offer } from "../methods/method.js";
import { contentKey } from "../methods/task.js";
import { mean } from "../metrics/index.js";
import { ArtefactFolder } from "./artefacts.js";
import { basePolicy, offeredCandidates, type Policy, type PolicyReplies, SplitScores, scoresOf } from "./evaluate.js";
import { type FolderLock, lockFolder } from "./files/folder-lock.js";
import { type Ground, judgesAccuracy, judgesKey, trainBase, trainJudges } from "./foundation.js";
import type { WorkerSetup } from "./jobs.js";
import { judgeArtefact } from "./judges.js";
import { simplexLattice } from "./lattice.js";
import { openPool, type WorkerPool } from "./pool.js";
import { type PreparedData, prepareData, trainTokenizer } from "./prepare.js";
import { type Progress, Session } from "./session.js";
import type { Suite } from "./suite.js";
import { readSuiteData } from "./suite-data.js";
import type { Estimate } from "./summary.js";
import { type TrainedRow, trainRow } from "./train-methods.js";

export interface TrialOptions {
  readonly suite: Suite;
  readonly data: string | undefined;
  /** Where results are kept from call to call. */
  readonly folder: string;
  readonly engine: EngineId;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Called with a line that a user should see. */
  readonly onNotice: (line: string) => void;
  readonly workerScript?: URL;
}

/** A policy's validation scores of one seed: one array by prompt a value, raw units, samples averaged. */
export type ValueScores = readonly Float64Array[];

export interface TriedCandidate {
  readonly name: string;
  readonly weights: readonly number[];
  readonly scores: ValueScores;
  /** Share of replies that a reader could use, at the suite's temperature; see `usable`. */
  readonly usable: number;
}

export interface TriedVertex {
  readonly value: string;
  readonly scores: ValueScores;
  /** Share of usable greedy replies. */
  readonly greedyUsable: number;
}

export type TrialOutcome =
  | {
      readonly kind: "tried";
      readonly base: ValueScores;
      readonly candidates: readonly TriedCandidate[];
      readonly vertices: readonly TriedVertex[];
    }
  | { readonly kind: "failed"; readonly message: string };

export class ValidationTrials {
  private constructor(
    readonly suite: Suite,
    readonly dataHash: string,
    readonly data: PreparedData,
    /** Per value: the judging model's held-out accuracy, `null` for a gold program. */
    readonly accuracy: readonly (Estimate | null)[],
    readonly setup: WorkerSetup,
    readonly context: string,
    readonly session: Session,
    readonly pool: WorkerPool,
    readonly lock: FolderLock,
  ) {}

  /** Trains base and judges, or finds them in the folder. */
  static async open(options: TrialOptions): Promise<ValidationTrials> {
    const { suite, folder, engine, threads, signal, onNotice, workerScript } = options;
    mkdirSync(folder, { recursive: true });
    const lock = lockFolder(folder);
    const pool = openPool({ engine, threads, onNotice, workerScript });
    signal.addEventListener("abort", () => pool.stop(new Error("interrupted")), { once: true });
    try {
      const { pairs, prompts, hash } = await readSuiteData(suite, options.data);
      const tokenizer = await trainTokenizer(pairs, suite, signal);
      const data = await prepareData(pairs, prompts, suite, tokenizer, signal);
      const artefacts = new ArtefactFolder(join(folder, "checkpoints"));
      const session = new Session(pool, artefacts, options.onProgress);
      const ground: Ground = { suite, dataHash: hash, threads };
      let setup: WorkerSetup = {
        engine,
        suite,
        data,
        tokenizer: tokenizer.files,
        checkpoints: artefacts.folder,
      };
      // The base lies under its recipe: a folder may serve suites whose bases differ.
      const baseFolder = join(folder, "bases", contentKey({ base: suite.base, data: hash, limits: suite.data }));
      if (!existsSync(join(baseFolder, "config.json"))) {
        pool.setup(setup);
        saveModel(baseFolder, (await trainBase(session, artefacts, ground, tokenizer)).model);
      }
      const base = modelHash(loadModel(baseFolder));
      setup = { ...setup, base: baseFolder };
      pool.setup(setup);
      const judges = await trainJudges(session, ground, base);
      const judge = judgesKey(ground, base);
      if (judge !== null) setup = { ...setup, judge: judgeArtefact(suite, judge) };
      const accuracy = judges === null ? suite.values.map(() => null) : judgesAccuracy(suite, judges);
      const context = contentKey({ base, data: hash, limits: suite.data, judge });
      return new ValidationTrials(suite, hash, data, accuracy, setup, context, session, pool, lock);
    } catch (error) {
      await pool.close();
      lock.release();
      throw error;
    }
  }

  /** Trains all rows for one seed, then scores them. @returns by row id */
  async run(rows: readonly TrainedRow[], seed: number): Promise<Map<string, TrialOutcome>> {
    const { suite, context, session, pool } = this;
    const values = suite.values.map((value) => value.name);
    const lattice = simplexLattice(suite.candidates.lattice, values.length);
    pool.setup(this.setup);
    const trained = await Promise.all(
      rows.map(async (row) => {
        const outcome = await trainRow(session, { values, lattice, seed, budget: suite.budget, context }, row);
        return { row, outcome };
      }),
    );
    const offers = new Map<TrainedRow, Offer>();
    const found = new Map<string, TrialOutcome>();
    for (const { row, outcome } of trained) {
      if (outcome.kind === "offered") offers.set(row, outcome.offer);
      else found.set(row.id, { kind: "failed", message: outcome.message });
    }
    const offered = [...offers].map(([row, offer]) => ({
      row,
      candidates: offeredCandidates(row.id, offer, row.settings.preference.adapter),
    }));
    const all = offered.flatMap(({ candidates }) => candidates);
    const isVertex = (weights: readonly number[] | null, k: number) =>
      weights?.every((w, j) => w === (j === k ? 1 : 0)) === true;
    const vertices = all.filter(({ weights }) => values.some((_, k) => isVertex(weights, k)));
    const sampled = await this.#score(seed, [basePolicy, ...all.map(({ policy }) => policy)], {});
    const greedy = await this.#score(
      seed,
      vertices.map(({ policy }) => policy),
      { temperature: 0, samples: 1 },
    );
    const base = this.#scores(sampled.of(basePolicy));
    for (const { row, candidates } of offered) {
      const tried = candidates.map((candidate) => ({
        name: candidate.candidate,
        weights: candidate.weights ?? [],
        scores: this.#scores(sampled.of(candidate.policy)),
        usable: this.#usable(sampled.of(candidate.policy)),
      }));
      const own = values.flatMap((value, k): TriedVertex[] => {
        const at = candidates.findIndex(({ weights }) => isVertex(weights, k));
        const candidate = candidates[at];
        const scores = tried[at]?.scores;
        if (candidate === undefined || scores === undefined) return [];
        return [{ value, scores, greedyUsable: this.#usable(greedy.of(candidate.policy)) }];
      });
      const odd = tried.find(({ scores }) => scores.some((column) => column.some((x) => !Number.isFinite(x))));
      found.set(
        row.id,
        odd === undefined
          ? { kind: "tried", base, candidates: tried, vertices: own }
          : { kind: "failed", message: `a validation score of ${odd.name} is not a finite number` },
      );
    }
    return found;
  }

  /** The share of the base's replies that a reader could use, greedy and as the suite samples: what vertices start from. */
  async baseUsable(seed: number): Promise<{ readonly greedy: number; readonly sampled: number }> {
    const greedy = await this.#score(seed, [basePolicy], { temperature: 0, samples: 1 });
    const sampled = await this.#score(seed, [basePolicy], {});
    return { greedy: this.#usable(greedy.of(basePolicy)), sampled: this.#usable(sampled.of(basePolicy)) };
  }

  async close(): Promise<void> {
    await this.pool.close();
    this.lock.release();
  }

  async #score(seed: number, policies: readonly Policy[], decoding: Partial<Suite["evaluation"]>) {
    const { suite, session } = this;
    const evaluation = { ...suite.evaluation, ...decoding };
    this.pool.setup({ ...this.setup, suite: { ...suite, evaluation } });
    const { testPrompts: _, ...relevant } = evaluation;
    const scores = new SplitScores(
      session,
      seed,
      "validation",
      contentKey({ context: this.context, evaluation: relevant }),
    );
    await scores.add(policies, evaluation.temperature === 0 ? "validation, greedy" : "validation");
    return scores;
  }

  #scores(replies: PolicyReplies): Float64Array[] {
    const values = this.suite.values.length;
    const found = scoresOf(replies, values);
    if (found.kind === "not-finite") return this.suite.values.map(() => Float64Array.of(Number.NaN));
    return this.suite.values.map((_, k) => found.values.subarray(k * replies.length, (k + 1) * replies.length));
  }

  /** Share of replies that ended and are valid (embedded data), or that did not break (data of which no rules are known). */
  #usable(replies: PolicyReplies): number {
    const prompts = this.data.evaluation.validation;
    const gold = this.suite.scorers.kind === "gold";
    let usable = 0;
    let count = 0;
    for (const [p, samples] of replies.entries()) {
      for (const { text, ended, broken } of samples) {
        count += 1;
        if (gold ? ended && isValidReply(prompts[p]?.text ?? "", { text, ended }) : !broken) usable += 1;
      }
    }
    return usable / Math.max(1, count);
  }
}

export function meansByValue(scores: ValueScores): number[] {
  return scores.map((column) => mean(column));
}

/** The points that a scale is set from: raw means of the base and of every vertex policy. */
export function anchorsOf(outcomes: Iterable<TrialOutcome>): number[][] {
  return [...outcomes].flatMap((outcome) =>
    outcome.kind === "tried" ? [outcome.base, ...outcome.vertices.map(({ scores }) => scores)].map(meansByValue) : [],
  );
}
