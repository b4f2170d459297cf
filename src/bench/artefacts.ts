/**
 * Results of jobs in the run folder: `checkpoints/<key>/`, one safetensors file an artefact and a JSON file written last,
 * which says that the result is whole.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TensorMap } from "../engine/engine.js";
import { writeFileAtomic } from "../lm/atomic-file.js";
import { readSafetensors, writeSafetensors } from "../lm/safetensors.js";
import type { ArtefactRef, TaskSummary } from "../methods/task.js";

export interface StoredTask {
  readonly artefacts: readonly string[];
  readonly summary: TaskSummary;
  readonly seconds: number;
}

export class ArtefactFolder {
  constructor(readonly folder: string) {}

  path(key: string, file: string): string {
    return join(this.folder, key, file);
  }

  writeTensors(ref: ArtefactRef, tensors: TensorMap): void {
    mkdirSync(join(this.folder, ref.task), { recursive: true });
    writeSafetensors(this.path(ref.task, `${ref.name}.safetensors`), tensors);
  }

  readTensors(ref: ArtefactRef): TensorMap {
    return readSafetensors(this.path(ref.task, `${ref.name}.safetensors`));
  }

  writeJson(key: string, file: string, value: unknown): void {
    mkdirSync(join(this.folder, key), { recursive: true });
    writeFileAtomic(this.path(key, file), `${JSON.stringify(value)}\n`);
  }

  /** @returns undefined when this result is not there (yet) */
  readJson<T>(key: string, file: string): T | undefined {
    const path = this.path(key, file);
    if (!existsSync(path)) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as T;
  }

  remove(key: string, file: string): void {
    rmSync(this.path(key, file), { force: true });
  }

  /** Saved states of a training that has ended since. */
  removePartial(key: string): void {
    this.remove(key, "partial.json");
    for (const file of readdirSync(join(this.folder, key))) if (file.startsWith("partial-")) this.remove(key, file);
  }
}
