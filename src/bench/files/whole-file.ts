/** A run's file as text, unpacked where its name ends in `.gz`, with faults that say what to do. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { InputError } from "../../data/errors.js";

/** @throws InputError when the file is missing, unreadable, not UTF-8, or a damaged archive */
export function readWholeText(path: string): string {
  return textOf(readWhole(path), path, isPacked(path));
}

/** @throws InputError when the file is missing or unreadable */
export function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InputError(`${path}: ${reason(cause)}`, { cause });
  }
}

export function isPacked(path: string): boolean {
  return path.toLowerCase().endsWith(".gz");
}

/**
 * As {@link textOf}, and where it is not UTF-8 but can be text, the Windows-1252 in which spreadsheets of western languages save.
 *
 * @throws InputError for what holds control characters, or no whole archive
 */
export function foreignText(
  bytes: Uint8Array,
  path: string,
  packed: boolean,
): { readonly text: string; readonly encoding: "unicode" | "windows-1252" } {
  const plain = packed ? unpacked(bytes, path) : bytes;
  try {
    return { text: textOf(plain, path, false), encoding: "unicode" };
  } catch (error) {
    const isText = plain.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
    if (isText) return { text: new TextDecoder("windows-1252").decode(plain), encoding: "windows-1252" };
    throw error;
  }
}

/** UTF-8, or the UTF-16 of spreadsheets where its byte-order mark says so. @throws InputError for other bytes, or no whole archive */
export function textOf(bytes: Uint8Array, path: string, packed: boolean): string {
  const plain = packed ? unpacked(bytes, path) : bytes;
  const mark = ((plain[0] ?? 0) << 8) | (plain[1] ?? 0);
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(plain);
  } catch (cause) {
    throw new InputError(`${path}: not UTF-8 text; save it as UTF-8, if it is text`, { cause });
  }
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new InputError(`${path}: not a whole gzip file; copy it again`, { cause });
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
