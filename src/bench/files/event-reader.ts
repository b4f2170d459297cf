/** Reads `events.jsonl`, of a finished run or of one that is still writing. */
import { InputError } from "../../data/errors.js";
import { EVENT_TYPES, EVENT_VERSION, type RunEvent, runEvent } from "./events.js";
import { type JsonLine, JsonLinesReader } from "./json-lines.js";
import { schemaFault } from "./schema-fault.js";

export class EventReader {
  readonly #lines: JsonLinesReader;
  #unknown = 0;

  /** @throws InputError when the file cannot be opened */
  constructor(path: string) {
    this.#lines = new JsonLinesReader(path);
  }

  /** Events left out because a later version of this program added their type. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Whether the file ends in a line that is not whole (yet). */
  get cut(): boolean {
    return this.#lines.cut;
  }

  /**
   * The events that have come since the last call, as they are read.
   * @throws InputError naming file, line and key: a damaged line, or a file that a newer version wrote
   */
  *next(): Generator<RunEvent> {
    for (const line of this.#lines.next()) {
      const event = this.#parse(line);
      if (event !== undefined) yield event;
    }
  }

  close(): void {
    this.#lines.close();
  }

  #parse({ value, line }: JsonLine): RunEvent | undefined {
    const result = runEvent.safeParse(value);
    if (result.success) return result.data;
    const fail = (detail: string): never => {
      throw new InputError(`${this.#lines.path}: line ${line}, ${detail}`);
    };
    if (typeof value !== "object" || value === null) return fail("is not an event");
    const { v, type } = value as { v?: unknown; type?: unknown };
    if (typeof v === "number" && v > EVENT_VERSION) {
      return fail(`is of version ${v}, and this program reads up to ${EVENT_VERSION}; update mva-bench`);
    }
    if (v === EVENT_VERSION && typeof type === "string" && !EVENT_TYPES.has(type)) {
      this.#unknown++;
      return undefined;
    }
    return fail(schemaFault(result.error));
  }
}

/** All events of a file. @throws InputError */
export function readEvents(path: string): RunEvent[] {
  const reader = new EventReader(path);
  try {
    return [...reader.next()];
  } finally {
    reader.close();
  }
}
