/**
 * `<row>.evidence.json.gz`: all of a row but its scores: jobs, suite, scales, prompts, candidates, ledger, and what no score
 * can tell. Together with the scores it gives the row again.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { schemaFault } from "../bench/files/schema-fault.js";
import { type Suite, suiteSchema } from "../bench/suite.js";
import type { SummaryInput } from "../bench/summarise.js";
import { InputError } from "../data/errors.js";
import type { FinishedRun } from "./finished-run.js";
import { packScores, type ScoreLayout, unpackScores } from "./row-scores.js";
import { type Submission, submissionSchema } from "./submission.js";

const KIND = "mva-bench row evidence";

const numbers = z.array(z.number());
const text = z.string();
const estimate = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
const pairs = z.array(z.strictObject({ a: text, b: text, cka: z.number(), cosine: z.number() }));
const prompt = z.strictObject({ key: text.regex(/^[\w.:-]+$/), source: text });
const evidenceSchema = z.strictObject({
  kind: z.literal(KIND),
  schema: z.literal(1),
  origins: z.array(
    z.strictObject({
      id: text,
      started: text,
      seeds: numbers,
      engine: text,
      threads: z.number(),
      versions: z.record(z.string(), text),
      platform: text,
      cpu: text,
      cores: z.number(),
      commit: text.nullable(),
      seconds: z.number(),
    }),
  ),
  suite: suiteSchema,
  hashes: z.strictObject({
    suite: text,
    data: text,
    base: text.nullable(),
    scorers: text.nullable(),
    lock: text.nullable(),
  }),
  /** Null for a row from a run. */
  submission: submissionSchema.nullable(),
  hardware: text,
  rows: z.array(z.strictObject({ id: text, title: text, ranked: z.boolean(), trainedBy: text })),
  scales: z.array(
    z.strictObject({ name: text, center: z.number(), scale: z.number().positive(), reference: z.number() }),
  ),
  accuracy: z.array(estimate.nullable()),
  uncharged: z.array(z.strictObject({ kind: text, flops: z.number(), seconds: z.number() })),
  interference: z.array(
    z.strictObject({
      method: text,
      pairs,
      layers: z.array(z.strictObject({ layer: z.number(), pairs })),
      vectors: z.array(z.strictObject({ value: text, norm: z.number(), effectiveRank: z.number() })),
    }),
  ),
  failures: z.array(z.strictObject({ method: text, seed: z.number(), message: text })),
  seeds: numbers.min(1),
  prompts: z.strictObject({ validation: z.array(prompt), test: z.array(prompt).min(1) }),
  candidates: z.array(
    z.strictObject({
      seed: z.number(),
      method: text,
      candidate: text,
      weights: numbers.nullable(),
      coefficients: numbers.nullable(),
      selected: z.boolean(),
      kl: z.number().nullable(),
      broken: z.number().nullable(),
    }),
  ),
  ledger: z.array(
    z.strictObject({
      seed: z.number(),
      method: text,
      kind: text,
      planned: z.number(),
      spent: z.number(),
      tokens: z.number(),
      steps: z.number(),
      seconds: z.number(),
    }),
  ),
});
type Stored = z.infer<typeof evidenceSchema>;

export interface PackedEvidence {
  readonly evidence: Uint8Array;
  readonly scores: Uint8Array;
}

/** What a row rests on: a run, or what was handed in from elsewhere. */
export interface RowBasis extends Omit<FinishedRun, "stored" | "probed" | "rounded"> {
  readonly submission: Submission | null;
}

/** The bytes of both files; the same for the same run. */
export function packEvidence({ input, origins, suite, hashes, submission }: RowBasis): PackedEvidence {
  const { tables, scales, rows, accuracy, uncharged, interference, failures, ledger, run } = input;
  const promptsOf = (split: "validation" | "test") => tables.prompts[split].map(({ key, source }) => ({ key, source }));
  const content: Stored = {
    kind: KIND,
    schema: 1,
    origins: origins.map((origin) => ({ ...origin, seeds: [...origin.seeds], versions: { ...origin.versions } })),
    suite,
    hashes: { ...hashes },
    submission,
    hardware: run.hardware,
    rows: rows.map((row) => ({ ...row })),
    scales: scales.map((scale) => ({ ...scale })),
    accuracy: accuracy.map((entry) => (entry === null ? null : { ...entry })),
    uncharged: uncharged.map((entry) => ({ ...entry })),
    interference: structuredClone(interference) as Stored["interference"],
    failures: failures.map((entry) => ({ ...entry })),
    seeds: [...tables.seeds],
    prompts: { validation: promptsOf("validation"), test: promptsOf("test") },
    candidates: tables.candidates.map(({ scores: _scores, ...row }) => ({
      ...row,
      weights: row.weights === null ? null : [...row.weights],
      coefficients: row.coefficients === null ? null : [...row.coefficients],
    })),
    ledger: ledger.map((entry) => ({ ...entry })),
  };
  return { evidence: gzipSync(JSON.stringify(content), { level: 9 }), scores: packScores(tables) };
}

/**
 * @param source the name that messages give it
 * @throws InputError: cut off, damaged, or not what such files hold
 */
export function unpackEvidence({ evidence, scores }: PackedEvidence, source: string): RowBasis {
  let content: unknown;
  try {
    content = JSON.parse(gunzipSync(evidence).toString("utf8"));
  } catch (cause) {
    throw new InputError(`${source}: the evidence is cut off or damaged`, { cause });
  }
  const checked = evidenceSchema.safeParse(content);
  if (!checked.success) throw new InputError(`${source}: the evidence is damaged (${schemaFault(checked.error)})`);
  const { origins, suite, hashes, submission, hardware, prompts, candidates, seeds, ...rest } = checked.data;
  const layout: ScoreLayout = {
    values: rest.scales.map(({ name }) => name),
    seeds,
    prompts: {
      validation: prompts.validation.map((row) => ({ ...row, split: "validation" as const })),
      test: prompts.test.map((row) => ({ ...row, split: "test" as const })),
    },
    candidates,
  };
  const { rows, scales, accuracy, uncharged, interference, failures, ledger } = rest;
  return {
    source,
    origins,
    suite,
    hashes,
    submission,
    input: {
      run: runOf(origins, suite, hashes, hardware, seeds),
      tables: unpackScores(scores, source, layout),
      rows,
      scales,
      accuracy,
      questions: suite.questions,
      variants: suite.variants.map(({ id, method }) => ({ a: id, b: method })),
      statistics: suite.statistics,
      ledger,
      uncharged,
      interference,
      failures,
    },
  };
}

function runOf(
  origins: Stored["origins"],
  suite: Suite,
  hashes: Stored["hashes"],
  hardware: string,
  seeds: readonly number[],
): SummaryInput["run"] {
  const [first] = origins;
  return {
    id: origins.map(({ id }) => id).join("+"),
    suite: suite.suite,
    title: suite.title,
    version: suite.version,
    suiteHash: hashes.suite,
    dataHash: hashes.data,
    packageVersion: first?.versions["mva-bench"] ?? "",
    engine: first?.engine ?? "",
    threads: first?.threads ?? 0,
    hardware,
    seeds,
    budget: suite.budget,
    command: [],
    seconds: origins.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}
