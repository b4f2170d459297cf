/**
 * A prompt as the ids that a policy reads. In a dialogue every earlier assistant turn is closed by the end token, as chat
 * templates do: a policy that has read turns which just run into the next "Human:" writes that next turn itself.
 */
import type { Tokenizer } from "../lm/tokenizer.js";
import { formatPrompt } from "./layout.js";

const human = "\n\nHuman:";
const assistant = "\n\nAssistant:";

/** Ids of `formatPrompt(prompt)` behind the tokenizer's own prefix, with the end token after each finished assistant turn. */
export function promptTokens(tokenizer: Tokenizer, prompt: string): Int32Array {
  const ids: number[] = [...tokenizer.prefixIds];
  turnsOf(formatPrompt(prompt)).forEach((part, i) => {
    if (i > 0 && tokenizer.eosId !== null) ids.push(tokenizer.eosId);
    ids.push(...(i === 0 ? tokenizer.encode(part) : tokenizer.encodeContinuation(part)));
  });
  return Int32Array.from(ids);
}

/** The text cut before each "Human:" that follows an assistant turn; joined again it is the text. */
function turnsOf(text: string): string[] {
  if (!text.endsWith(assistant)) return [text];
  const parts: string[] = [];
  let start = 0;
  for (let at = text.indexOf(human); at >= 0; at = text.indexOf(human, at + 1)) {
    if (text.slice(start, at).includes(assistant)) {
      parts.push(text.slice(start, at));
      start = at;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
