/**
 * Rows on disk: `<root>/<suite>/<id>.json` beside `<id>.evidence.json.gz` and `<id>.scores.csv.gz`. Ids hold a hash of the
 * content, so that two writers never meet on one name but with the same bytes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { schemaFault } from "../bench/files/schema-fault.js";
import { InputError } from "../data/errors.js";
import { WriteError, writeFileAtomic } from "../lm/atomic-file.js";
import { type LeaderboardRow, type NewRow, rowSchema } from "./row.js";
import type { PackedEvidence } from "./row-evidence.js";

/** Of the scores of one row. */
export const MOST_BYTES = 2_000_000;

export interface StoredRow {
  readonly row: LeaderboardRow;
  readonly path: string;
}

export interface WrittenRow extends StoredRow {
  /** It lay there already, to the byte. */
  readonly known: boolean;
}

/** @throws InputError for a row that is too large; WriteError */
export function writeRow({ row, evidence, scores }: NewRow, root: string): WrittenRow {
  if (scores.byteLength > MOST_BYTES) {
    throw new InputError(
      `its scores take ${scores.byteLength} bytes, at most ${MOST_BYTES}: add fewer seeds to one row`,
    );
  }
  const place = join(root, row.suite);
  const path = join(place, `${row.id}.json`);
  const text = `${JSON.stringify(row, null, 1)}\n`;
  const files = evidenceFiles(path);
  const whole = existsSync(files.scores) && existsSync(files.evidence);
  if (whole && existsSync(path) && readFileSync(path, "utf8") === text) return { row, path, known: true };
  try {
    mkdirSync(place, { recursive: true });
  } catch (error) {
    throw new WriteError(place, error);
  }
  // The row last: one that is listed has its evidence.
  writeFileAtomic(files.scores, scores);
  writeFileAtomic(files.evidence, evidence);
  writeFileAtomic(path, text);
  return { row, path, known: false };
}

/**
 * The row first: one that is listed has its evidence.
 * @returns false where somebody else has removed it
 */
export function removeRow(path: string): boolean {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw new WriteError(path, error);
  }
  const files = evidenceFiles(path);
  for (const file of [files.evidence, files.scores]) rmSync(file, { force: true });
  return true;
}

export function evidenceFiles(path: string): { readonly evidence: string; readonly scores: string } {
  const stem = path.replace(/\.json$/, "");
  return { evidence: `${stem}.evidence.json.gz`, scores: `${stem}.scores.csv.gz` };
}

/** @throws InputError where one of the two files is missing */
export function readEvidenceFiles(path: string): PackedEvidence {
  const files = evidenceFiles(path);
  const read = (file: string): Uint8Array => {
    if (!existsSync(file)) throw new InputError(`${file} is missing`);
    return readFileSync(file);
  };
  return { evidence: read(files.evidence), scores: read(files.scores) };
}

/**
 * @param suite only its rows; default: all
 * @throws InputError naming the file that cannot be read
 */
export function readRows(root: string, suite?: string): StoredRow[] {
  const suites = (existsSync(root) ? readdirSync(root) : []).filter((name) => statSync(join(root, name)).isDirectory());
  return suites
    .filter((name) => suite === undefined || name === suite)
    .sort()
    .flatMap((name) =>
      readdirSync(join(root, name))
        .filter((file) => file.endsWith(".json"))
        .sort()
        .flatMap((file) => {
          const path = join(root, name, file);
          try {
            return [readRow(path)];
          } catch (error) {
            // Another row has taken its place meanwhile.
            if (!existsSync(path)) return [];
            throw error;
          }
        }),
    );
}

/** @throws InputError naming the file */
export function readRow(path: string): StoredRow {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new InputError(`${path}: is not JSON; the row is damaged`, { cause });
  }
  const schema: unknown = value !== null && typeof value === "object" ? Reflect.get(value, "schema") : undefined;
  if (typeof schema === "number" && schema > 2) {
    throw new InputError(`${path}: a row of schema ${schema}, and this program reads up to 2; update mva-bench`);
  }
  const result = rowSchema.safeParse(value);
  if (!result.success) throw new InputError(`${path}: ${schemaFault(result.error)}; the row is damaged`);
  return { row: result.data, path };
}
