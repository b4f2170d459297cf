/**
 * Scores what the methods offer, in the protocol's order: validation first, for everyone; then the choice; then test, for
 * the chosen and the lattice alike. Policies that are the same (one mixture offered by two methods) are scored once.
 */
import type { AdapterConfig } from "../lm/adapters.js";
import type { Offer } from "../methods/method.js";
import { contentKey } from "../methods/task.js";
import type { AdapterRef, PolicyMargins, ScoredReply, ScoreJob } from "./jobs.js";
import { exploreGrid } from "./lattice.js";
import { scaled, scaledReference, selectGreedily, selectNondominated, type ValueScale } from "./selection.js";
import type { Session } from "./session.js";
import { meansOf, type ScoredSplit, type TableCandidate } from "./tables.js";

/** A policy as a mixture over stored adapters; the same mixture has the same key whoever offers it. */
export interface Policy {
  readonly key: string;
  readonly adapters: readonly AdapterRef[];
  readonly coefficients: readonly number[];
}

/** What was found of one policy on one split: `replies[prompt][sample]`. */
export type PolicyReplies = readonly (readonly ScoredReply[])[];

export interface OfferedCandidate {
  readonly method: string;
  readonly candidate: string;
  readonly weights: readonly number[] | null;
  readonly coefficients: readonly number[] | null;
  readonly policy: Policy;
}

/** Policies a scoring job takes at most: small enough that all workers have some. */
const policiesPerJob = 4;

/** The base itself: a mixture of nothing. */
export const basePolicy: Policy = { key: "base", adapters: [], coefficients: [] };

export function policyOf(adapters: readonly AdapterRef[], coefficients: readonly number[]): Policy {
  const used = adapters.flatMap((ref, k) => {
    const c = coefficients[k] ?? 0;
    return c === 0 ? [] : [{ ref, c }];
  });
  if (used.length === 0) return basePolicy;
  return {
    key: contentKey(used.map(({ ref: { ref }, c }) => [ref.task, ref.name, c])),
    adapters: used.map(({ ref }) => ref),
    coefficients: used.map(({ c }) => c),
  };
}

export function offeredCandidates(method: string, offer: Offer, config: AdapterConfig): OfferedCandidate[] {
  const refs = offer.adapters.map(({ ref }) => ({ ref, config }));
  return offer.candidates.map((candidate) => ({
    method,
    candidate: candidate.name,
    weights: candidate.weights,
    coefficients: offer.mixes === null ? null : candidate.coefficients,
    policy: policyOf(refs, candidate.coefficients),
  }));
}

/** Points of the region that a mixing method may explore, as candidates of the row `<method>@grid`. */
export function exploredCandidates(
  method: string,
  offer: Offer,
  config: AdapterConfig,
  count: number,
): OfferedCandidate[] {
  if (offer.mixes === null || count === 0) return [];
  const refs = offer.adapters.map(({ ref }) => ({ ref, config }));
  return exploreGrid(offer.mixes, refs.length, count).map((coefficients) => ({
    method: gridRow(method),
    candidate: `c=${coefficients.join(",")}`,
    weights: null,
    coefficients,
    policy: policyOf(refs, coefficients),
  }));
}

export function gridRow(method: string): string {
  return `${method}@grid`;
}

/** Scores of one seed and split, by policy key. */
export class SplitScores {
  readonly #found = new Map<string, PolicyReplies>();
  readonly #margins = new Map<string, PolicyMargins>();

  constructor(
    readonly session: Session,
    readonly seed: number,
    readonly split: ScoredSplit,
    /** Names base, data and suite: part of every result's key. */
    readonly context: string,
  ) {}

  /** Scores the policies that are not scored yet. */
  async add(
    policies: readonly Policy[],
    label: string,
    /** Told when some are scored: their replies by policy key, and how many of how many are. */
    onScored: (scored: ReadonlyMap<string, PolicyReplies>, done: number, total: number) => void = () => {},
    /** Keys of policies that also tell held-out pairs apart, and on how many pairs a value. */
    asked: { readonly policies: ReadonlySet<string>; readonly pairs: number } = { policies: new Set(), pairs: 0 },
  ): Promise<void> {
    const wanted = new Map<string, Policy>();
    for (const policy of policies) if (!this.#found.has(policy.key)) wanted.set(policy.key, policy);
    let done = 0;
    const byBank = new Map<string, Policy[]>();
    for (const policy of wanted.values()) {
      const bank = policy.adapters.length > 1 ? JSON.stringify(policy.adapters) : "single";
      const kind = `${asked.policies.has(policy.key)} ${bank}`;
      byBank.set(kind, [...(byBank.get(kind) ?? []), policy]);
    }
    const chunks = [...byBank.values()].flatMap((list) => inChunks(list, policiesPerJob));
    await Promise.all(
      chunks.map(async (chunk) => {
        const isAsked = chunk.every(({ key }) => asked.policies.has(key));
        const job = this.#job(chunk, label, isAsked ? asked.pairs : 0);
        const scored = await this.session.score(job, 1000);
        const fresh = new Map(chunk.map((policy, i) => [policy.key, scored.replies[i] ?? []] as const));
        for (const [key, replies] of fresh) this.#found.set(key, replies);
        for (const [i, { key }] of chunk.entries()) {
          const margins = scored.margins?.[i];
          if (margins !== undefined) this.#margins.set(key, margins);
        }
        done += fresh.size;
        onScored(fresh, done, wanted.size);
      }),
    );
  }

  of(policy: Policy): PolicyReplies {
    const replies = this.#found.get(policy.key);
    if (replies === undefined) throw new Error(`the policy ${policy.key} was not scored on ${this.split}`);
    return replies;
  }

  /** Undefined where the policy was not asked to tell pairs apart. */
  marginsOf(policy: Policy): PolicyMargins | undefined {
    return this.#margins.get(policy.key);
  }

  #job(chunk: readonly Policy[], label: string, pairs: number): ScoreJob {
    const named = ({ ref }: AdapterRef) => `${ref.task}/${ref.name}`;
    const bank = new Map<string, AdapterRef>();
    for (const policy of chunk) for (const adapter of policy.adapters) bank.set(named(adapter), adapter);
    const adapters = [...bank.values()];
    const policies = chunk.map((policy) =>
      adapters.map((adapter) => {
        const at = policy.adapters.findIndex((own) => named(own) === named(adapter));
        return at < 0 ? 0 : (policy.coefficients[at] ?? 0);
      }),
    );
    const content = {
      kind: "score" as const,
      seed: this.seed,
      split: this.split,
      adapters,
      policies,
      kl: this.split === "test",
      pairs,
    };
    return { ...content, key: contentKey({ ...content, context: this.context }), label };
  }
}

/** A candidate's scores `[value, prompt]`, samples averaged, or the first score that is not a number. */
export type CandidateScores =
  | { readonly kind: "scores"; readonly values: Float64Array }
  | { readonly kind: "not-finite"; readonly prompt: number; readonly value: number };

export function scoresOf(replies: PolicyReplies, values: number): CandidateScores {
  const out = new Float64Array(values * replies.length);
  for (const [p, samples] of replies.entries()) {
    for (let v = 0; v < values; v++) {
      let sum = 0;
      for (const sample of samples) {
        const score = sample.scores[v];
        if (typeof score !== "number" || !Number.isFinite(score)) return { kind: "not-finite", prompt: p, value: v };
        sum += score;
      }
      out[v * replies.length + p] = sum / samples.length;
    }
  }
  return { kind: "scores", values: out };
}

/** Means over test replies of KL (nats a reply) and of broken text. */
export function repliesSummary(replies: PolicyReplies): { kl: number | null; broken: number } {
  const all = replies.flat();
  const kls = all.map((reply) => reply.kl).filter((kl) => kl !== null);
  return {
    kl: kls.length === 0 ? null : kls.reduce((sum, kl) => sum + kl, 0) / kls.length,
    broken: all.filter((reply) => reply.broken).length / Math.max(1, all.length),
  };
}

/** Which of one method's candidates make its test hypervolume, by their validation scores. */
export function chooseLattice(validation: readonly Float64Array[], scales: readonly ValueScale[]): number[] {
  return selectNondominated(validation.map((scores) => scaled(meansOf(scores, scales.length), scales)));
}

/** Which explored points are reported: at most `limit`, by greedy validation hypervolume. */
export function chooseExplored(
  validation: readonly Float64Array[],
  scales: readonly ValueScale[],
  limit: number,
): number[] {
  return selectGreedily(
    validation.map((scores) => scaled(meansOf(scores, scales.length), scales)),
    scaledReference(scales),
    limit,
  );
}

/** Everything known of a candidate, as one row of the run's tables. */
export function tableCandidate(
  seed: number,
  offered: Omit<OfferedCandidate, "policy">,
  found: {
    readonly selected: boolean;
    readonly validation?: Float64Array;
    readonly test?: Float64Array;
    readonly kl: number | null;
    readonly broken: number | null;
  },
): TableCandidate {
  return {
    seed,
    method: offered.method,
    candidate: offered.candidate,
    weights: offered.weights,
    coefficients: offered.coefficients,
    selected: found.selected,
    kl: found.kl,
    broken: found.broken,
    scores: {
      ...(found.validation === undefined ? {} : { validation: found.validation }),
      ...(found.test === undefined ? {} : { test: found.test }),
    },
  };
}

function inChunks<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let i = 0; i < list.length; i += size) chunks.push(list.slice(i, i + size));
  return chunks;
}
