/**
 * What one method's candidates answer to the same prompts, read from `samples.jsonl` and `scores.csv`: a reader sees
 * replies move with the weights. The prompts are the first of the test split, not chosen ones.
 */
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { sanitise } from "../bench/files/sanitise.js";
import type { MethodSummary, RunSummary } from "../bench/summary.js";
import type { SampleSet } from "./model.js";

const PROMPTS = 3;

const sampleLine = z.object({
  seed: z.number(),
  method: z.string(),
  candidate: z.string(),
  split: z.string(),
  prompt: z.string(),
  promptText: z.string(),
  sample: z.number(),
  reply: z.string(),
  ended: z.boolean(),
});
type SampleLine = z.infer<typeof sampleLine>;

/** Samples of the leader (or the first method that answers declared preferences); none where the run kept none. */
export async function readSamples(folder: string, summary: RunSummary): Promise<SampleSet[]> {
  const file = join(folder, "samples.jsonl");
  const method = methodToShow(summary);
  const seed = summary.run.seeds[0];
  if (method === undefined || seed === undefined || !existsSync(file)) return [];
  const byPrompt = new Map<string, Map<string, SampleLine>>();
  for await (const line of createInterface({ input: createReadStream(file, "utf8") })) {
    const sample = parseLine(line);
    if (sample === undefined || sample.seed !== seed || sample.split !== "test" || sample.sample !== 0) continue;
    if (sample.method !== method.id && !isBase(summary, sample.method)) continue;
    const known = byPrompt.get(sample.prompt);
    if (known !== undefined) known.set(sample.candidate, sample);
    else if (byPrompt.size < PROMPTS) byPrompt.set(sample.prompt, new Map([[sample.candidate, sample]]));
  }
  const scores = await readScores(join(folder, "scores.csv"), seed, new Set(byPrompt.keys()));
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

/** A half-written last line (the run may be live) is no reason to show nothing. */
function parseLine(line: string): SampleLine | undefined {
  try {
    const result = sampleLine.safeParse(JSON.parse(line));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
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
  samples: ReadonlyMap<string, SampleLine>,
): { sample: SampleLine; weights: readonly number[] | null }[] {
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
async function readScores(file: string, seed: number, prompts: ReadonlySet<string>): Promise<Map<string, number>> {
  const scores = new Map<string, number>();
  if (!existsSync(file) || prompts.size === 0) return scores;
  let header: string[] | undefined;
  for await (const line of createInterface({ input: createReadStream(file, "utf8") })) {
    // Only a few prompts of many are wanted: most lines need no parsing.
    if (header !== undefined && ![...prompts].some((prompt) => line.includes(prompt))) continue;
    const cells = (parse(line, { relax_column_count: true }) as string[][])[0] ?? [];
    if (header === undefined) {
      header = cells;
      continue;
    }
    const row = new Map(header.map((name, at) => [name, cells[at] ?? ""]));
    const cell = (name: string): string => row.get(name) ?? "";
    if (cell("split") !== "test" || cell("sample") !== "0" || cell("seed") !== String(seed)) continue;
    const score = Number(cell("score"));
    if (cell("score") === "" || !Number.isFinite(score)) continue;
    scores.set(scoreKey(cell("method"), cell("candidate"), cell("prompt"), cell("value")), score);
  }
  return scores;
}
