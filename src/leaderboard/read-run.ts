/** A finished run folder as a {@link ScoredRun}. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { runFiles } from "../bench/files/run-files.js";
import { readRunJson } from "../bench/files/run-json.js";
import { schemaFault } from "../bench/files/schema-fault.js";
import { readWholeText } from "../bench/files/whole-file.js";
import { readTables } from "../bench/recompute.js";
import { runBeside } from "../bench/score-run.js";
import { InputError } from "../data/errors.js";
import type { MethodAtSeed, ScoredMethod, ScoredRun, SelectedCandidate } from "./scored-run.js";

/** The part of `summary.json` that a comparison rests on; the rest is kept as it is. */
export const summarySchema = z.looseObject({
  methods: z.array(
    z.looseObject({
      id: z.string(),
      title: z.string(),
      ranked: z.boolean(),
      hypervolume: z.looseObject({ value: z.number() }).nullable(),
    }),
  ),
  failures: z.array(z.looseObject({ method: z.string(), seed: z.number(), message: z.string() })),
});

export type StoredSummary = z.infer<typeof summarySchema>;

/**
 * @param source the name that messages give it
 * @throws InputError where the folder holds no finished run, or a damaged one
 */
export function readScoredRun(folder: string, source = folder): { run: ScoredRun; summary: StoredSummary } {
  const files = runFiles(folder);
  if (!existsSync(files.summary)) {
    throw new InputError(
      `${source}: no summary.json: not a finished run (a run that was stopped goes on with: mva-bench run --resume ${source})`,
    );
  }
  const summary = parseSummary(files.summary);
  const description = readRunJson(files.run);
  const beside = runBeside(files.scores);
  if (beside === undefined) throw new InputError(`${source}: holds no run.json`);
  const tables = readTables(files);
  const order = tables.prompts.test.map((prompt, at) => ({ key: prompt.key, at }));
  order.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const prompts = order.length;
  const inOrder = (scores: Float64Array): Float64Array => {
    const sorted = new Float64Array(scores.length);
    for (let v = 0; v < tables.values.length; v++) {
      order.forEach(({ at }, p) => {
        sorted[v * prompts + p] = scores[v * prompts + at] ?? Number.NaN;
      });
    }
    return sorted;
  };
  const methods = summary.methods
    .filter((method) => method.ranked)
    .map(({ id, title }): ScoredMethod => {
      const own = tables.candidates.filter((candidate) => candidate.method === id);
      const seeds = tables.seeds.flatMap((seed): MethodAtSeed[] => {
        const offered = own.filter((candidate) => candidate.seed === seed);
        const selected = offered
          .flatMap(({ selected: chosen, candidate, scores }): SelectedCandidate[] =>
            chosen && scores.test !== undefined ? [{ name: candidate, scores: inOrder(scores.test) }] : [],
          )
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        return selected.length === 0 ? [] : [{ seed, offered: offered.length, selected }];
      });
      return { id, title, seeds };
    });
  const preferences = new Map(
    tables.candidates.flatMap(({ weights }) => (weights === null ? [] : [[weights.join(), weights] as const])),
  );
  return {
    summary,
    run: {
      source,
      identity: {
        id: description.id,
        started: description.started,
        suite: description.suite,
        suiteHash: description.suiteHash,
        dataHash: description.dataHash,
        baseHash: description.baseHash,
        scorersHash: description.scorersHash,
        lockHash: description.lockHash,
        seeds: tables.seeds,
        engine: description.engine,
        ...(description.basePrecision === undefined ? {} : { basePrecision: description.basePrecision }),
        threads: description.threads,
        packageVersion: description.versions["mva-bench"],
        cpu: description.hardware.cpu,
        commit: description.commit,
      },
      values: beside.scales,
      prompts: order.map(({ key }) => key),
      preferences: [...preferences.keys()].sort().map((key) => preferences.get(key) ?? []),
      resamples: beside.statistics.resamples,
      methods,
    },
  };
}

function parseSummary(path: string): StoredSummary {
  let value: unknown;
  try {
    value = JSON.parse(readWholeText(path));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${path}: is not JSON; the file is damaged`, { cause });
  }
  const result = summarySchema.safeParse(value);
  if (!result.success) throw new InputError(`${path}: ${schemaFault(result.error)}`);
  return result.data;
}
