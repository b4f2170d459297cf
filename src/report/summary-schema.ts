/**
 * `summary.json` as it must look to be reported: checked once, here, so that a broken file is said to be broken. What a
 * later version added has a default, so that old runs stay readable.
 */
import { z } from "zod";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const numbers = z.array(z.number());
const pairs = z.array(z.object({ a: z.string(), b: z.string(), cka: z.number(), cosine: z.number() }));

const difference = z.object({
  a: z.string(),
  b: z.string(),
  difference: estimate,
  relative: estimate.nullable(),
  p: z.number(),
  pHolm: z.number(),
  shown: z.boolean(),
});

const method = z.object({
  id: z.string(),
  title: z.string(),
  ranked: z.boolean(),
  hypervolume: estimate.nullable(),
  hypervolumeBySeed: numbers,
  undertrained: z.array(z.string()),
  offered: z.number(),
  selected: z.number(),
  belowReference: z.number(),
  best: numbers,
  mean: numbers,
  kl: z.object({ mean: z.number(), max: z.number() }).nullable(),
  broken: z.number(),
  planned: z.number(),
  spent: z.number(),
  seconds: z.number(),
  candidates: z.array(
    z.object({
      seed: z.number(),
      name: z.string(),
      weights: numbers.nullable(),
      coefficients: numbers.nullable(),
      selected: z.boolean(),
      means: numbers,
      covariance: z.array(numbers).nullable().default(null),
      kl: z.number().nullable(),
      broken: z.number(),
    }),
  ),
});

const summary = z.object({
  schema: z.literal(1),
  run: z.object({
    id: z.string(),
    suite: z.string(),
    title: z.string(),
    version: z.number(),
    suiteHash: z.string(),
    dataHash: z.string(),
    packageVersion: z.string(),
    engine: z.string(),
    threads: z.number(),
    basePrecision: z.literal("float16").exactOptional(),
    hardware: z.string(),
    seeds: numbers,
    budget: z.object({ flops: z.number(), per: z.enum(["method", "policy"]) }),
    command: z.array(z.string()),
    seconds: z.number(),
  }),
  statistics: z.object({ confidence: z.number(), resamples: z.number(), seedsAssessed: z.boolean() }),
  evaluation: z.object({ testPrompts: z.number(), validationPrompts: z.number(), candidates: z.number() }),
  values: z.array(
    z.object({
      name: z.string(),
      center: z.number(),
      scale: z.number(),
      reference: z.number(),
      accuracy: estimate.nullable(),
      ruler: z.boolean(),
    }),
  ),
  methods: z.array(method),
  leader: z.string().nullable(),
  differences: z.array(difference),
  questions: z.array(difference.extend({ asks: z.string() })),
  variants: z.array(difference).default([]),
  references: z.array(
    z.object({
      name: z.enum(["suite", "nadir", "base"]),
      point: numbers,
      hypervolume: z.record(z.string(), z.number()),
      below: z.record(z.string(), z.number()),
    }),
  ),
  rankingStable: z.boolean(),
  matchedKl: z.object({ limit: z.number(), hypervolume: z.record(z.string(), estimate) }).nullable(),
  ledger: z.array(
    z.object({
      method: z.string(),
      kind: z.string(),
      planned: z.number(),
      spent: z.number(),
      tokens: z.number(),
      steps: z.number(),
      seconds: z.number(),
    }),
  ),
  uncharged: z.array(z.object({ kind: z.string(), flops: z.number(), seconds: z.number() })),
  interference: z.array(
    z.object({
      method: z.string(),
      pairs,
      layers: z.array(z.object({ layer: z.number(), pairs })).default([]),
      vectors: z.array(z.object({ value: z.string(), norm: z.number(), effectiveRank: z.number() })),
    }),
  ),
  ownPrompts: z.array(z.object({ method: z.string(), best: numbers })).nullable(),
  preferences: z
    .object({
      pairs: z.number(),
      methods: z.array(z.object({ method: z.string(), hypervolume: estimate, accuracy: z.array(estimate.nullable()) })),
    })
    .nullable()
    .default(null),
  failures: z.array(z.object({ method: z.string(), seed: z.number(), message: z.string() })),
});

/** @throws InputError naming the file and the first key that does not fit */
export function readSummary(text: string, file: string): RunSummary {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: not valid JSON; the run folder is damaged`);
  }
  const result = summary.safeParse(content);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const version = content !== null && typeof content === "object" && "schema" in content ? content.schema : undefined;
  if (version !== 1) {
    throw new InputError(`${file}: schema ${JSON.stringify(version)}; this version of mva-bench reads schema 1`);
  }
  throw new InputError(`${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "does not fit"}`);
}
