/** Finished runs of a small whole suite, with planted scores: what a leaderboard row is made of. */
import { mkdirSync, writeFileSync } from "node:fs";
import { chooseLattice } from "../../src/bench/evaluate.js";
import {
  type LedgerRow,
  runFiles,
  type ScoreRow,
  writeCandidates,
  writeLedger,
  writePrompts,
  writeRunJson,
  writeScores,
} from "../../src/bench/files/index.js";
import { simplexLattice } from "../../src/bench/lattice.js";
import { type Suite, suiteHash, suiteSchema } from "../../src/bench/suite.js";
import { type SummaryInput, summarise } from "../../src/bench/summarise.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { candidateName } from "../../src/methods/lattice.js";
import { plant } from "../bench/planted-run.js";
import { tiny } from "../end-to-end/tiny-suite.js";

export const BUDGET = 10;

/** Two values, five candidates a method; the name is one that could ship. */
export const suite: Suite = suiteSchema.parse({
  ...tiny,
  suite: "small",
  title: "Small",
  methods: ["soup", "mva"],
  variants: [],
  questions: [{ a: "mva", b: "soup", asks: "what is added" }],
  budget: { flops: BUDGET, per: "method" },
  candidates: { lattice: "five", explore: 0 },
  evaluation: { ...tiny.evaluation, testPrompts: 12, validationPrompts: 12 },
  statistics: { resamples: 60, confidence: 0.95 },
});

/** That suite, and no other. */
export const suites = (name: string): Suite | undefined => (name === suite.suite ? suite : undefined);

export interface BoardRun {
  readonly seeds: readonly number[];
  /** Added to every score of `mva`. */
  readonly shift?: number;
  readonly budget?: number;
  readonly probes?: number;
  readonly prompts?: number;
}

export function boardInput({ seeds, shift = 0, budget = BUDGET, prompts = 12 }: BoardRun): SummaryInput {
  const lattice = simplexLattice("five", 2);
  const points = lattice.map(([w = 0]) => [0.2 + 0.6 * Math.sqrt(w), 0.2 + 0.6 * Math.sqrt(1 - w)] as const);
  const planted = plant({
    seeds: [Math.min(...seeds)],
    prompts,
    noise: 0.2,
    rows: [
      { id: "soup", points },
      { id: "mva", points: points.map(([a, b]) => [a + 0.03 + shift, b + 0.03 + shift] as const) },
    ],
  });
  const scales = suite.values.map(({ name, center = 0, scale = 1, reference = 0 }) => ({
    name,
    center,
    scale,
    reference,
  }));
  // The same noise at every seed would be no noise: turned round by the seed.
  const candidates = seeds.flatMap((seed) =>
    planted.tables.candidates.map((candidate) => ({
      ...candidate,
      seed,
      scores: {
        ...candidate.scores,
        ...(candidate.scores.test === undefined
          ? {}
          : {
              test: candidate.scores.test.map((x, i) => x + 0.01 * Math.sin(seed * (i + 1) + candidate.method.length)),
            }),
      },
    })),
  );
  const named = candidates.map((candidate) => {
    const at = Number(candidate.candidate.slice(1));
    const weights = candidate.method === "base" ? null : (lattice[at] ?? null);
    const name = weights === null ? "base" : candidateName(weights);
    return { ...candidate, candidate: name, weights, coefficients: weights };
  });
  const chosen = named.map((candidate) => {
    const own = named.filter(({ seed, method }) => seed === candidate.seed && method === candidate.method);
    const selected = chooseLattice(
      own.map(({ scores }) => scores.validation ?? new Float64Array()),
      scales,
    );
    return { ...candidate, selected: selected.includes(own.indexOf(candidate)) };
  });
  const ledger = seeds.flatMap((seed) =>
    ["soup", "mva"].map(
      (method): LedgerRow => ({
        seed,
        method,
        kind: "gradient",
        planned: budget,
        spent: 0.9 * budget,
        tokens: 1,
        steps: 1,
        seconds: 2,
      }),
    ),
  );
  const hash = suiteHash(withBudget(budget));
  return {
    ...planted,
    run: {
      ...planted.run,
      suite: suite.suite,
      title: suite.title,
      version: suite.version,
      suiteHash: hash,
      seeds,
      budget: { flops: budget, per: "method" },
      seconds: 5,
    },
    tables: {
      ...planted.tables,
      values: scales.map(({ name }) => name),
      seeds,
      candidates: chosen,
    },
    scales,
    questions: suite.questions,
    statistics: suite.statistics,
    ledger,
  };
}

function withBudget(flops: number): Suite {
  return { ...suite, budget: { flops, per: "method" } };
}

/** Writes the folder as a run leaves it, and answers with its summary. */
export function writeBoardRun(folder: string, options: BoardRun): RunSummary {
  const input = boardInput(options);
  const files = runFiles(folder);
  mkdirSync(folder, { recursive: true });
  const { tables } = input;
  writeRunJson(files.run, {
    schema: 1,
    id: folder.split("/").at(-1) ?? "run",
    started: "2026-01-01T00:00:00.000Z",
    command: [],
    suite: withBudget(options.budget ?? BUDGET),
    suiteHash: input.run.suiteHash,
    dataHash: "d".repeat(32),
    baseHash: null,
    scorersHash: null,
    lockHash: null,
    seeds: [...tables.seeds],
    engine: "cpu",
    threads: 1,
    versions: { "mva-bench": "0.1.0", node: "20.0.0" },
    hardware: { platform: "linux x64", cpu: "any", cores: 1, memoryBytes: 1, gpu: null },
    commit: null,
    ...(options.probes === undefined ? {} : { probes: options.probes }),
  });
  writeCandidates(files.candidates, { values: tables.values, rows: tables.candidates });
  const splits = ["validation", "test"] as const;
  writePrompts(
    files.prompts,
    splits.flatMap((split) => tables.prompts[split].map(({ key, source }) => ({ prompt: key, split, source }))),
  );
  writeScores(
    files.scores,
    tables.candidates.flatMap(({ seed, method, candidate, scores }) =>
      splits.flatMap((split) =>
        tables.prompts[split].flatMap(({ key }, p) =>
          tables.values.map(
            (value, v): ScoreRow => ({
              suite: suite.suite,
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
  writeLedger(files.ledger, input.ledger);
  const summary = summarise({ ...input, run: { ...input.run, dataHash: "d".repeat(32) } });
  writeFileSync(files.summary, JSON.stringify(summary));
  return summary;
}
