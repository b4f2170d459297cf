/** Writes `events.jsonl`: append-only, whole lines, continued after a kill, cheap at a thousand events a second. */
import { AppendFile } from "./append-file.js";
import { EVENT_VERSION, type RunEvent, type RunEventInput, type RunEventType, runEvent } from "./events.js";
import { schemaFault } from "./schema-fault.js";

/** These may wait, to be written together; the others are on disk when `append` returns. */
const FREQUENT: ReadonlySet<RunEventType> = new Set(["train-step", "stage-progress", "sample"]);
const LONGEST_WAIT_MS = 100;
const MOST_WAITING = 1 << 16;

export interface EventLogOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class EventLog {
  readonly #file: AppendFile;
  readonly #now: () => number;
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  /** Creates the file or goes on with it. @throws WriteError */
  constructor(path: string, options: EventLogOptions) {
    this.#file = new AppendFile(path);
    this.#now = options.now;
  }

  /**
   * @returns the event as it was written
   * @throws TypeError when it is not as `events.ts` declares it (a NaN, say); WriteError, also of an earlier delayed write
   */
  append(input: RunEventInput): RunEvent {
    if (this.#failure !== undefined) throw this.#failure;
    const result = runEvent.safeParse({ v: EVENT_VERSION, time: this.#now(), ...input });
    if (!result.success) throw new TypeError(`event "${input.type}": ${schemaFault(result.error)}`);
    this.#waiting += `${JSON.stringify(result.data)}\n`;
    if (!FREQUENT.has(input.type) || this.#waiting.length > MOST_WAITING) this.flush();
    else {
      this.#timer ??= setTimeout(() => {
        try {
          this.flush();
        } catch (error) {
          this.#failure = error;
        }
      }, LONGEST_WAIT_MS).unref();
    }
    return result.data;
  }

  /** Writes what waits. @throws WriteError */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = "";
    if (waiting !== "") this.#file.append(waiting);
  }

  /** @throws WriteError */
  close(): void {
    try {
      this.flush();
    } finally {
      this.#file.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}
