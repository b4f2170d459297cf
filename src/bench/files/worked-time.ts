/** How long a run was worked on: from each start to the last that was heard of it, without the time in which it lay stopped. */
import { EventReader } from "./event-reader.js";

/**
 * @param events the run's `events.jsonl`
 * @param nowMs the end of the attempt that is under way, in milliseconds since the epoch
 * @returns seconds; 0 where no attempt has begun
 * @throws InputError for a damaged file
 */
export function workedSeconds(events: string, nowMs: number): number {
  const reader = new EventReader(events);
  let workedMs = 0;
  let started: number | undefined;
  let last = 0;
  try {
    for (const { type, time } of reader.next()) {
      if (type === "run-started") {
        if (started !== undefined) workedMs += last - started;
        started = time;
      }
      last = time;
    }
  } finally {
    reader.close();
  }
  return started === undefined ? 0 : (workedMs + nowMs - started) / 1000;
}
