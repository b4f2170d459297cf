/**
 * The course of every training, from `events.jsonl`, in a bounded amount of memory however long the run: steps are
 * gathered into bins, and a bin is the mean of its steps.
 */
import { existsSync } from "node:fs";
import { EventReader } from "../bench/files/event-reader.js";
import type { RunEventOf } from "../bench/files/events.js";

/** A point of a curve stands for a fortieth of the training. */
export const BINS = 40;

/** What is drawn, and what it is called. */
export const MEASURES = {
  loss: "loss",
  rewardAccuracy: "reward accuracy",
  reward: "reward",
  kl: "KL, nats",
  penalty: "penalty",
} as const;
export type TrainingMeasure = keyof typeof MEASURES;

export interface TrainingCurve {
  readonly seed: number;
  readonly method: string;
  /** Which of the method's trainings, as the run calls it, e.g. `dpo helpful 1`. */
  readonly task: string;
  /** Steps that were planned. */
  readonly steps: number;
  /** `[step, mean over the bin]`, in order; a measure that the training does not report is absent. */
  readonly measures: Readonly<Partial<Record<TrainingMeasure, readonly (readonly [number, number])[]>>>;
}

/**
 * @returns one a training, in the order they began; none where the run kept no events
 * @throws InputError for a damaged file
 */
export function trainingCurves(path: string): TrainingCurve[] {
  if (!existsSync(path)) return [];
  const found = new Map<string, { first: RunEventOf<"train-step">; bins: Map<TrainingMeasure, Bin[]> }>();
  const reader = new EventReader(path);
  try {
    for (const event of reader.next()) {
      if (event.type !== "train-step") continue;
      const key = JSON.stringify([event.seed, event.method, event.task]);
      let training = found.get(key);
      if (training === undefined || event.step <= 1) {
        training = { first: event, bins: new Map() };
        found.set(key, training);
      }
      gather(training.bins, event);
    }
  } finally {
    reader.close();
  }
  return [...found.values()].map(({ first, bins }) => ({
    seed: first.seed,
    method: first.method,
    task: first.task,
    steps: first.steps,
    measures: Object.fromEntries([...bins].map(([measure, all]) => [measure, points(all)])),
  }));
}

interface Bin {
  steps: number;
  values: number;
  count: number;
}

function gather(bins: Map<TrainingMeasure, Bin[]>, event: RunEventOf<"train-step">): void {
  const at = Math.min(BINS - 1, Math.floor(((event.step - 1) / Math.max(1, event.steps)) * BINS));
  for (const measure of Object.keys(MEASURES) as TrainingMeasure[]) {
    const value = measure === "reward" ? event.more?.["reward"] : event[measure];
    if (value === undefined) continue;
    const own = bins.get(measure) ?? [];
    bins.set(measure, own);
    const bin = own[at] ?? { steps: 0, values: 0, count: 0 };
    own[at] = bin;
    bin.steps += event.step;
    bin.values += value;
    bin.count++;
  }
}

function points(bins: readonly (Bin | undefined)[]): [number, number][] {
  // Bins that no step fell into are holes of a sparse array.
  return bins.flatMap((bin): [number, number][] =>
    bin === undefined ? [] : [[bin.steps / bin.count, bin.values / bin.count]],
  );
}
