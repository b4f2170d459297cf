/** Content hashes: what a prompt and a data set are called in the files of a run. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { dataFiles } from "./files.js";
import { readBytes } from "./text.js";

/** Id of a prompt in `scores.csv` and `prompts.csv`: 16 hex digits of SHA-256 of its exact text. */
export function promptHash(prompt: string): string {
  return createHash("sha256").update(prompt).digest("hex").slice(0, 16);
}

/**
 * SHA-256 (hex) over names and contents of a data file or of a folder's data files, in name order. Compression does
 * not count: `a.csv` and `a.csv.gz` of the same content hash the same.
 * @throws InputError when the path is missing or a file is cut
 */
export async function dataHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of await dataFiles(path)) {
    const content = createHash("sha256");
    for await (const chunk of readBytes(file)) content.update(chunk);
    hash.update(`${basename(file).replace(/\.gz$/, "")}\0${content.digest("hex")}\n`);
  }
  return hash.digest("hex");
}
