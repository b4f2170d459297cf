/** Where the files of a run lie in its folder (PROTOCOL §7). */
import { join } from "node:path";

export interface RunFiles {
  readonly folder: string;
  readonly run: string;
  readonly events: string;
  readonly candidates: string;
  readonly prompts: string;
  readonly scores: string;
  readonly preferences: string;
  readonly samples: string;
  readonly ledger: string;
  readonly summary: string;
  readonly suiteLock: string;
  readonly lock: string;
}

export function runFiles(folder: string): RunFiles {
  return {
    folder,
    run: join(folder, "run.json"),
    events: join(folder, "events.jsonl"),
    candidates: join(folder, "candidates.csv"),
    prompts: join(folder, "prompts.csv"),
    scores: join(folder, "scores.csv"),
    preferences: join(folder, "preferences.csv"),
    samples: join(folder, "samples.jsonl"),
    ledger: join(folder, "ledger.csv"),
    summary: join(folder, "summary.json"),
    suiteLock: join(folder, "suite.lock.yaml"),
    lock: join(folder, "run.lock"),
  };
}

/** `adapters/<seed>/<method>/<name>/`, in PEFT layout. */
export function adapterFolder(folder: string, seed: number, method: string, name: string): string {
  return join(folder, "adapters", String(seed), method, name);
}
