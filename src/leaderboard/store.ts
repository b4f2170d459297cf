/**
 * Rows on disk: `<root>/<suite>/<id>.json` beside `<id>.scores.json.gz`. Ids hold a hash of the scores, so that two writers never
 * meet on one name but with the same content.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { schemaFault } from "../bench/files/schema-fault.js";
import { InputError } from "../data/errors.js";
import { WriteError, writeFileAtomic } from "../lm/atomic-file.js";
import { packBaseline, readBaseline } from "./baseline.js";
import { readScoredRun } from "./read-run.js";
import { type KnownSuites, type LeaderboardRow, rowFaults, rowOf, rowSchema, shippedSuites } from "./row.js";

const MOST_BYTES = 2_000_000;

export interface AddedRow {
  readonly row: LeaderboardRow;
  readonly path: string;
  /** It lay there already, to the byte. */
  readonly known: boolean;
}

/**
 * Checks a finished run and writes its row.
 * @throws InputError with every reason for which it cannot be one; WriteError
 */
export function addRow(folder: string, root: string, source = folder, suites: KnownSuites = shippedSuites): AddedRow {
  const { run, summary } = readScoredRun(folder, source);
  const packed = packBaseline(run, summary);
  const row = rowOf(run, summary, packed);
  const faults = rowFaults(row, run, suites);
  if (packed.byteLength > MOST_BYTES) faults.push(`its scores take ${packed.byteLength} bytes, at most ${MOST_BYTES}`);
  if (faults.length > 0) throw new InputError(`${source}: not a leaderboard row: ${faults.join("; ")}`);
  const place = join(root, row.suite);
  const path = join(place, `${row.id}.json`);
  const text = `${JSON.stringify(row, null, 2)}\n`;
  if (existsSync(path) && readFileSync(path, "utf8") === text) return { row, path, known: true };
  try {
    mkdirSync(place, { recursive: true });
  } catch (error) {
    throw new WriteError(place, error);
  }
  // The row last: one that is listed has its scores.
  writeFileAtomic(scoresPath(path), packed);
  writeFileAtomic(path, text);
  return { row, path, known: false };
}

export interface StoredRow {
  readonly row: LeaderboardRow;
  readonly path: string;
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
        .map((file) => readRow(join(root, name, file))),
    );
}

function readRow(path: string): StoredRow {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new InputError(`${path}: is not JSON; the row is damaged`, { cause });
  }
  const result = rowSchema.safeParse(value);
  if (!result.success) throw new InputError(`${path}: ${schemaFault(result.error)}`);
  return { row: result.data, path };
}

function scoresPath(path: string): string {
  return path.replace(/\.json$/, ".scores.json.gz");
}

/** Everything in which a row differs from what its scores say; none where it is as it was added. */
export function verifyRow({ row, path }: StoredRow, suites: KnownSuites = shippedSuites): string[] {
  const file = scoresPath(path);
  if (!existsSync(file)) return [`${file} is missing`];
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (sha256 !== row.sha256) return ["its scores are another file than the one that was added"];
  try {
    const { run, summary } = readBaseline(file);
    const again = rowOf(run, summary, readFileSync(file));
    const faults = rowFaults(row, run, suites);
    if (faults.length === 0 && JSON.stringify(again) !== JSON.stringify(row))
      faults.push("it is not what its summary says");
    return faults;
  } catch (error) {
    if (error instanceof InputError) return [error.message];
    throw error;
  }
}
