/**
 * HH dialogues: `chosen` and `rejected` are whole transcripts ("\n\nHuman: …\n\nAssistant: …") that share everything
 * but the last assistant turn. Source of the form: Bai et al. 2022, "Training a Helpful and Harmless Assistant".
 */
import type { DropReason } from "./pair.js";

const turn = "\n\nAssistant:";

export interface Exchange {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** Splits both sides at their last assistant turn; a reason instead, when they do not share what comes before it. */
export function splitTranscripts(chosen: string, rejected: string): Exchange | DropReason {
  const chosenAt = chosen.lastIndexOf(turn);
  const rejectedAt = rejected.lastIndexOf(turn);
  if (chosenAt < 0 || rejectedAt < 0) return "no assistant turn";
  const prompt = chosen.slice(0, chosenAt + turn.length);
  if (prompt !== rejected.slice(0, rejectedAt + turn.length)) return "prefix mismatch";
  return {
    prompt,
    chosen: chosen.slice(prompt.length).trim(),
    rejected: rejected.slice(prompt.length).trim(),
  };
}
