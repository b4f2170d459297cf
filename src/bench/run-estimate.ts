/**
 * How far a whole run is, and when it will end. Work is counted where it is known before it is done (FLOPs of trainings,
 * replies to be scored); what a second brings is measured in this run, kind by kind, and guessed from the kinds before for
 * those that have not begun.
 *
 * Not here: the time left of one training, which the training's own steps tell.
 */

export type WorkKind = "base" | "training" | "scoring";

export interface Workload {
  readonly seeds: number;
  /** FLOPs of training a seed, each distinct training once. */
  readonly trainingFlops: number;
  /** Replies a seed, over both splits. */
  readonly replies: number;
  /** Forward FLOPs of one reply, roughly: only for guessing the rate before the first is scored. */
  readonly replyFlops: number;
}

export interface RunState {
  /** Share of the run's time, 0 to 1. */
  readonly done: number;
  /** Null before anything was measured. */
  readonly etaSeconds: number | null;
}

/**
 * A second of one kind against a second of the kind before it, in FLOPs, until it is measured: adapters train on smaller
 * products than a base, and generation reads every weight for few tokens. Rough, and gone after the first minute.
 */
const GUESSES = { trainingPerBase: 0.7, scoringPerTraining: 0.3 };

interface Account {
  /** Work in all. */
  total: number;
  /** Done in stages that have ended, found results included. */
  settled: number;
  /** Done in the open stage, found results included. */
  open: number;
  /** What was computed, and the milliseconds it took: the rate. */
  computed: number;
  ms: number;
}

export class RunEstimate {
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #accounts: Record<WorkKind, Account>;
  readonly #workload: Workload;
  #stage: WorkKind | null = null;
  #lastMs: number;
  /** Of trainings under way, by label. */
  readonly #spent = new Map<string, number>();

  /** @param now milliseconds */
  constructor(workload: Workload, now: () => number) {
    this.#now = now;
    this.#startMs = now();
    this.#lastMs = this.#startMs;
    this.#workload = workload;
    const account = (total: number): Account => ({ total, settled: 0, open: 0, computed: 0, ms: 0 });
    this.#accounts = {
      base: account(0),
      training: account(workload.seeds * workload.trainingFlops),
      scoring: account(workload.seeds * workload.replies),
    };
  }

  /** A stage begins; the one before it is finished. `null`: one that is too short to count. */
  enter(stage: WorkKind | null): void {
    this.#tick();
    if (this.#stage !== null) {
      const account = this.#accounts[this.#stage];
      // Plans are bounds: a finished stage was all of its share, whatever it spent.
      const share = this.#stage === "base" ? account.total : account.total / this.#workload.seeds;
      account.settled += share;
      account.open = 0;
    }
    this.#spent.clear();
    this.#stage = stage;
  }

  /** The base's training says what it will cost. */
  planBase(flops: number): void {
    this.#accounts.base.total = flops;
  }

  /** A training of the open stage has spent this much by now. */
  trained(label: string, spentFlops: number): void {
    if (this.#stage === null || this.#stage === "scoring") return;
    this.#tick();
    const before = this.#spent.get(label) ?? 0;
    this.#spent.set(label, spentFlops);
    const account = this.#accounts[this.#stage];
    account.open += spentFlops - before;
    account.computed += spentFlops - before;
  }

  /** The result of a training of the open stage was found in the run folder. */
  found(flops: number): void {
    if (this.#stage === null || this.#stage === "scoring") return;
    this.#accounts[this.#stage].open += flops;
  }

  /** Replies of the open stage were scored, in this session (`computed`) or before it. */
  scored(replies: number, computed: boolean): void {
    this.#tick();
    const { scoring } = this.#accounts;
    scoring.open += replies;
    if (computed) scoring.computed += replies;
  }

  state(): RunState {
    this.#tick();
    const rates = this.#rates();
    let left = 0;
    for (const kind of ["base", "training", "scoring"] as const) {
      const { total, settled, open } = this.#accounts[kind];
      const work = Math.max(0, total - settled - open);
      if (work === 0) continue;
      const rate = rates[kind];
      if (rate === null) return { done: 0, etaSeconds: null };
      left += work / rate;
    }
    const elapsed = (this.#lastMs - this.#startMs) / 1000;
    return { done: elapsed === 0 ? 0 : elapsed / (elapsed + left), etaSeconds: left };
  }

  /** Work a second by kind; null where nothing tells. */
  #rates(): Record<WorkKind, number | null> {
    const measured = ({ computed, ms }: Account) => (computed > 0 && ms > 0 ? computed / (ms / 1000) : null);
    const base = measured(this.#accounts.base);
    const training = measured(this.#accounts.training) ?? (base === null ? null : base * GUESSES.trainingPerBase);
    const scoring =
      measured(this.#accounts.scoring) ??
      (training === null ? null : (training * GUESSES.scoringPerTraining) / this.#workload.replyFlops);
    return { base, training, scoring };
  }

  #tick(): void {
    const now = this.#now();
    if (this.#stage !== null) this.#accounts[this.#stage].ms += now - this.#lastMs;
    this.#lastMs = now;
  }
}
