/**
 * How a prompt and a reply become one text. A dialogue (HH) already ends in "Assistant:" and is kept as it is; any
 * other prompt is closed by a line break. A reply follows after one space in both, so that its first word is the same
 * token as in the middle of a sentence. The end token is the tokenizer's matter, not the layout's.
 */

/** What the model is given. */
export function formatPrompt(prompt: string): string {
  return prompt.endsWith("Assistant:") ? prompt : `${prompt}\n`;
}

/** What the model is to write after `formatPrompt(prompt)`, before the end token. */
export function formatReply(reply: string): string {
  return ` ${reply}`;
}
