/** From a run's files back to its tables: the promise that every figure can be recomputed from them. */
import { existsSync } from "node:fs";
import { InputError } from "../data/errors.js";
import { type CandidateRow, readCandidates } from "./files/candidates.js";
import { type PreferenceRow, readPreferences } from "./files/preferences.js";
import { readPrompts } from "./files/prompts.js";
import type { RunFiles } from "./files/run-files.js";
import { readScores, SCORED_SPLITS, type ScoredSplit } from "./files/scores.js";
import type { RunTables, TableCandidate, TablePrompt } from "./tables.js";

/**
 * Reads `scores.csv`, `candidates.csv` and `prompts.csv`, and `preferences.csv` where there is one.
 * @throws InputError naming the file and what is missing or surplus in it
 */
export function readTables(files: RunFiles): RunTables {
  const { values, rows } = readCandidates(files.candidates);
  const all = readPrompts(files.prompts).map(
    (row): TablePrompt => ({ key: row.prompt, split: row.split, source: row.source }),
  );
  const prompts: Record<ScoredSplit, readonly TablePrompt[]> = {
    validation: all.filter((prompt) => prompt.split === "validation"),
    test: all.filter((prompt) => prompt.split === "test"),
  };
  const places = new Map(
    SCORED_SPLITS.flatMap((split) => prompts[split].map((p, i) => [`${split} ${p.key}`, i] as const)),
  );
  const valueIndex = new Map(values.map((value, k) => [value, k]));
  const sums = new Map<string, { sum: Float64Array; count: Float64Array }>();
  for (const row of readScores(files.scores)) {
    const p = places.get(`${row.split} ${row.prompt}`);
    const v = valueIndex.get(row.value);
    if (p === undefined)
      throw new InputError(`${files.scores}: prompt ${row.prompt} (${row.split}) is not in prompts.csv`);
    if (v === undefined) throw new InputError(`${files.scores}: value "${row.value}" is not in candidates.csv`);
    const key = cellKey(row.seed, row.method, row.candidate, row.split);
    const count = prompts[row.split].length;
    let cell = sums.get(key);
    if (cell === undefined) {
      cell = { sum: new Float64Array(values.length * count), count: new Float64Array(values.length * count) };
      sums.set(key, cell);
    }
    const at = v * count + p;
    cell.sum[at] = (cell.sum[at] ?? 0) + row.score;
    cell.count[at] = (cell.count[at] ?? 0) + 1;
  }
  const candidates = rows.map((row): TableCandidate => {
    const scores: Partial<Record<ScoredSplit, Float64Array>> = {};
    for (const split of SCORED_SPLITS) {
      const cell = sums.get(cellKey(row.seed, row.method, row.candidate, split));
      if (cell === undefined) continue;
      const missing = cell.count.indexOf(0);
      if (missing >= 0) {
        const prompt = prompts[split][missing % prompts[split].length]?.key ?? "";
        const value = values[Math.floor(missing / prompts[split].length)] ?? "";
        throw new InputError(
          `${files.scores}: no ${value} score of ${row.method} ${row.candidate} (seed ${row.seed}) for ${split} prompt ${prompt}`,
        );
      }
      scores[split] = cell.sum.map((sum, i) => sum / (cell.count[i] ?? 1));
    }
    if (row.selected && scores.test === undefined) {
      throw new InputError(
        `${files.candidates}: ${row.method} ${row.candidate} (seed ${row.seed}) is selected but has no test scores`,
      );
    }
    return { ...row, scores };
  });
  const seeds = [...new Set(rows.map((row) => row.seed))].sort((a, b) => a - b);
  return { values, seeds, prompts, candidates, preferences: preferencesOf(files, values, rows) };
}

/** Each candidate that has any must have the same pairs of each value as the others: else they are not compared on one ruler. */
function preferencesOf(
  files: RunFiles,
  values: readonly string[],
  candidates: readonly CandidateRow[],
): readonly PreferenceRow[] {
  // Runs of an older version have none.
  if (!existsSync(files.preferences)) return [];
  const rows = readPreferences(files.preferences);
  const known = new Set(candidates.map(({ seed, method, candidate }) => JSON.stringify([seed, method, candidate])));
  const asked = new Map<string, string[]>();
  for (const { seed, method, candidate, value, pair, prompt } of rows) {
    if (!known.has(JSON.stringify([seed, method, candidate])) || !values.includes(value)) {
      throw new InputError(
        `${files.preferences}: ${method} ${candidate} (seed ${seed}), ${value}: not in candidates.csv`,
      );
    }
    const name = `${method} ${candidate} (seed ${seed})`;
    const own = asked.get(name) ?? [];
    own.push(`${value} pair ${pair} (prompt ${prompt})`);
    asked.set(name, own);
  }
  const [first] = asked;
  if (first === undefined) return rows;
  const [firstName, wanted] = [first[0], new Set(first[1])];
  for (const [name, own] of asked) {
    const surplus = own.find((pair) => !wanted.has(pair));
    if (surplus !== undefined) {
      throw new InputError(`${files.preferences}: ${name} has ${surplus}, which ${firstName} has not`);
    }
    const found = new Set(own);
    const missing = [...wanted].find((pair) => !found.has(pair));
    if (missing !== undefined) {
      throw new InputError(`${files.preferences}: ${name} lacks ${missing}, which ${firstName} has`);
    }
  }
  return rows;
}

function cellKey(seed: number, method: string, candidate: string, split: ScoredSplit): string {
  return JSON.stringify([seed, method, candidate, split]);
}
