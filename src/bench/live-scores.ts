/**
 * What watchers are told while scoring goes on: each candidate's means as soon as its replies are scored, the replies to a
 * few prompts, and the hypervolume of what is there so far. Nothing is decided by it, and it is cheap: a bootstrap of few
 * resamples a method and scoring job.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { bootstrapHypervolume, uncertaintyOf } from "../metrics/index.js";
import { type OfferedCandidate, type PolicyReplies, repliesSummary, scoresOf } from "./evaluate.js";
import type { RunEventInput } from "./files/events.js";
import type { ScoredSplit } from "./files/scores.js";
import type { EvaluationPrompt } from "./prepare.js";
import type { ValueScale } from "./selection.js";
import { meansOf } from "./tables.js";

/** Prompts whose replies are told: the first ones of validation. */
const TOLD_PROMPTS = 8;
const RESAMPLES = 200;
const CONFIDENCE = 0.95;

export interface LiveScoresOptions {
  readonly seed: number;
  readonly values: number;
  /** In the order in which they are offered; several may be of one policy. */
  readonly candidates: readonly OfferedCandidate[];
  /** Candidates whose hypervolume and samples are told: the lattice's, not the explored points. */
  readonly followed: ReadonlySet<OfferedCandidate>;
  /** Of validation. */
  readonly prompts: readonly EvaluationPrompt[];
  readonly emit: (event: RunEventInput) => void;
}

export class LiveScores {
  /** Hypervolume is told once these are known. */
  scales: readonly ValueScale[] | undefined;
  readonly #options: LiveScoresOptions;
  readonly #byPolicy = new Map<string, OfferedCandidate[]>();
  /** Scores `[value, prompt]` of followed candidates, by method. */
  #scored = new Map<string, Float64Array[]>();

  constructor(options: LiveScoresOptions) {
    this.#options = options;
    for (const candidate of options.candidates) {
      const { key } = candidate.policy;
      this.#byPolicy.set(key, [...(this.#byPolicy.get(key) ?? []), candidate]);
    }
  }

  /** A split begins. @param counted candidates that its hypervolumes are of */
  begin(
    split: ScoredSplit,
    counted: ReadonlySet<OfferedCandidate>,
  ): (scored: ReadonlyMap<string, PolicyReplies>) => void {
    this.#scored = new Map();
    return (scored) => {
      const touched = new Set<string>();
      for (const [key, replies] of scored) {
        for (const candidate of this.#byPolicy.get(key) ?? []) {
          const scores = this.#candidate(candidate, split, replies);
          if (scores === undefined || !counted.has(candidate) || !this.#options.followed.has(candidate)) continue;
          this.#scored.set(candidate.method, [...(this.#scored.get(candidate.method) ?? []), scores]);
          touched.add(candidate.method);
        }
      }
      for (const method of touched) this.#hypervolume(method, split);
    };
  }

  /** Undefined where a score is not a number: the method will be said to have failed. */
  #candidate(candidate: OfferedCandidate, split: ScoredSplit, replies: PolicyReplies): Float64Array | undefined {
    const { seed, values, emit } = this.#options;
    const found = scoresOf(replies, values);
    if (found.kind !== "scores") return undefined;
    const { kl, broken } = repliesSummary(replies);
    emit({
      type: "candidate-scored",
      seed,
      method: candidate.method,
      candidate: candidate.candidate,
      split,
      weights: candidate.weights === null ? null : [...candidate.weights],
      coefficients: candidate.coefficients === null ? null : [...candidate.coefficients],
      means: meansOf(found.values, values),
      kl,
      broken,
    });
    if (split === "validation" && this.#options.followed.has(candidate)) this.#samples(candidate, replies);
    return found.values;
  }

  #samples({ method, candidate }: OfferedCandidate, replies: PolicyReplies): void {
    const { seed, prompts, emit } = this.#options;
    for (const [p, prompt] of prompts.slice(0, TOLD_PROMPTS).entries()) {
      const first = replies[p]?.[0];
      if (first === undefined) continue;
      const { text: reply, ended } = first;
      const scores = first.scores.filter((score) => score !== null);
      emit({
        type: "sample",
        seed,
        method,
        candidate,
        prompt: prompt.key,
        promptText: prompt.text,
        reply,
        ended,
        scores,
      });
    }
  }

  #hypervolume(method: string, split: ScoredSplit): void {
    const { seed, emit } = this.#options;
    const candidates = this.#scored.get(method) ?? [];
    const { scales } = this;
    const first = candidates[0];
    if (scales === undefined || first === undefined) return;
    const [result] = bootstrapHypervolume(
      {
        methods: [{ name: method, seeds: [candidates] }],
        prompts: first.length / scales.length,
        reference: scales.map(({ reference }) => reference),
        sense: "max",
        center: scales.map(({ center }) => center),
        scale: scales.map(({ scale }) => scale),
      },
      { generator: xoroshiro128plus(seed), resamples: RESAMPLES, seeds: "fixed" },
    );
    if (result === undefined) return;
    const { estimate, percentile } = uncertaintyOf(result, CONFIDENCE);
    if (![estimate, percentile.low, percentile.high].every(Number.isFinite)) return;
    const { low, high } = percentile;
    emit({ type: "hypervolume", seed, method, split, candidates: candidates.length, value: estimate, low, high });
  }
}
