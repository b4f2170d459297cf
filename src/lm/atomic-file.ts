/**
 * Files that are either the old one or the new one, whole: written beside the target under a temporary name, synced,
 * then renamed over it. A reader never sees half a file, and a crash loses at most the new version.
 */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { threadId } from "node:worker_threads";

/** The file system refused a write. A full disk is nobody's bad input: exit code 70, and the run can be resumed. */
export class WriteError extends Error {
  override readonly name = "WriteError";
  readonly code: string;
  readonly exitCode: 2 | 70;

  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "UNKNOWN";
    super(`${path}: cannot write: ${REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause))}`, {
      cause,
    });
    this.code = code;
    this.exitCode = USER_FAULTS.has(code) ? 2 : 70;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space and resume",
  EDQUOT: "the disk quota is used up; free some space and resume",
  EACCES: "permission denied; choose a folder that you may write to",
  EPERM: "permission denied; choose a folder that you may write to",
  EROFS: "the file system is read-only; choose another folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOENT: "the folder does not exist",
  EISDIR: "there is a folder of that name",
  EEXIST: "there is a file of that name, and a folder is wanted",
};
const USER_FAULTS = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT", "EISDIR", "EEXIST", "ENAMETOOLONG"]);

let written = 0;

/**
 * Replaces the file at `path` by the given chunks, in order (text as UTF-8); a pipe or device gets them as they are.
 * @throws WriteError when the file system refuses; the old file, if any, is then untouched.
 */
export function writeFileAtomic(path: string, data: string | Uint8Array | Iterable<string | Uint8Array>): void {
  const chunks = typeof data === "string" || data instanceof Uint8Array ? [data] : data;
  // Process and thread in the name: worker threads share a process id.
  const temporary = `${path}.${process.pid}-${threadId}-${written++}.tmp`;
  let fd: number | undefined;
  try {
    const through = isStream(path);
    fd = through ? openSync(path, "a") : openSync(temporary, "wx");
    for (const chunk of chunks) writeWhole(fd, typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk);
    if (!through) fsyncSync(fd);
    closeSync(fd);
    fd = undefined;
    if (!through) renameSync(temporary, path);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    rmSync(temporary, { force: true });
    // An error without a code was thrown by the caller's iterable, and says itself what is wrong.
    if (error instanceof Error && !("code" in error)) throw error;
    throw new WriteError(path, error);
  }
}

/** A pipe or a device, `/dev/stdout` for one: a rename would put a file in its place. */
function isStream(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return false;
  // Redirected into a file, `/dev/stdout` is a link to it.
  return !found.isFile() || (path.startsWith("/dev/") && lstatSync(path).isSymbolicLink());
}

/** `fs.writeSync` may write less than it was given. */
export function writeWhole(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.byteLength) offset += writeSync(fd, bytes, offset, bytes.byteLength - offset);
}
