/** A run's file as text, unpacked where its name ends in `.gz`, with faults that say what to do. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { InputError } from "../../data/errors.js";

/** @throws InputError when the file is missing, unreadable, not UTF-8, or a damaged archive */
export function readWholeText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new InputError(`${path}: ${reason(cause)}`, { cause });
  }
  return textOf(bytes, path, path.toLowerCase().endsWith(".gz"));
}

/** @throws InputError for bytes that are not UTF-8, or no whole archive where they should be one */
export function textOf(bytes: Uint8Array, path: string, packed: boolean): string {
  if (packed) {
    try {
      bytes = gunzipSync(bytes);
    } catch (cause) {
      throw new InputError(`${path}: not a whole gzip file; copy it again`, { cause });
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${path}: not UTF-8 text; is it another program's file?`, { cause });
  }
}

/** Why a file could not be opened. */
export function reason(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "no such file; is this a run folder?";
  if (code === "EISDIR") return "is a folder, not a file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return cause instanceof Error ? cause.message : String(cause);
}
