/** `run.json`: what a run is of, what it ran on, and the hashes by which runs are comparable. */
import { z } from "zod";
import { InputError } from "../../data/errors.js";
import { writeFileAtomic } from "../../lm/atomic-file.js";
import { dataCountsSchema } from "../data-counts.js";
import { schemaFault } from "./schema-fault.js";
import { readWholeText } from "./whole-file.js";

export const RUN_SCHEMA = 1;

const text = z.string().min(1);
const hash = z.string().regex(/^[0-9a-f]{16,64}$/, "must be a hash in hexadecimal");

/** Loose: keys that a later version adds are kept. */
export const runSchema = z.looseObject({
  schema: z.literal(RUN_SCHEMA),
  id: text,
  /** ISO 8601, UTC. */
  started: z.iso.datetime(),
  /** Shell words that make this run again. */
  command: z.array(z.string()),
  /** The whole suite, as it was validated. */
  suite: z.looseObject({ suite: text, version: z.number().int().positive(), title: z.string() }),
  suiteHash: hash,
  dataHash: hash,
  /** Absent in runs of an older version. */
  dataCounts: dataCountsSchema.exactOptional(),
  /** Content of what is shared by all seeds; null where the suite has none of it. */
  baseHash: hash.nullable(),
  scorersHash: hash.nullable(),
  lockHash: hash.nullable(),
  seeds: z.array(z.number().int().nonnegative()).min(1),
  engine: text,
  /** The base's weights are rounded to 16-bit floats; absent: they are not. */
  basePrecision: z.literal("float16").exactOptional(),
  threads: z.number().int().positive(),
  versions: z.looseObject({ "mva-bench": text, node: text }),
  hardware: z.looseObject({
    platform: text,
    cpu: z.string(),
    cores: z.number().int().positive(),
    memoryBytes: z.number().positive(),
    gpu: z.string().nullable(),
  }),
  /** Of the working tree it ran in; null outside one. */
  commit: z.string().nullable(),
});

export type RunDescription = z.infer<typeof runSchema>;

/** @throws TypeError when it is not as declared; WriteError */
export function writeRunJson(path: string, run: RunDescription): void {
  const result = runSchema.safeParse(run);
  if (!result.success) throw new TypeError(`run.json: ${schemaFault(result.error)}`);
  writeFileAtomic(path, `${JSON.stringify(run, null, 2)}\n`);
}

/** @throws InputError naming file and key */
export function readRunJson(path: string): RunDescription {
  let value: unknown;
  const content = readWholeText(path);
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw new InputError(`${path}: is not JSON; the file is damaged`, { cause });
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema === "number" && schema > RUN_SCHEMA) {
    throw new InputError(
      `${path}: is of schema ${schema}, and this program reads up to ${RUN_SCHEMA}; update mva-bench`,
    );
  }
  const result = runSchema.safeParse(value);
  if (!result.success) throw new InputError(`${path}: ${schemaFault(result.error)}`);
  return result.data;
}
