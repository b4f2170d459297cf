/**
 * Follows `events.jsonl` by its bytes: each call reads what has been added and nothing twice. A last line without a line
 * end is left for later. Of a long history only some training steps are parsed, evenly and with every training's last:
 * a curve has a few hundred columns, and opening a run of a million events should not take longer than looking at it.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { EVENT_TYPES, EVENT_VERSION, type RunEvent, type RunEventOf, runEvent } from "../../bench/files/events.js";
import { schemaFault } from "../../bench/files/schema-fault.js";
import { InputError } from "../../data/errors.js";

const BLOCK = 1 << 22;
const LINE_END = 10;
/** A line as the log writes it: version, 13 digits of time, type. */
const TYPE_AT = '{"v":1,"time":1234567890123,'.length;
const STEP_TYPE = Buffer.from('"type":"train-step",');
/** Bytes of an event, for guessing how many there are. */
const TYPICAL_LINE = 300;
const MOST_STEPS = 12_000;

export interface EventTailOptions {
  /** Training steps parsed at most, of what is there already when the file is opened. */
  readonly mostSteps?: number;
}

export class EventTail {
  readonly #fd: number;
  readonly #mostSteps: number;
  /** Start of the first line that is not read yet. */
  #position = 0;
  #line = 0;
  #block = Buffer.allocUnsafe(BLOCK);
  #caughtUp = false;
  /** Events of types that a later version added. */
  unknown = 0;

  /** @throws InputError when the file cannot be opened */
  constructor(
    readonly path: string,
    options: EventTailOptions = {},
  ) {
    this.#mostSteps = options.mostSteps ?? MOST_STEPS;
    try {
      this.#fd = openSync(path, "r");
    } catch (cause) {
      throw new InputError(`${path}: cannot be opened; is this a run folder?`, { cause });
    }
  }

  /**
   * The events that have come since the last call.
   * @throws InputError naming file and line: a damaged line, a newer version's file, or one that has become shorter
   */
  *next(): Generator<RunEvent> {
    const { size } = fstatSync(this.#fd);
    if (size < this.#position) throw new InputError(`${this.path}: has become shorter while it was read`);
    const history = !this.#caughtUp;
    const stride = history ? Math.max(1, Math.round(size / TYPICAL_LINE / this.#mostSteps)) : 1;
    this.#caughtUp = true;
    /** Bytes of each training's last step that was passed over, and its line. */
    const passed = new Map<string, readonly [position: number, length: number, line: number]>();
    let steps = 0;
    for (;;) {
      const read = readSync(this.#fd, this.#block, 0, this.#block.length, this.#position);
      const bytes = this.#block.subarray(0, read);
      const whole = bytes.lastIndexOf(LINE_END) + 1;
      if (whole === 0) {
        if (read < this.#block.length) break;
        this.#block = Buffer.allocUnsafe(this.#block.length * 2);
        continue;
      }
      const start = this.#position;
      this.#position += whole;
      for (let from = 0; from < whole; ) {
        const end = bytes.indexOf(LINE_END, from);
        this.#line++;
        if (stride > 1 && isStep(bytes, from)) {
          const task = taskOf(bytes, from, end);
          if (steps++ % stride !== 0) {
            passed.set(task, [start + from, end - from, this.#line]);
            from = end + 1;
            continue;
          }
          passed.delete(task);
        }
        if (end > from) {
          const event = this.#parse(bytes.toString("utf8", from, end), this.#line);
          if (event !== undefined) yield event;
        }
        from = end + 1;
      }
      if (read < this.#block.length) break;
    }
    for (const [position, length, line] of passed.values()) {
      const bytes = Buffer.allocUnsafe(length);
      readSync(this.#fd, bytes, 0, length, position);
      const event = this.#parse(bytes.toString("utf8"), line);
      if (event !== undefined) yield event;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #parse(text: string, line: number): RunEvent | undefined {
    const fail = (detail: string): never => {
      throw new InputError(`${this.path}: line ${line} ${detail}`);
    };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fail("is not JSON; the file is damaged");
    }
    if (isPlainStep(value)) return value;
    const result = runEvent.safeParse(value);
    if (result.success) return result.data;
    const { v, type } = (value ?? {}) as { v?: unknown; type?: unknown };
    if (typeof v === "number" && v > EVENT_VERSION) {
      return fail(`is of version ${v}, and this program reads up to ${EVENT_VERSION}; update mva-bench`);
    }
    if (v === EVENT_VERSION && typeof type === "string" && !EVENT_TYPES.has(type)) {
      this.unknown++;
      return undefined;
    }
    return fail(`is no event: ${schemaFault(result.error)}`);
  }
}

function isStep(bytes: Buffer, from: number): boolean {
  const at = from + TYPE_AT;
  return bytes.compare(STEP_TYPE, 0, STEP_TYPE.length, at, Math.min(bytes.length, at + STEP_TYPE.length)) === 0;
}

/** What names the training: the bytes between the type and the step's number. */
function taskOf(bytes: Buffer, from: number, end: number): string {
  const at = from + TYPE_AT + STEP_TYPE.length;
  const text = bytes.toString("latin1", at, Math.min(end, at + 400));
  const stop = text.indexOf('"step":');
  return stop < 0 ? text : text.slice(0, stop);
}

const STRINGS = ["method", "task"] as const;
const NUMBERS = ["time", "seed", "step", "steps"] as const;
const OTHERS: ReadonlySet<string> = new Set(["v", "type", "more", ...STRINGS]);

/** The same check as the schema's, for the one type that comes by the thousand. */
function isPlainStep(value: unknown): value is RunEventOf<"train-step"> {
  if (typeof value !== "object" || value === null) return false;
  const event = value as Record<string, unknown>;
  if (event.v !== EVENT_VERSION || event.type !== "train-step") return false;
  if (!STRINGS.every((key) => typeof event[key] === "string")) return false;
  if (!NUMBERS.every((key) => typeof event[key] === "number" && event[key] >= 0)) return false;
  for (const key in event) if (!OTHERS.has(key) && typeof event[key] !== "number") return false;
  const { more } = event;
  if (more === undefined) return true;
  if (typeof more !== "object" || more === null || Array.isArray(more)) return false;
  return Object.values(more).every((number) => typeof number === "number");
}
