/** `samples.jsonl`: the texts that were scored. */
import { z } from "zod";
import { InputError } from "../../data/errors.js";
import { AppendFile } from "./append-file.js";
import { type JsonLine, JsonLinesReader, readJsonLines } from "./json-lines.js";
import { schemaFault } from "./schema-fault.js";
import { SCORED_SPLITS } from "./scores.js";

const count = z.number().int().nonnegative();

const sampleSchema = z.object({
  seed: count,
  method: z.string(),
  candidate: z.string(),
  split: z.enum(SCORED_SPLITS),
  /** Content hash. */
  prompt: z.string(),
  promptText: z.string(),
  sample: count,
  reply: z.string(),
  /** The reply ended before the token limit. */
  ended: z.boolean(),
});

export type SampleRow = Readonly<z.infer<typeof sampleSchema>>;

export function formatSample(row: SampleRow): string {
  const { seed, method, candidate, split, prompt, promptText, sample, reply, ended } = row;
  return `${JSON.stringify({ seed, method, candidate, split, prompt, promptText, sample, reply, ended })}\n`;
}

/**
 * A last line that was cut is left out.
 * @throws InputError naming file, line and key
 */
export function readSamples(path: string): SampleRow[] {
  return readJsonLines(path, (line) => sampleOf(path, line));
}

/**
 * The same one by one, for files that need not fit in memory.
 * @throws InputError naming file, line and key
 */
export function* eachSample(path: string): Generator<SampleRow> {
  const reader = new JsonLinesReader(path);
  try {
    for (const line of reader.next()) yield sampleOf(path, line);
  } finally {
    reader.close();
  }
}

function sampleOf(path: string, { value, line }: JsonLine): SampleRow {
  const result = sampleSchema.safeParse(value);
  if (!result.success) throw new InputError(`${path}: line ${line}, ${schemaFault(result.error)}`);
  return result.data;
}

/** `samples.jsonl` while a run goes on: whole lines only, continued after a kill. */
export class SampleLog {
  readonly #file: AppendFile;

  /** @throws WriteError */
  constructor(path: string) {
    this.#file = new AppendFile(path);
  }

  /** @throws WriteError */
  append(rows: readonly SampleRow[]): void {
    this.#file.append(rows.map(formatSample).join(""));
  }

  close(): void {
    this.#file.close();
  }
}
