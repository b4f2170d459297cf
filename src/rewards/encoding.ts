/** A prompt and its reply as the token ids that a policy would have read and written. */
import { formatReply } from "../data/layout.js";
import { promptTokens } from "../data/prompt-tokens.js";
import type { DecoderConfig } from "../lm/config.js";
import type { SequenceRow } from "../lm/sequences.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import type { ScoredText } from "./scorer.js";

/**
 * The reply's end token is there only where the reply ended. What the trunk has no positions for is cut: the prompt at
 * its start, then the reply at its end.
 */
export function encodeExchange(tokenizer: Tokenizer, text: ScoredText, config: DecoderConfig): SequenceRow {
  const prompt = promptTokens(tokenizer, text.prompt);
  const response = [...tokenizer.encodeContinuation(formatReply(text.reply))];
  const end = tokenizer.eosId ?? config.eosTokenIds[0];
  // An empty reply still has a last token to be read at.
  if (end !== undefined && (text.ended || response.length === 0)) response.push(end);
  const kept = response.slice(0, config.maxPositions - 1);
  const room = config.maxPositions - kept.length;
  return { prompt: prompt.slice(-room), response: Int32Array.from(kept) };
}
