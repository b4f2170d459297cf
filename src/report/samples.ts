/**
 * What one method's candidates answer to the same prompts, read from `samples.jsonl` and `scores.csv`: a reader sees
 * replies move with the weights. The prompts are the first of the test split, not chosen ones.
 */
import { existsSync } from "node:fs";
import { runFiles } from "../bench/files/run-files.js";
import { readSamples, type SampleRow } from "../bench/files/samples.js";
import { sanitise } from "../bench/files/sanitise.js";
import { readScores } from "../bench/files/scores.js";
import type { MethodSummary, RunSummary } from "../bench/summary.js";
import type { SampleSet } from "./model.js";

const PROMPTS = 3;

/**
 * Samples of the leader (or the first method that answers declared preferences); none where the run kept none.
 * @throws InputError for a damaged file
 */
export function sampleSets(folder: string, summary: RunSummary): SampleSet[] {
  const files = runFiles(folder);
  const method = methodToShow(summary);
  const seed = summary.run.seeds[0];
  if (method === undefined || seed === undefined || !existsSync(files.samples)) return [];
  const byPrompt = new Map<string, Map<string, SampleRow>>();
  for (const sample of readSamples(files.samples)) {
    if (sample.seed !== seed || sample.split !== "test" || sample.sample !== 0) continue;
    if (sample.method !== method.id && !isBase(summary, sample.method)) continue;
    const known = byPrompt.get(sample.prompt);
    if (known !== undefined) known.set(sample.candidate, sample);
    else if (byPrompt.size < PROMPTS) byPrompt.set(sample.prompt, new Map([[sample.candidate, sample]]));
  }
  const scores = scoresOf(files.scores, seed, new Set(byPrompt.keys()));
  return [...byPrompt].map(([prompt, samples]) => ({
    prompt: sanitise([...samples.values()][0]?.promptText.trim() ?? ""),
    values: summary.values.map(({ name }) => sanitise(name)),
    replies: inOrder(summary, method, samples).map(({ sample, weights }) => ({
      candidate: sanitise(sample.candidate),
      weights,
      text: sanitise(sample.reply.trim()),
      ended: sample.ended,
      scores: summary.values.map(
        ({ name }) => scores.get(scoreKey(sample.method, sample.candidate, prompt, name)) ?? null,
      ),
    })),
  }));
}

function methodToShow(summary: RunSummary): MethodSummary | undefined {
  const declared = summary.methods.filter(
    ({ candidates }) => candidates.filter(({ weights }) => weights !== null).length > 1,
  );
  return declared.find(({ id }) => id === summary.leader) ?? declared.find(({ ranked }) => ranked) ?? declared[0];
}

/** The base is the row that offers one candidate without weights. */
function isBase(summary: RunSummary, id: string): boolean {
  const candidates = summary.methods.find((method) => method.id === id)?.candidates ?? [];
  return (
    candidates.length > 0 && candidates.every(({ weights, coefficients }) => weights === null && coefficients === null)
  );
}

function inOrder(
  summary: RunSummary,
  method: MethodSummary,
  samples: ReadonlyMap<string, SampleRow>,
): { sample: SampleRow; weights: readonly number[] | null }[] {
  const others = summary.methods.filter(({ id }) => isBase(summary, id));
  return [...others, method].flatMap(({ candidates }) => {
    const first = candidates.filter(({ seed }) => seed === summary.run.seeds[0]);
    return first.flatMap(({ name, weights }) => {
      const sample = samples.get(name);
      return sample === undefined ? [] : [{ sample, weights }];
    });
  });
}

function scoreKey(method: string, candidate: string, prompt: string, value: string): string {
  return JSON.stringify([method, candidate, prompt, value]);
}

/** The test scores of these prompts' first samples. */
function scoresOf(file: string, seed: number, prompts: ReadonlySet<string>): Map<string, number> {
  if (!existsSync(file) || prompts.size === 0) return new Map();
  const wanted = readScores(file).filter(
    (row) => row.seed === seed && row.split === "test" && row.sample === 0 && prompts.has(row.prompt),
  );
  return new Map(wanted.map((row) => [scoreKey(row.method, row.candidate, row.prompt, row.value), row.score]));
}
