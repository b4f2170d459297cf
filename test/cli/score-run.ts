/** A finished run's folder with planted scores, as its own writers leave it, and the summary that its report shows. */
import { join } from "node:path";
import {
  runFiles,
  type ScoreRow,
  writeCandidates,
  writePrompts,
  writeRunJson,
  writeScores,
} from "../../src/bench/files/index.js";
import { type SummaryInput, summarise } from "../../src/bench/summarise.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { plant } from "../bench/planted-run.js";

/** Scales that are not 0 and 1, an unselected candidate, a suite whose values are not in alphabetical order. */
export function plantedInput(seeds: readonly number[]): SummaryInput {
  const input = plant({
    seeds,
    prompts: 24,
    noise: 0.3,
    rows: [
      {
        id: "soup",
        points: [
          [0.8, 0.3],
          [0.3, 0.8],
          [0.6, 0.6],
        ],
      },
      {
        id: "mva",
        points: [
          [0.9, 0.35],
          [0.35, 0.9],
          [0.95, 0.95],
        ],
      },
    ],
  });
  return {
    ...input,
    tables: {
      ...input.tables,
      values: ["zeal", "art"],
      candidates: input.tables.candidates.map((c) =>
        c.method === "mva" && c.candidate === "c2" ? { ...c, selected: false } : c,
      ),
    },
    scales: [
      { name: "zeal", center: 0.1, scale: 0.7, reference: 0.05 },
      { name: "art", center: -0.2, scale: 1.9, reference: 0.15 },
    ],
  };
}

export function writeRun(folder: string, input: SummaryInput): RunSummary {
  const files = runFiles(folder);
  const { tables, scales, statistics } = input;
  writeRunJson(files.run, {
    schema: 1,
    id: "planted",
    started: "2026-01-01T00:00:00.000Z",
    command: ["mva-bench", "run", "planted"],
    suite: { suite: "planted", version: 1, title: "Planted", values: scales, statistics },
    suiteHash: "0".repeat(32),
    dataHash: "0".repeat(32),
    baseHash: null,
    scorersHash: null,
    lockHash: null,
    seeds: [...tables.seeds],
    engine: "cpu",
    threads: 1,
    versions: { "mva-bench": "0.1.0", node: "20.0.0" },
    hardware: { platform: "any", cpu: "any", cores: 1, memoryBytes: 1, gpu: null },
    commit: null,
  });
  writeCandidates(files.candidates, { values: tables.values, rows: tables.candidates });
  const splits = ["validation", "test"] as const;
  writePrompts(
    files.prompts,
    splits.flatMap((split) =>
      tables.prompts[split].map(({ key, source }) => ({ prompt: key, split, source: source === "a" ? "zeal" : "art" })),
    ),
  );
  writeScores(
    files.scores,
    tables.candidates.flatMap(({ seed, method, candidate, scores }) =>
      splits.flatMap((split) =>
        tables.prompts[split].flatMap(({ key }, p) =>
          tables.values.map(
            (value, v): ScoreRow => ({
              suite: "planted",
              seed,
              method,
              candidate,
              split,
              prompt: key,
              sample: 0,
              value,
              score: scores[split]?.[v * tables.prompts[split].length + p] ?? Number.NaN,
            }),
          ),
        ),
      ),
    ),
  );
  return summarise(input);
}

export function scoresOf(folder: string): string {
  return join(folder, "scores.csv");
}
