/** What a run's own files say about the table of scores that lies beside them: scales, and which candidates were selected. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { InputError } from "../data/errors.js";
import { readCandidates } from "./files/candidates.js";
import { readPrompts } from "./files/prompts.js";
import { runFiles } from "./files/run-files.js";
import { readRunJson } from "./files/run-json.js";
import type { ValueScale } from "./selection.js";

export interface RunBeside {
  readonly id: string;
  readonly folder: string;
  /** In suite order. */
  readonly scales: readonly ValueScale[];
  /** As in the run's files, ascending. */
  readonly seeds: readonly string[];
  readonly statistics: { readonly resamples: number; readonly confidence: number };
  /** @throws InputError for a candidate that the run does not have */
  selected(seed: string, method: string, candidate: string): boolean;
  /** The candidate's declared preference; null for explored points and the base. */
  preference(seed: string, method: string, candidate: string): readonly number[] | null;
  readonly selectedOnes: readonly { readonly seed: string; readonly method: string; readonly candidate: string }[];
  /** In the run's order. */
  prompts(split: string): readonly string[];
}

const valueSchema = z.looseObject({
  name: z.string(),
  center: z.number().optional(),
  scale: z.number().positive().optional(),
  reference: z.number().optional(),
});
const suiteSchema = z.looseObject({
  values: z.array(valueSchema).min(1),
  statistics: z.looseObject({ resamples: z.number().int().positive(), confidence: z.number().gt(0).lt(1) }),
});
const scalesSchema = z.array(valueSchema.required({ center: true, scale: true, reference: true })).min(1);

/**
 * @returns undefined where no `run.json` lies beside the file
 * @throws InputError where it does, but what belongs to it is missing or damaged
 */
export function runBeside(path: string): RunBeside | undefined {
  const folder = dirname(resolve(path));
  const files = runFiles(folder);
  if (!existsSync(files.run)) return undefined;
  const alone = "; --no-run scores the file without its run";
  const { id, suite } = readRunJson(files.run);
  const described = suiteSchema.safeParse(suite);
  if (!described.success) throw new InputError(`${files.run}: its suite cannot be read${alone}`);
  const locked = existsSync(files.suiteLock) ? lockedValues(files.suiteLock) : undefined;
  const scales = [described.data.values, locked]
    .map((values) => scalesSchema.safeParse(values))
    .find((result) => result.success)?.data;
  if (scales === undefined) {
    throw new InputError(
      `${files.run}: no scale and reference of its values, and no suite.lock.yaml beside it${alone}`,
    );
  }
  const { rows } = readCandidates(files.candidates);
  const key = (seed: string, method: string, candidate: string): string => JSON.stringify([seed, method, candidate]);
  const known = new Map(rows.map((row) => [key(String(row.seed), row.method, row.candidate), row]));
  const prompts = readPrompts(files.prompts);
  return {
    id,
    folder,
    scales: scales.map(({ name, center, scale, reference }) => ({ name, center, scale, reference })),
    seeds: [...new Set(rows.map((row) => row.seed))].sort((a, b) => a - b).map(String),
    statistics: described.data.statistics,
    selected(seed, method, candidate) {
      const row = known.get(key(seed, method, candidate));
      if (row !== undefined) return row.selected;
      throw new InputError(
        `${path}: ${method} ${candidate} (seed ${seed}) is not in the candidates.csv beside it${alone}`,
      );
    },
    preference: (seed, method, candidate) => known.get(key(seed, method, candidate))?.weights ?? null,
    selectedOnes: rows
      .filter((row) => row.selected)
      .map(({ seed, method, candidate }) => ({ seed: String(seed), method, candidate })),
    prompts: (split) => prompts.filter((row) => row.split === split).map((row) => row.prompt),
  };
}

function lockedValues(path: string): unknown {
  try {
    const lock: unknown = parse(readFileSync(path, "utf8"));
    return lock !== null && typeof lock === "object" && "values" in lock ? lock.values : undefined;
  } catch (cause) {
    throw new InputError(`${path}: cannot be read; the file is damaged`, { cause });
  }
}
