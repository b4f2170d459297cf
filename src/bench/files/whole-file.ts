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

/** UTF-8, or the UTF-16 of spreadsheets where its byte-order mark says so. @throws InputError for other bytes, or no whole archive */
export function textOf(bytes: Uint8Array, path: string, packed: boolean): string {
  if (packed) {
    try {
      bytes = gunzipSync(bytes);
    } catch (cause) {
      throw new InputError(`${path}: not a whole gzip file; copy it again`, { cause });
    }
  }
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${path}: not UTF-8 text; save it as UTF-8, if it is text`, { cause });
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
