/** Which files a data path stands for. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError } from "./errors.js";

const dataFile = /\.(csv|jsonl|ndjson)(\.gz)?$/i;

/**
 * The data file itself, or the data files directly in a folder, by name.
 * @throws InputError when the path is missing, of another kind, or a folder without data files
 */
export async function dataFiles(path: string): Promise<readonly string[]> {
  const kind = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(
      cause.code === "ENOENT"
        ? `no such data file or folder: ${path} (check the path)`
        : `cannot open ${path}: ${cause.code ?? cause.message} (check its permissions)`,
      { cause },
    );
  });
  if (!kind.isDirectory()) {
    if (!dataFile.test(path)) {
      throw new InputError(`${path}: unknown kind of data file; use .csv, .jsonl, .csv.gz or .jsonl.gz`);
    }
    return [path];
  }
  const names = (await readdir(path, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && dataFile.test(entry.name))
    .map((entry) => entry.name)
    .sort((a, b) => (a < b ? -1 : 1));
  if (names.length === 0) {
    throw new InputError(`${path}: no data files in this folder; put .csv, .jsonl, .csv.gz or .jsonl.gz files there`);
  }
  return names.map((name) => join(path, name));
}

/** "…/helpful.jsonl.gz" is the file of the value "helpful". */
export function valueOfFile(path: string): string {
  return basename(path).replace(dataFile, "");
}

export function isCsv(path: string): boolean {
  return /\.csv(\.gz)?$/i.test(path);
}
