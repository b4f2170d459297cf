/**
 * One leaderboard row: a small file that is listed, beside the evidence that it follows from. One row holds the ranked
 * methods of one run or of several single-seed runs of one suite; or one method that was trained elsewhere (`external`).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { RunSummary } from "../bench/summary.js";
import { type PackedEvidence, packEvidence, type RowBasis } from "./row-evidence.js";
import { pairsOf } from "./row-pairs.js";

const estimate = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const rowSchema = z.strictObject({
  schema: z.literal(2),
  id: z.string().regex(/^[\w.@-]+$/),
  /** `external`: trained elsewhere; nothing but its scores was seen here. */
  kind: z.enum(["run", "external"]),
  /** Of the two files beside it. */
  sha256: z.strictObject({ evidence: sha256, scores: sha256 }),
  suite: z.string(),
  version: z.number().int(),
  suiteHash: z.string(),
  dataHash: z.string(),
  /** ISO 8601: when the last of its jobs was started; the day of a submission. */
  date: z.string(),
  engine: z.string().regex(/^[a-z0-9][\w, -]*$/i),
  packageVersion: z.string(),
  cpu: z.string(),
  seeds: z.array(z.number().int()).min(1),
  prompts: z.number().int(),
  /** A method offers so many at each seed. */
  candidates: z.number(),
  /** Of each method and seed; null where a submission does not know. */
  budget: z.strictObject({ flops: z.number().positive(), per: z.enum(["method", "policy"]) }).nullable(),
  confidence: z.number(),
  values: z.array(z.string()).min(1),
  methods: z.array(
    z.strictObject({
      // Begins like no formula of a spreadsheet, and drives no terminal: CSV prints it as it is.
      id: z.string().regex(/^[a-z0-9][\w.@-]*$/i),
      title: z.string(),
      hypervolume: estimate,
      hypervolumeBySeed: z.array(z.number()),
      /** Raw test means by value: the best selected candidate's, and their average. */
      best: z.array(z.number()),
      mean: z.array(z.number()),
      selected: z.number(),
      /** Nats a reply; null where it was not measured. */
      kl: z.strictObject({ mean: z.number(), max: z.number() }).nullable(),
      broken: z.number().nullable(),
      /** FLOPs over all seeds, as the ledger has them; null where nobody measured them. */
      planned: z.number().nullable(),
      spent: z.number().nullable(),
      /** Of training, over all seeds. */
      seconds: z.number().nullable(),
      undertrained: z.array(z.string()),
    }),
  ),
  /** Every two of the methods, paired by seed and prompt. */
  pairs: z.array(
    z.strictObject({
      a: z.string(),
      b: z.string(),
      difference: z.number(),
      low: z.number(),
      high: z.number(),
      p: z.number(),
    }),
  ),
  /** What the sender says of a row from elsewhere. */
  external: z.strictObject({ base: z.string(), data: z.string(), notes: z.string().nullable() }).nullable(),
});
export type LeaderboardRow = z.infer<typeof rowSchema>;

export interface NewRow extends PackedEvidence {
  readonly row: LeaderboardRow;
}

/** @param summary of `basis.input`, as `summarise` gives it */
export function newRow(basis: RowBasis, summary: RunSummary): NewRow {
  const packed = packEvidence(basis);
  return { ...packed, row: rowOf(basis, summary, packed) };
}

export function rowOf(basis: RowBasis, summary: RunSummary, { evidence, scores }: PackedEvidence): LeaderboardRow {
  const { submission, hashes, suite, origins, input } = basis;
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const shas = { evidence: hash(evidence), scores: hash(scores) };
  const methods = rankedMethods(summary, submission !== null);
  const several = (texts: readonly string[]) => [...new Set(texts)].join(", ");
  const budget = submission === null ? suite.budget : submission.budget;
  const name = submission === null ? `seeds-${seedsText(input.tables.seeds)}` : submission.method;
  return {
    schema: 2,
    id: `${name}-${createHash("sha256").update(`${shas.evidence}${shas.scores}`).digest("hex").slice(0, 10)}`,
    kind: submission === null ? "run" : "external",
    sha256: shas,
    suite: suite.suite,
    version: suite.version,
    suiteHash: hashes.suite,
    dataHash: hashes.data,
    date:
      submission?.date ??
      origins
        .map(({ started }) => started)
        .sort()
        .at(-1) ??
      "",
    engine: submission === null ? several(origins.map(({ engine }) => engine)) : "external",
    packageVersion: several(origins.map(({ versions }) => versions["mva-bench"] ?? "")),
    cpu: several(origins.map(({ cpu }) => cpu)),
    seeds: [...input.tables.seeds],
    prompts: input.tables.prompts.test.length,
    candidates: summary.evaluation.candidates,
    budget: budget === null ? null : { flops: budget.flops, per: budget.per },
    confidence: summary.statistics.confidence,
    values: input.scales.map((scale) => scale.name),
    methods,
    pairs: pairsOf(
      input,
      methods.map(({ id }) => id),
    ),
    external: submission === null ? null : { base: submission.base, data: submission.data, notes: submission.notes },
  };
}

function rankedMethods(summary: RunSummary, external: boolean): LeaderboardRow["methods"] {
  return summary.methods.flatMap((method) => {
    if (!method.ranked || method.hypervolume === null) return [];
    const { id, title, hypervolume, hypervolumeBySeed, best, mean, selected, kl, undertrained } = method;
    return [
      {
        id,
        title,
        hypervolume: { ...hypervolume },
        hypervolumeBySeed: [...hypervolumeBySeed],
        best: [...best],
        mean: [...mean],
        selected,
        kl: kl === null ? null : { ...kl },
        broken: external ? null : method.broken,
        planned: external ? null : method.planned,
        spent: external ? null : method.spent,
        seconds: external ? null : method.seconds,
        undertrained: [...undertrained],
      },
    ];
  });
}

/** `1-5`, `1-3.7`: runs of seeds in a file name. */
export function seedsText(seeds: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seed of seeds.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(".");
}
