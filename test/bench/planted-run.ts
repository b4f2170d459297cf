/** A run's tables with known answers: what methods' candidates score on each prompt is set here, noise included. */

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { SummaryInput } from "../../src/bench/summarise.js";
import type { TableCandidate } from "../../src/bench/tables.js";

export interface PlantedRow {
  readonly id: string;
  readonly ranked?: boolean;
  /** Mean score of each value, per candidate; the first two candidates are the vertices. */
  readonly points: readonly (readonly [number, number])[];
  readonly kl?: number;
}

export interface Planting {
  readonly rows: readonly PlantedRow[];
  readonly seeds?: readonly number[];
  readonly prompts?: number;
  readonly noise?: number;
  readonly base?: readonly [number, number];
}

const weights = [
  [1, 0],
  [0, 1],
  [0.5, 0.5],
];

export function plant({ rows, seeds = [1], prompts = 60, noise = 0.02, base = [0.2, 0.2] }: Planting): SummaryInput {
  const random = xoroshiro128plus(7);
  const jitter = () => noise * (uniformFloat64(random) - 0.5);
  // What a prompt does to every policy alike: shared, so that paired differences do not see it.
  const shared = Array.from({ length: 2 * prompts }, () => 5 * jitter());
  const scores = (point: readonly [number, number]) =>
    Float64Array.from({ length: 2 * prompts }, (_, i) => point[i < prompts ? 0 : 1] + (shared[i] ?? 0) + jitter());
  const candidates: TableCandidate[] = [];
  for (const seed of seeds) {
    const add = (method: string, candidate: string, w: number[] | null, point: readonly [number, number], kl: number) =>
      candidates.push({
        seed,
        method,
        candidate,
        weights: w,
        coefficients: w,
        selected: true,
        kl,
        broken: 0,
        scores: { validation: scores(point), test: scores(point) },
      });
    add("base", "base", null, base, 0);
    for (const row of rows) {
      row.points.forEach((point, i) => {
        add(row.id, `c${i}`, weights[i] ?? null, point, row.kl ?? 1);
      });
    }
  }
  const list = (split: "validation" | "test") =>
    Array.from({ length: prompts }, (_, i) => ({ key: `${split}${i}`, split, source: i % 2 === 0 ? "a" : "b" }));
  return {
    run: {
      id: "planted",
      suite: "planted",
      title: "Planted",
      version: 1,
      suiteHash: "0",
      dataHash: "0",
      packageVersion: "0",
      engine: "cpu",
      threads: 1,
      hardware: "",
      seeds,
      budget: { flops: 1, per: "method" },
      command: [],
      seconds: 0,
    },
    tables: {
      values: ["a", "b"],
      seeds,
      prompts: { validation: list("validation"), test: list("test") },
      candidates,
      preferences: [],
    },
    rows: [
      { id: "base", title: "base", ranked: false, trainedBy: "base" },
      ...rows.map((row) => ({ id: row.id, title: row.id, ranked: row.ranked ?? true, trainedBy: row.id })),
    ],
    scales: [
      { name: "a", center: 0, scale: 1, reference: 0 },
      { name: "b", center: 0, scale: 1, reference: 0 },
    ],
    accuracy: [null, null],
    questions: [],
    variants: [],
    statistics: { resamples: 400, confidence: 0.95 },
    ledger: [],
    uncharged: [],
    interference: [],
    failures: [],
  };
}
