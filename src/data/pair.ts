/** The unit of preference data: one prompt and two replies, of which `chosen` is preferred under one value. */
import type { Split } from "./split.js";

export interface Pair {
  readonly value: string;
  /** The request, or for dialogues everything up to and including the last "Assistant:". */
  readonly prompt: string;
  /** Replies carry no surrounding white space: `layout.ts` says how prompt and reply are joined. */
  readonly chosen: string;
  readonly rejected: string;
  /** Set where the data itself says it (a `split` column); otherwise the hash of the prompt decides. */
  readonly split?: Split;
}

export const dropReasons = [
  "prefix mismatch",
  "no assistant turn",
  "empty side",
  "identical sides",
  "duplicate",
  "over-long",
] as const;

/** Why a row was left out. A dropped row is counted, never an error. */
export type DropReason = (typeof dropReasons)[number];

export type DropCounts = Record<DropReason, number>;

export function noDrops(): DropCounts {
  return Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as DropCounts;
}
