/**
 * A suite: the versioned definition of a benchmark. Everything that changes a number is in here and in its hash; engine,
 * threads, seeds and where the data lies are not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { z } from "zod";
import { InputError } from "../data/errors.js";
import { contentKey } from "../methods/task.js";
import { nearestName } from "./nearest-name.js";
import { count, optimizer, overrides, positive, rewardModel, settings, share } from "./settings-schema.js";
import { checkSuite } from "./suite-rules.js";

const name = z.string().regex(/^[a-z0-9][a-z0-9_.@-]*$/i, "letters, digits, '_', '-', '.' only");

/** Overrides of one row of an ablation: the same method with other settings. */
const variant = z.strictObject({
  id: name,
  method: name,
  title: z.string().exactOptional(),
  ...overrides.shape,
  ranked: z.boolean().exactOptional(),
});

const valueSchema = z.strictObject({
  name,
  /** Raw units of the scorer; absent together with `scale` and `reference` where a lock supplies them. */
  center: z.number().exactOptional(),
  scale: positive.exactOptional(),
  reference: z.number().exactOptional(),
});

export const suiteSchema = z.strictObject({
  suite: name,
  version: count,
  title: z.string(),
  data: z.strictObject({
    source: z.enum(["embedded", "folder"]),
    /** Which embedded data set. */
    set: z.enum(["mild", "entangled"]).exactOptional(),
    /** Shares of prompts; the embedded sets bring their own splits. */
    splits: z
      .strictObject({ train: share, scorer: share, validation: share, test: share })
      .refine((s) => Math.abs(s.train + s.scorer + s.validation + s.test - 1) < 1e-9, "shares must sum to 1")
      .exactOptional(),
    maxPromptTokens: count,
    maxReplyTokens: count,
    maxPairsPerValue: count.exactOptional(),
  }),
  values: z.array(valueSchema).min(2).max(8),
  base: z.strictObject({
    seed: z.number().int().nonnegative(),
    vocabSize: z.number().int().min(258),
    hiddenSize: count,
    layers: count,
    heads: count,
    kvHeads: count,
    intermediateSize: count,
    sft: z.strictObject({
      maxSteps: count,
      batchPairs: count,
      promptLoss: z.boolean().default(true),
      optimizer,
    }),
  }),
  scorers: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("gold") }),
    z.strictObject({ kind: z.literal("reward-model"), seed: z.number().int().nonnegative(), train: rewardModel }),
    z.strictObject({ kind: z.literal("linear-probe"), ridge: positive, folds: z.number().int().min(2) }),
  ]),
  methods: z.array(name).min(1),
  variants: z.array(variant).default([]),
  settings,
  /** Differences of hypervolume that the suite is asked for, beside the leader against every rival. */
  questions: z.array(z.strictObject({ a: name, b: name, asks: z.string() })).default([]),
  budget: z.strictObject({ flops: positive, per: z.enum(["method", "policy"]).default("method") }),
  candidates: z.strictObject({
    lattice: z.enum(["five", "eleven", "vertices-edges-centre"]),
    /** Points that each mixing method may explore on validation; 0 = no `@grid` rows. */
    explore: z.number().int().min(0).default(0),
  }),
  evaluation: z.strictObject({
    testPrompts: count,
    validationPrompts: count,
    temperature: z.number().min(0).default(0.7),
    maxNewTokens: count,
    samples: count.default(1),
  }),
  seeds: z.array(z.number().int().nonnegative()).min(1),
  statistics: z
    .strictObject({ resamples: count.default(2000), confidence: z.number().gt(0.5).lt(1).default(0.95) })
    .default({ resamples: 2000, confidence: 0.95 }),
});

export type Suite = z.infer<typeof suiteSchema>;

/** The folder of suites that ship with the package. */
export function suitesFolder(): string {
  return fileURLToPath(new URL("../../benchmarks/suites", import.meta.url));
}

export interface SuiteListing {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  readonly file: string;
}

export function listSuites(folder: string = suitesFolder()): SuiteListing[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml") && !file.endsWith(".lock.yaml"))
    .sort()
    .map((file) => {
      const path = join(folder, file);
      const suite = parseSuite(readFileSync(path, "utf8"), path);
      return { name: suite.suite, title: suite.title, version: suite.version, file: path };
    });
}

/**
 * A suite by name (of those that ship) or by path of a YAML file.
 * @throws InputError: no such suite, or what is wrong in it, by key path and line.
 */
export function loadSuite(nameOrPath: string): Suite {
  const isPath = /[/\\]/.test(nameOrPath) || [".yaml", ".yml"].includes(extname(nameOrPath));
  const path = isPath ? nameOrPath : join(suitesFolder(), `${nameOrPath}.yaml`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isPath) throw new InputError(`${path}: cannot read this suite file (${codeOf(error)})`);
    const names = readdirSync(suitesFolder())
      .filter((file) => file.endsWith(".yaml") && !file.endsWith(".lock.yaml"))
      .map((file) => basename(file, ".yaml"));
    const near = nearestName(nameOrPath, names);
    throw new InputError(
      `there is no suite "${nameOrPath}"${near === undefined ? "" : `; did you mean "${near}"?`} (suites: ${names.join(", ")}; or give a path that ends in .yaml)`,
    );
  }
  return parseSuite(text, path);
}

/** @throws InputError naming file, line and key path, with the nearest known key for an unknown one. */
export function parseSuite(text: string, file: string): Suite {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line;
    throw new InputError(`${file}${line === undefined ? "" : `:${line}`}: not valid YAML: ${firstLine(fault.message)}`);
  }
  const content = contentOf(document, file);
  const result = suiteSchema.safeParse(content);
  if (!result.success) {
    // A mistyped key is also a missing one: its own name says more.
    const { issues } = result.error;
    const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
    throw new InputError(issue === undefined ? `${file}: not a suite` : `${file}: ${describeIssue(issue, content)}`);
  }
  checkSuite(result.data, file);
  return result.data;
}

/** The document as plain values; an alias that stands for nothing, or for too much, is found only here. */
function contentOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const fault = error instanceof Error ? firstLine(error.message) : String(error);
    throw new InputError(`${file}: not valid YAML: ${fault}; quote a text that begins with * or &`);
  }
}

/**
 * The hash that two comparable runs share: the whole suite, the scales of its lock where it has one, and the content of a
 * base given from outside.
 */
export function suiteHash(suite: Suite, options: { lock?: unknown; base?: string | undefined } = {}): string {
  const { seeds: _seeds, ...rest } = suite;
  return contentKey({ ...rest, lock: options.lock, baseContent: options.base });
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(path);
    const near = nearestName(key, known);
    return `unknown key "${[...path, key].join(".")}"${near === undefined ? "" : `; did you mean "${near}"?`}`;
  }
  return `${path.join(".") || "suite"}: ${firstLine(issue.message)}${given(root, issue.path)}`;
}

function given(root: unknown, path: readonly PropertyKey[]): string {
  let at: unknown = root;
  for (const key of path) at = at !== null && typeof at === "object" ? Reflect.get(at, key) : undefined;
  if (at === undefined || (at !== null && typeof at === "object")) return "";
  return ` (it is ${JSON.stringify(at)})`;
}

/** The keys that the schema knows at a path. */
function knownKeys(path: readonly string[]): string[] {
  let at: unknown = suiteSchema;
  for (const key of path) {
    at = unwrap(at);
    if (at instanceof z.ZodObject) at = Reflect.get(at.shape, key);
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else if (at instanceof z.ZodDiscriminatedUnion) at = undefined;
    else return [];
  }
  at = unwrap(at);
  if (at instanceof z.ZodDiscriminatedUnion) {
    return at.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []));
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (
    at instanceof z.ZodOptional ||
    at instanceof z.ZodExactOptional ||
    at instanceof z.ZodDefault ||
    at instanceof z.ZodNullable
  ) {
    at = at.unwrap();
  }
  return at;
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
