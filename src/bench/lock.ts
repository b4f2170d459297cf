/**
 * Where zero and one lie on each value's axis. A suite whose scorer has a natural floor holds the numbers itself; for
 * others they are in a lock: a committed one, found by the data's hash, or one that the first run makes from validation
 * scores of the base and the vertex policies of its first seed, before test is touched. A lock is part of the suite's hash.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { InputError } from "../data/errors.js";
import { contentKey } from "../methods/task.js";
import type { ValueScale } from "./selection.js";
import { type Suite, suitesFolder } from "./suite.js";

const lockSchema = z.strictObject({
  suite: z.string(),
  version: z.number(),
  dataHash: z.string(),
  /** Names what the scorer's raw units depend on; see `scaleRecipe`. */
  recipe: z.string().exactOptional(),
  /** Pilot seeds it was made from; absent: the first seed of a run. */
  seeds: z.array(z.number().int()).exactOptional(),
  values: z.array(
    z.strictObject({ name: z.string(), center: z.number(), scale: z.number().positive(), reference: z.number() }),
  ),
});

export type SuiteLock = z.infer<typeof lockSchema>;

/** @throws InputError when the file is not a lock */
export function readLock(file: string): SuiteLock {
  const document = parseDocument(readFileSync(file, "utf8"));
  const result = lockSchema.safeParse(document.errors.length === 0 ? document.toJS() : undefined);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join(".") ?? "";
  throw new InputError(`${file}: ${where === "" ? "" : `${where}: `}not as a lock is written; make it anew`);
}

/** What makes two locks, or a lock and none, the same or not. */
export function lockHash(lock: SuiteLock): string {
  return contentKey(lock.values);
}

/** Hash of what a scorer's raw units depend on: another base or other judges need another lock. */
export function scaleRecipe({ base, data, scorers, values }: Suite): string {
  return contentKey({ base, data, scorers, values: values.map((value) => value.name) });
}

/** The folder of committed locks. */
export function locksFolder(): string {
  return join(suitesFolder(), "locks");
}

/** The file that a suite's lock for some data has among the committed ones. */
export function lockFile({ suite }: Suite, dataHash: string, folder: string = locksFolder()): string {
  return join(folder, `${suite}-${dataHash.slice(0, 12)}.yaml`);
}

/**
 * The committed lock of a suite for some data; undefined where there is none.
 * @returns `stale` for one that was made for another version or recipe, which does not hold for this suite
 */
export function committedLock(
  suite: Suite,
  dataHash: string,
  folder: string = locksFolder(),
): { readonly lock: SuiteLock } | { readonly stale: string } | undefined {
  const file = lockFile(suite, dataHash, folder);
  if (!existsSync(file)) return undefined;
  const lock = readLock(file);
  return lock.dataHash === dataHash && holdsFor(lock, suite) ? { lock } : { stale: file };
}

/** The committed locks that hold for a suite, whatever the data. */
export function committedLocks(suite: Suite, folder: string = locksFolder()): SuiteLock[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${suite.suite}-`) && name.endsWith(".yaml"))
    .sort()
    .map((name) => readLock(join(folder, name)))
    .filter((lock) => holdsFor(lock, suite));
}

function holdsFor(lock: SuiteLock, suite: Suite): boolean {
  return lock.suite === suite.suite && lock.version === suite.version && lock.recipe === scaleRecipe(suite);
}

/** The scales that the suite itself holds, or undefined. */
export function scalesOf(suite: Suite): ValueScale[] | undefined {
  const scales = suite.values.flatMap(({ name, center, scale, reference }) =>
    center === undefined || scale === undefined || reference === undefined ? [] : [{ name, center, scale, reference }],
  );
  return scales.length === suite.values.length ? scales : undefined;
}

/**
 * From points (raw means by value): center = their lowest, scale = their range, reference = lowest − 0.1 range. A value on
 * which all points agree gets scale 1.
 */
export function scalesFrom(values: readonly string[], points: readonly (readonly number[])[]): ValueScale[] {
  return values.map((name, k) => {
    const column = points.map((point) => point[k] ?? Number.NaN);
    const low = Math.min(...column);
    const range = Math.max(...column) - low;
    return { name, center: low, scale: range > 0 ? range : 1, reference: low - 0.1 * range };
  });
}
