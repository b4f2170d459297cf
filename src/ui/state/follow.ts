/** A run as it is seen from its folder: reads what is new, finds out when its process has died, fetches the summary. */
import { existsSync, readFileSync } from "node:fs";
import { folderUse } from "../../bench/files/folder-lock.js";
import { runFiles } from "../../bench/files/run-files.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { readSummary } from "../../report/summary-schema.js";
import { EventTail, type EventTailOptions } from "./event-tail.js";
import { RunState } from "./run-state.js";

export class RunFollower {
  readonly state = new RunState();
  /** Why nothing more is read; undefined while all is well. */
  fault: string | undefined;
  #tail: EventTail | undefined;
  #askedForSummary = false;

  constructor(
    readonly folder: string,
    readonly options: EventTailOptions = {},
  ) {}

  /** Reads what is new. @returns whether anything has changed */
  poll(): boolean {
    const { state } = this;
    const before = state.revision;
    const faultBefore = this.fault;
    // Asked before the events are read: a run that ends in between has said so in them.
    const use = state.over ? undefined : folderUse(this.folder);
    this.#read();
    if (use !== undefined && use !== "live" && state.status.kind === "running") state.lose();
    if (state.status.kind === "finished" && state.summary === undefined && !this.#askedForSummary) this.#fetchSummary();
    return state.revision !== before || this.fault !== faultBefore;
  }

  close(): void {
    this.#tail?.close();
    this.#tail = undefined;
  }

  #read(): void {
    if (this.fault !== undefined) return;
    try {
      const path = runFiles(this.folder).events;
      if (this.#tail === undefined) {
        if (!existsSync(path)) return;
        this.#tail = new EventTail(path, this.options);
      }
      for (const event of this.#tail.next()) {
        if (event.type === "run-started") this.#askedForSummary = false;
        this.state.apply(event);
      }
    } catch (error) {
      this.fault = sanitise(error instanceof Error ? error.message : String(error));
    }
  }

  #fetchSummary(): void {
    this.#askedForSummary = true;
    try {
      const path = runFiles(this.folder).summary;
      this.state.summary = readSummary(readFileSync(path, "utf8"), path);
    } catch (error) {
      this.state.say(this.state.lastMs ?? 0, "bad", sanitise(error instanceof Error ? error.message : String(error)));
    }
    this.state.revision++;
  }
}
