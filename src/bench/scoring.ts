/**
 * One chunk of scoring: some policies of one bank answer one split's prompts, and every reply is scored on every value.
 * The noise of a reply is keyed by (seed, prompt, sample): the same for every policy, whatever shares its batch.
 */
import type { Engine, TensorMap } from "../engine/engine.js";
import type { Adapter, AdapterConfig } from "../lm/adapters.js";
import { type Generation, Generator } from "../lm/generate.js";
import { NotFiniteError } from "../lm/not-finite.js";
import { type ScoredRow, SequenceScorer } from "../lm/sequence-scorer.js";
import type { PreferencePair, TaskEnv } from "../methods/task.js";
import type { Scorer } from "../rewards/scorer.js";
import { isBroken } from "./broken.js";
import type { PolicyMargins, ScoredReplies, ScoredReply, ScoreJob } from "./jobs.js";
import { preferenceMargins } from "./preference-scoring.js";
import type { EvaluationPrompt } from "./prepare.js";
import type { Suite } from "./suite.js";

/** What scoring keeps from job to job: compiled programs, by how many adapters a policy mixes. */
export class ScoringPrograms {
  readonly #generators = new Map<number, Generator>();
  #sequences: SequenceScorer | undefined;

  constructor(
    readonly engine: Engine,
    readonly model: TaskEnv["model"],
  ) {}

  /** A generator whose bank holds just these adapters. Adapters are fed, so a new bank compiles nothing. */
  generator(adapters: readonly Adapter[]): Generator {
    let generator = this.#generators.get(adapters.length);
    if (generator === undefined) {
      // All rows of a call share one policy, which is cheaper merged than mixed row by row.
      generator = new Generator(this.engine, this.model, adapters, { mergeFrom: 1 });
      this.#generators.set(adapters.length, generator);
    } else generator.replaceAdapters(adapters);
    return generator;
  }

  /** A scorer of replies under mixtures of just these adapters, likewise. */
  sequences(adapters: readonly Adapter[]): SequenceScorer {
    if (this.#sequences === undefined) this.#sequences = new SequenceScorer(this.engine, this.model, adapters);
    else this.#sequences.replaceAdapters(adapters);
    return this.#sequences;
  }

  async dispose(): Promise<void> {
    for (const generator of this.#generators.values()) await generator.dispose();
    this.#generators.clear();
    await this.#sequences?.dispose();
    this.#sequences = undefined;
  }
}

export interface ScoringEnv {
  readonly programs: ScoringPrograms;
  readonly model: TaskEnv["model"];
  readonly scorer: Scorer;
  readonly suite: Suite;
  readonly prompts: readonly EvaluationPrompt[];
  readonly vocabulary: ReadonlySet<string>;
  /** Held-out pairs by value that the policies are asked to tell apart; absent: they are not asked. */
  readonly pairs?: readonly (readonly PreferencePair[])[];
  readonly signal: AbortSignal;
  /** Told what was generated, in tokens. */
  readonly onGenerated?: (rows: readonly { promptTokens: number; newTokens: number }[]) => void;
}

/** What of a scoring job the replies depend on. */
type ReplyJob = Pick<ScoreJob, "seed" | "policies" | "kl">;

/** @param adapters tensors of `job.adapters`, in their order */
export async function scoreReplies(
  env: ScoringEnv,
  job: ReplyJob,
  adapters: readonly { readonly config: AdapterConfig; readonly tensors: TensorMap }[],
): Promise<ScoredReplies> {
  const replies: ScoredReply[][][] = [];
  const margins: PolicyMargins[] = [];
  for (const policy of job.policies) {
    const used = policy.flatMap((c, k) => (c === 0 ? [] : [k]));
    const bank = used.map((k) => adapters[k]).filter((adapter) => adapter !== undefined);
    const coefficients = used.map((k) => policy[k] ?? 0);
    replies.push(await scorePolicy(env, job, bank, coefficients));
    if (env.pairs === undefined) continue;
    margins.push(await preferenceMargins(env.programs.sequences(bank), env.pairs, coefficients, env.signal));
  }
  return {
    prompts: env.prompts.map((prompt) => prompt.key),
    replies,
    margins: env.pairs === undefined ? null : margins,
  };
}

async function scorePolicy(
  env: ScoringEnv,
  job: ReplyJob,
  bank: readonly Adapter[],
  coefficients: readonly number[],
): Promise<ScoredReply[][]> {
  const { model, prompts, suite } = env;
  const { maxNewTokens, temperature, samples } = suite.evaluation;
  const { eosTokenIds } = model.config;
  const rows = prompts.flatMap((prompt) => Array.from({ length: samples }, (_, sample) => ({ prompt, sample })));
  let generated: Generation[];
  try {
    generated = await env.programs.generator(bank).generate(
      rows.map(({ prompt, sample }) => ({ prompt: prompt.tokens, promptKey: prompt.key, sample, coefficients })),
      { maxNewTokens, temperature, seed: job.seed, stopIds: eosTokenIds, signal: env.signal },
    );
  } catch (error) {
    if (!(error instanceof NotFiniteError)) throw error;
    // A policy that writes nothing has no score: that ends its method, and no other.
    const unscored = { text: "", ended: false, broken: true, scores: suite.values.map(() => null), kl: null };
    return prompts.map(() => Array.from({ length: samples }, () => unscored));
  }
  env.onGenerated?.(
    generated.map(({ tokens }, i) => ({
      promptTokens: rows[i]?.prompt.tokens.length ?? 0,
      newTokens: tokens.length,
    })),
  );
  const texts = generated.map(({ tokens, ended }) => {
    const words = ended ? tokens.subarray(0, tokens.length - 1) : tokens;
    return { text: model.tokenizer.decodeContinuation(words).trim(), ended };
  });
  const scored = await env.scorer.score(
    rows.map(({ prompt }, i) => ({
      prompt: prompt.text,
      reply: texts[i]?.text ?? "",
      ended: texts[i]?.ended ?? false,
    })),
  );
  const columns = suite.values.map((value) => env.scorer.values.indexOf(value.name));
  const divergence = job.kl
    ? await env.programs.sequences(bank).score(
        rows.map(
          ({ prompt }, i): ScoredRow => ({
            prompt: prompt.tokens,
            response: generated[i]?.tokens ?? new Int32Array(),
            coefficients,
          }),
        ),
        env.signal,
      )
    : undefined;
  const flat = rows.map((_, i): ScoredReply => {
    const { text, ended } = texts[i] ?? { text: "", ended: false };
    const kl = divergence?.[i]?.kl ?? null;
    const lost = kl !== null && !Number.isFinite(kl);
    return {
      text,
      ended,
      broken: isBroken(text, ended, env.vocabulary),
      scores: columns.map((column) => {
        const score = scored[i]?.[column];
        return !lost && score !== undefined && Number.isFinite(score) ? score : null;
      }),
      kl: lost ? null : kl,
    };
  });
  return prompts.map((_, p) => flat.slice(p * samples, (p + 1) * samples));
}
