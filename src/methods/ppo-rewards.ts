/** What rewards a rollout: a reward model that reads its tokens, or (in the labelled row only) the gold rules. */
import type { DecoderConfig } from "../lm/config.js";
import type { PassCount } from "../lm/flops.js";
import type { SequenceRow } from "../lm/sequences.js";
import { rewardFlops } from "../rewards/reward-model.js";
import { RewardModelScorer } from "../rewards/reward-model-scorer.js";
import type { ArtefactRef, TaskEnv, TrainingPrompt } from "./task.js";

/** A reply that the policy sampled. */
export interface Rollout {
  readonly prompt: TrainingPrompt;
  /** With its end token, where it ended. */
  readonly response: Int32Array;
  readonly ended: boolean;
  /** log pi of each token when it was sampled. */
  readonly logProbs: ArrayLike<number>;
}

export type RewardSource =
  | {
      readonly kind: "reward-model";
      readonly model: ArtefactRef;
      /** The values of its heads, in order. */
      readonly heads: readonly string[];
    }
  | { readonly kind: "gold" };

/** What scoring costs, known before there is a reward model. */
export interface RewardCost {
  /** FLOPs of scoring `replies` replies of `count` tokens in all. */
  flops(count: PassCount, replies: number): number;
}

export interface RolloutRewards extends RewardCost {
  /** Columns of `score`. */
  readonly values: readonly string[];
  /** `[rollout][value]`. */
  score(rollouts: readonly Rollout[]): Promise<number[][]>;
}

export function rewardCost(source: RewardSource, config: DecoderConfig): RewardCost {
  return {
    flops: (count, replies) => (source.kind === "gold" ? 0 : rewardFlops(config, source.heads.length, count, replies)),
  };
}

/** @throws Error where the environment has no gold rules. */
export async function openRewards(source: RewardSource, env: TaskEnv): Promise<RolloutRewards> {
  const { config, tokenizer } = env.model;
  switch (source.kind) {
    case "reward-model": {
      const model = { config, values: source.heads, weights: await env.artefact(source.model) };
      const key = `${source.model.task}/${source.model.name}`;
      const scorer = new RewardModelScorer(model, tokenizer, { programs: env.executables, key });
      return {
        ...rewardCost(source, config),
        values: source.heads,
        score: (rollouts) => scorer.scoreRows(rollouts.map(sequenceOf)),
      };
    }
    case "gold": {
      const scorer = env.goldScorer;
      if (scorer === undefined) throw new Error("gold rewards are not to be had here: this data has no gold rules");
      return {
        ...rewardCost(source, config),
        values: scorer.values,
        score: (rollouts) =>
          scorer.score(
            rollouts.map(({ prompt, response, ended }) => ({
              prompt: prompt.text,
              reply: tokenizer.decodeContinuation(withoutEnd(response, ended, config), { specials: "skip" }).trim(),
              ended,
            })),
          ),
      };
    }
    default:
      return source satisfies never;
  }
}

export function sequenceOf({ prompt, response }: Rollout): SequenceRow {
  return { prompt: prompt.tokens, response };
}

function withoutEnd(response: Int32Array, ended: boolean, config: DecoderConfig): Int32Array {
  const last = response[response.length - 1];
  return ended && last !== undefined && config.eosTokenIds.includes(last) ? response.subarray(0, -1) : response;
}
