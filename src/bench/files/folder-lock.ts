/**
 * One run on one folder at a time: `run.lock` names the process that writes there. The lock of a process that has died
 * is taken over; on Linux a process is known by its number and its start, since numbers are used again.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { threadId } from "node:worker_threads";
import { z } from "zod";
import { InputError } from "../../data/errors.js";
import { WriteError } from "../../lm/atomic-file.js";
import { runFiles } from "./run-files.js";

const holderSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** Tells apart processes of one number; null where the system does not say. */
  start: z.string().nullable(),
  /** Tells apart locks of one process. */
  token: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

export interface FolderLock {
  /** Gives the folder free; doing it twice is nothing. */
  release(): void;
}

let taken = 0;

/**
 * Makes the folder if need be and takes it.
 * @throws InputError when another run holds it; WriteError when it cannot be written to
 */
export function lockFolder(folder: string): FolderLock {
  const { lock } = runFiles(folder);
  const token = `${process.pid}-${threadId}-${taken++}`;
  const own: Holder = { pid: process.pid, host: hostname(), start: processState(process.pid).start, token };
  const temporary = `${lock}.${token}`;
  try {
    makeFolder(folder);
    // Linked into place when it is whole: nobody ever sees a lock without its holder.
    writeFileSync(temporary, `${JSON.stringify(own)}\n`);
  } catch (cause) {
    throw new WriteError(folder, cause);
  }
  try {
    // Taking over may lose to another process; then that one holds it, or has left a lock to judge in turn.
    for (let attempt = 0; attempt < 5; attempt++) {
      if (placed(temporary, lock)) return { release: () => release(lock, own) };
      const holder = holderOf(lock);
      if (holder !== undefined && isAlive(holder)) throw inUse(folder, lock, holder);
      discard(lock);
    }
    throw new InputError(`${folder}: other runs are taking this folder over and over; try again`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Who writes to a run's folder: a process that lives (or that cannot be asked), one that has died, or nobody. */
export function folderUse(folder: string): "live" | "dead" | "free" {
  const { lock } = runFiles(folder);
  if (!existsSync(lock)) return "free";
  const holder = holderOf(lock);
  return holder !== undefined && isAlive(holder) ? "live" : "dead";
}

/** With its parents. Not Node's own `recursive`, which never ends under /proc (Node 20). */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST" && statSync(folder).isDirectory()) return;
    if (codeOf(cause) !== "ENOENT" || existsSync(dirname(folder))) throw cause;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}

function placed(temporary: string, lock: string): boolean {
  try {
    linkSync(temporary, lock);
    return true;
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false;
    if (!NO_LINKS.has(codeOf(cause))) throw new WriteError(lock, cause);
  }
  try {
    writeFileSync(lock, readFileSync(temporary), { flag: "wx" });
    return true;
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false;
    throw new WriteError(lock, cause);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Undefined: no lock, or one that nobody can be read from. */
function holderOf(lock: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(lock, "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * Deletes a dead lock. Only under the mutex, and after a second look: else one process could delete the live lock that
 * another has just put in the dead one's place.
 */
function discard(lock: string): void {
  const mutex = `${lock}.takeover`;
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(mutex);
      break;
    } catch (cause) {
      if (codeOf(cause) !== "EEXIST") throw new WriteError(mutex, cause);
      if (attempt === MOST_WAITS) {
        throw new InputError(`${mutex} is left over from a run that died; if no run is starting here, delete it`);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
  }
  try {
    const holder = holderOf(lock);
    if (holder === undefined || !isAlive(holder)) rmSync(lock, { force: true });
  } finally {
    rmdirSync(mutex);
  }
}

const MOST_WAITS = 100;
const WAIT_MS = 10;

function release(lock: string, own: Holder): void {
  if (holderOf(lock)?.token === own.token) rmSync(lock, { force: true });
}

function inUse(folder: string, lock: string, holder: Holder): InputError {
  if (holder.host !== hostname()) {
    return new InputError(
      `${folder}: a run on ${holder.host} (process ${holder.pid}) writes here; if it is dead, delete ${lock}`,
    );
  }
  return new InputError(
    `${folder}: another run (process ${holder.pid}) writes here; wait for it, or choose another --out`,
  );
}

/** A process of another machine cannot be asked, so it counts as alive. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (cause) {
    if (codeOf(cause) === "ESRCH") return false;
  }
  const { state, start } = processState(holder.pid);
  // A zombie has ended; only its parent has not asked yet.
  if (state === "Z" || state === "X") return false;
  return holder.start === null || start === null || start === holder.start;
}

/** State letter and start (clock ticks since the machine's) of a process; null where /proc does not say. */
function processState(pid: number): { readonly state: string | null; readonly start: string | null } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses, which may hold spaces; state is the third, start the 22nd.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? null, start: fields[19] ?? null };
  } catch {
    return { state: null, start: null };
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
