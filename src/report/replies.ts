/**
 * What candidates answered to the first test prompts, with its scores, from `samples.jsonl` and `scores.csv`. The prompts
 * are the first of the test split, not chosen ones; of several seeds or samples, the first. Texts are as the model wrote
 * them: not yet safe to show.
 */
import { existsSync } from "node:fs";
import type { RunFiles } from "../bench/files/run-files.js";
import { eachSample } from "../bench/files/samples.js";
import { readScores } from "../bench/files/scores.js";
import type { RunSummary } from "../bench/summary.js";
import type { BrowserReply } from "./model.js";

/** As many prompts as anybody reads on a page. */
export const MOST_PROMPTS = 60;

export interface Replies {
  readonly prompts: readonly { readonly key: string; readonly text: string }[];
  readonly seed: number;
  /** Null where it was not kept. `prompt` is a key. */
  of(method: string, candidate: string, prompt: string): BrowserReply | null;
}

/**
 * @param methods ids whose replies are wanted
 * @returns null where the run kept no samples
 * @throws InputError for a damaged file
 */
export function readReplies(files: RunFiles, summary: RunSummary, methods: ReadonlySet<string>): Replies | null {
  const seed = summary.run.seeds[0];
  if (seed === undefined || !existsSync(files.samples)) return null;
  const prompts = new Map<string, string>();
  const texts = new Map<string, { text: string; ended: boolean }>();
  for (const sample of eachSample(files.samples)) {
    if (sample.seed !== seed || sample.split !== "test" || sample.sample !== 0) continue;
    if (!methods.has(sample.method)) continue;
    if (!prompts.has(sample.prompt)) {
      if (prompts.size >= MOST_PROMPTS) continue;
      prompts.set(sample.prompt, sample.promptText.trim());
    }
    texts.set(keyOf(sample.method, sample.candidate, sample.prompt), {
      text: sample.reply.trim(),
      ended: sample.ended,
    });
  }
  const scores = scoresOf(files.scores, seed, methods, new Set(prompts.keys()));
  return {
    prompts: [...prompts].map(([key, text]) => ({ key, text })),
    seed,
    of: (method, candidate, prompt) => {
      const key = keyOf(method, candidate, prompt);
      const found = texts.get(key);
      if (found === undefined) return null;
      const own = scores.get(key);
      return { ...found, scores: summary.values.map(({ name }) => own?.get(name) ?? null) };
    },
  };
}

function keyOf(method: string, candidate: string, prompt: string): string {
  return JSON.stringify([method, candidate, prompt]);
}

function scoresOf(
  file: string,
  seed: number,
  methods: ReadonlySet<string>,
  prompts: ReadonlySet<string>,
): Map<string, Map<string, number>> {
  const scores = new Map<string, Map<string, number>>();
  if (!existsSync(file) || prompts.size === 0) return scores;
  for (const row of readScores(file)) {
    if (row.seed !== seed || row.split !== "test" || row.sample !== 0) continue;
    if (!methods.has(row.method) || !prompts.has(row.prompt)) continue;
    const key = keyOf(row.method, row.candidate, row.prompt);
    const own = scores.get(key) ?? new Map<string, number>();
    scores.set(key, own.set(row.value, row.score));
  }
  return scores;
}
