/**
 * Whether a base can hold the texts of a suite, asked before anything is trained: a decoder that runs out of positions, or
 * that is never stopped by the token that ends a reply, is found out late and says it badly.
 */
import { InputError } from "../data/errors.js";
import type { DecoderConfig } from "../lm/config.js";
import type { PreparedData } from "./prepare.js";
import type { Suite } from "./suite.js";
import type { TrainedRow } from "./train-methods.js";

export interface TextLimits {
  /** Names the base in messages. */
  readonly where: string;
  readonly config: Pick<DecoderConfig, "maxPositions" | "eosTokenIds">;
  /** The token by which replies end in training. */
  readonly eosId: number | null;
  readonly suite: Suite;
  readonly rows: readonly TrainedRow[];
  readonly data: PreparedData;
}

/** @throws InputError naming what is too long, or the token that would not end a reply */
export function checkTextLimits({ where, config, eosId, suite, rows, data }: TextLimits): void {
  const longest = (texts: readonly { readonly tokens: Int32Array }[]): number =>
    texts.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  const rollouts = rows.filter(({ method }) => method.rollsOut).map(({ settings }) => settings.morlhf.ppo.maxNewTokens);
  const texts: readonly (readonly [number, string])[] = [
    [longestPair(data), "data.maxPromptTokens or data.maxReplyTokens"],
    [
      Math.max(longest(data.evaluation.validation), longest(data.evaluation.test)) + suite.evaluation.maxNewTokens,
      "data.maxPromptTokens or evaluation.maxNewTokens",
    ],
    [longest(data.trainingPrompts) + Math.max(0, ...rollouts), "data.maxPromptTokens or morlhf.ppo.maxNewTokens"],
  ];
  for (const [tokens, keys] of texts) {
    if (tokens <= config.maxPositions) continue;
    throw new InputError(
      `${where}: has ${config.maxPositions} positions (max_position_embeddings), and prompt and reply take up to ${tokens}; lower ${keys} in the suite`,
    );
  }
  if (eosId !== null && !config.eosTokenIds.includes(eosId)) {
    throw new InputError(
      `${where}: replies end with the tokenizer's eos_token (${eosId}), but generation stops at ${config.eosTokenIds.join(", ") || "no token"}; add it to eos_token_id in generation_config.json`,
    );
  }
}

function longestPair({ pairs }: PreparedData): number {
  let most = 0;
  for (const byValue of Object.values(pairs)) {
    for (const { prompt, chosen, rejected } of Object.values(byValue).flat()) {
      most = Math.max(most, prompt.length + Math.max(chosen.length, rejected.length));
    }
  }
  return most;
}
