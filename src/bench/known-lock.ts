/** Which lock holds for a run before anything is trained. */
import { InputError } from "../data/errors.js";
import { committedLock, locksFolder, type SuiteLock, scalesOf } from "./lock.js";
import { lockIn } from "./run-folder.js";
import type { Suite } from "./suite.js";

export interface LockSources {
  readonly suite: Suite;
  readonly dataHash: string;
  /** Folder of the interrupted run that is gone on with. */
  readonly resume: string | undefined;
  /** Folder of the run that this one takes over from. */
  readonly reuse: string | undefined;
  /** Hash of a base given from outside: it is judged in other units than the committed lock's. */
  readonly foreign: string | undefined;
  /** Where committed locks lie. */
  readonly locks?: string;
}

/**
 * The lock of the run that is gone on with or taken over from, or else the committed one of this data; undefined where the
 * suite holds its scales itself, or where the run has to make a lock of its own.
 * @throws InputError when the lock to take over is damaged, or for other values
 */
export function knownLock(sources: LockSources, notice: (line: string) => void): SuiteLock | undefined {
  const { suite, dataHash, resume, reuse, foreign } = sources;
  if (scalesOf(suite) !== undefined) return undefined;
  const own = resume === undefined ? undefined : lockIn(resume);
  if (own !== undefined) return own;
  const taken = reuse === undefined ? undefined : lockIn(reuse);
  if (taken !== undefined) {
    const names = suite.values.map((value) => value.name).join(", ");
    if (taken.values.map((value) => value.name).join(", ") === names) return taken;
    throw new InputError(`${reuse}: its suite.lock.yaml is for other values than ${names}`);
  }
  if (foreign !== undefined) return undefined;
  const committed = committedLock(suite, dataHash, sources.locks ?? locksFolder());
  if (committed === undefined || "lock" in committed) return committed?.lock;
  notice(`${committed.stale}: made for another version of this suite; this run makes a lock of its own`);
  return undefined;
}
