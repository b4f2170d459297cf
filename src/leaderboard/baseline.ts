/**
 * A baseline: one file that holds all that a comparison needs of a run: who it was, its stored summary, and the test scores
 * by prompt of the selected candidates of every ranked method. Packed JSON with a hash of its content; the same run
 * always gives the same bytes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { schemaFault } from "../bench/files/schema-fault.js";
import { scaled, scaledReference } from "../bench/selection.js";
import { meansOf } from "../bench/tables.js";
import { InputError } from "../data/errors.js";
import { WriteError, writeFileAtomic } from "../lm/atomic-file.js";
import { hypervolume, mean } from "../metrics/index.js";
import { type StoredSummary, summarySchema } from "./read-run.js";
import type { ScoredMethod, ScoredRun } from "./scored-run.js";

const KIND = "mva-bench baseline";
const SCHEMA = 1;

const finite = z.number();
const hash = z.string().nullable();
const contentSchema = z.strictObject({
  identity: z.strictObject({
    id: z.string(),
    started: z.string(),
    suite: z.looseObject({ suite: z.string(), version: z.number() }),
    suiteHash: z.string(),
    dataHash: z.string(),
    baseHash: hash,
    scorersHash: hash,
    lockHash: hash,
    seeds: z.array(z.number().int().nonnegative()).min(1),
    engine: z.string(),
    basePrecision: z.string().exactOptional(),
    threads: z.number(),
    packageVersion: z.string(),
    cpu: z.string(),
    commit: z.string().nullable(),
  }),
  values: z
    .array(z.strictObject({ name: z.string(), center: finite, scale: finite.positive(), reference: finite }))
    .min(1),
  prompts: z.array(z.string()).min(1),
  preferences: z.array(z.array(finite)),
  resamples: z.number().int().positive(),
  summary: summarySchema,
  methods: z
    .array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        seeds: z.array(
          z.strictObject({
            seed: z.number().int().nonnegative(),
            offered: z.number().int().positive(),
            /** By value, then by prompt. */
            selected: z.array(z.strictObject({ name: z.string(), scores: z.array(z.array(finite)) })).min(1),
          }),
        ),
      }),
    )
    .min(1),
});
type Content = z.infer<typeof contentSchema>;
const fileSchema = z.looseObject({ kind: z.literal(KIND), schema: z.number(), hash: z.string(), content: z.unknown() });

/**
 * Writes the run as a baseline, whole or not at all.
 * @throws InputError when the run has failures, or its summary does not follow from its scores; WriteError
 */
export function writeBaseline(path: string, run: ScoredRun, summary: StoredSummary): void {
  const packed = packBaseline(run, summary);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new WriteError(path, error);
  }
  writeFileAtomic(path, packed);
}

/** The bytes of that file. @throws InputError likewise */
export function packBaseline(run: ScoredRun, summary: StoredSummary): Uint8Array {
  const failure = summary.failures[0];
  if (failure !== undefined) {
    throw new InputError(
      `${run.source}: ${failure.method} failed at seed ${failure.seed}; a baseline must be whole: repair it and run again`,
    );
  }
  const values = run.values.length;
  const prompts = run.prompts.length;
  const content: Content = {
    identity: {
      ...run.identity,
      suite: {
        ...run.identity.suite,
        suite: String(run.identity.suite.suite),
        version: Number(run.identity.suite.version),
      },
      seeds: [...run.identity.seeds],
    },
    values: run.values.map((value) => ({ ...value })),
    prompts: [...run.prompts],
    preferences: run.preferences.map((weights) => [...weights]),
    resamples: run.resamples,
    summary: withoutPaths(summary),
    methods: run.methods.map(({ id, title, seeds }) => ({
      id,
      title,
      seeds: seeds.map(({ seed, offered, selected }) => ({
        seed,
        offered,
        selected: selected.map(({ name, scores }) => ({
          name,
          scores: Array.from({ length: values }, (_, v) => [...scores.subarray(v * prompts, (v + 1) * prompts)]),
        })),
      })),
    })),
  };
  refuseUnfounded(run.source, run, summary);
  const text = JSON.stringify(content);
  return gzipSync(`{"kind":${JSON.stringify(KIND)},"schema":${SCHEMA},"hash":"${hashOf(text)}","content":${text}}\n`);
}

/** A baseline is committed: where things lay on the machine that ran it is nobody's business. */
function withoutPaths(summary: StoredSummary): StoredSummary {
  const { run } = summary;
  if (run === null || typeof run !== "object") return summary;
  const { command: _command, ...rest } = run as Record<string, unknown>;
  return { ...summary, run: rest };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * @param source the name that messages give it
 * @throws InputError: missing, cut off, not a baseline, of a later version, damaged or edited, each in one line
 */
export function readBaseline(path: string, source = path): { run: ScoredRun; summary: StoredSummary } {
  const again = "make it anew: mva-bench check RUN --accept FILE";
  const fail = (what: string, cause?: unknown): never => {
    throw new InputError(`${source}: ${what}; ${again}`, cause === undefined ? {} : { cause });
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    return fail(
      code === "ENOENT" ? "there is no such baseline" : `the baseline cannot be read (${String(code)})`,
      cause,
    );
  }
  let text: string;
  try {
    text = gunzipSync(bytes).toString("utf8");
  } catch (cause) {
    return fail(
      bytes[0] === 0x1f && bytes[1] === 0x8b ? "the baseline is cut off or damaged" : "not a baseline",
      cause,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    return fail(
      /[:[,]\s*-?(?:NaN|Infinity)/.test(text)
        ? "the baseline holds a score that is not a number"
        : "the baseline is damaged",
      cause,
    );
  }
  const file = fileSchema.safeParse(parsed);
  if (!file.success) return fail("not a baseline");
  if (file.data.schema > SCHEMA) {
    throw new InputError(
      `${source}: a baseline of schema ${file.data.schema}, and this program reads up to ${SCHEMA}; update mva-bench`,
    );
  }
  const checked = contentSchema.safeParse(file.data.content);
  if (!checked.success) return fail(`the baseline is damaged (${schemaFault(checked.error)})`);
  const content = checked.data;
  const fault = faultOf(content);
  if (fault !== undefined) return fail(fault);
  if (hashOf(JSON.stringify(file.data.content)) !== file.data.hash)
    return fail("the baseline was edited: its hash is another");
  const run: ScoredRun = {
    source,
    identity: content.identity,
    values: content.values,
    prompts: content.prompts,
    preferences: content.preferences,
    resamples: content.resamples,
    methods: content.methods.map(
      (method): ScoredMethod => ({
        ...method,
        seeds: method.seeds.map(({ selected, ...at }) => ({
          ...at,
          selected: selected.map(({ name, scores }) => ({ name, scores: Float64Array.from(scores.flat()) })),
        })),
      }),
    ),
  };
  refuseUnfounded(source, run, content.summary);
  return { run, summary: content.summary };
}

/** What the schema cannot see. */
function faultOf({ prompts, values, methods, preferences }: Content): string | undefined {
  const twice = (names: readonly (string | number)[]) => names.find((name, i) => names.indexOf(name) !== i);
  const prompt = new Set(prompts).size < prompts.length ? twice(prompts) : undefined;
  if (prompt !== undefined) return `the baseline has prompt ${prompt} twice`;
  const method = twice(methods.map(({ id }) => id));
  if (method !== undefined) return `the baseline has method ${method} twice`;
  if (preferences.some((weights) => weights.length !== values.length))
    return "the baseline's preferences do not fit its values";
  for (const { id, seeds } of methods) {
    const seed = twice(seeds.map((at) => at.seed));
    if (seed !== undefined) return `the baseline has seed ${seed} of ${id} twice`;
    for (const at of seeds) {
      const name = twice(at.selected.map((candidate) => candidate.name));
      if (name !== undefined) return `the baseline has candidate ${name} of ${id} (seed ${at.seed}) twice`;
      for (const candidate of at.selected) {
        const rows = candidate.scores;
        if (rows.length === values.length && rows.every((row) => row.length === prompts.length)) continue;
        return `the baseline lacks scores of ${id} ${candidate.name} (seed ${at.seed})`;
      }
    }
  }
  return undefined;
}

/**
 * The promise of every run: its figures follow from its scores.
 * @throws InputError for the first method of which they do not
 */
function refuseUnfounded(source: string, run: ScoredRun, summary: StoredSummary): void {
  const reference = scaledReference(run.values);
  for (const { id, seeds } of run.methods) {
    const told = summary.methods.find((method) => method.id === id)?.hypervolume;
    if (told === null || told === undefined) continue;
    if (seeds.length === 0) {
      throw new InputError(
        `${source}: the summary says hypervolume ${told.value} of ${id}, and no candidate of it is selected: one of them was edited`,
      );
    }
    const found = mean(
      seeds.map(
        ({ selected }) =>
          hypervolume(
            selected.map(({ scores }) => scaled(meansOf(scores, run.values.length), run.values)),
            { reference, sense: "max" },
          ).value,
      ),
    );
    if (Math.abs(found - told.value) > 1e-9 * Math.max(1, Math.abs(found))) {
      throw new InputError(
        `${source}: the summary says hypervolume ${told.value} of ${id}, its scores say ${found}: one of them was edited`,
      );
    }
  }
}
