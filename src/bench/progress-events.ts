/** From what a session reports to the events that are written down. */
import type { RunFolder } from "./run-folder.js";
import type { Progress } from "./session.js";

/** What a live reader of `events.jsonl` sees of a job. */
export function logProgress(log: Pick<RunFolder, "event">, progress: Progress): void {
  if (progress.type === "job-shared") {
    const [method = "", task = ""] = progress.label.split("/");
    const [other = "", withTask = ""] = progress.with.split("/");
    if (method !== other) {
      log.event({ type: "task-shared", seed: progress.seed, method, task, with: other, withTask });
    }
    return;
  }
  if (progress.type !== "task") return;
  const { event, seed } = progress;
  const [method = "", task = ""] = progress.label.split("/");
  if (event.type === "task-planned") {
    log.event({ type: "task-planned", seed, method, task, steps: event.steps, flops: event.flops });
    return;
  }
  if (event.type === "task-probe") {
    const { type: _, task: __, means, ...found } = event;
    log.event({ type: "probe", seed, method, task, means: [...means], ...found });
    return;
  }
  const named: Partial<Record<(typeof stepNumbers)[number], number>> = {};
  const more: Record<string, number> = {};
  for (const [name, number] of Object.entries(event.curve)) {
    if (!Number.isFinite(number)) continue;
    const known = stepNumbers.find((key) => key === (name === "accuracy" ? "rewardAccuracy" : name));
    if (known === undefined) more[name] = number;
    else named[known] = number;
  }
  log.event({
    type: "train-step",
    seed,
    method,
    task,
    step: event.step,
    steps: event.steps,
    spentFlops: event.spentFlops,
    ...named,
    ...(Object.keys(more).length === 0 ? {} : { more }),
  });
}

/** The numbers of a step that the event schema knows by name; others go under `more`. */
const stepNumbers = [
  "loss",
  "rewardAccuracy",
  "margin",
  "kl",
  "penalty",
  "learningRate",
  "gradientNorm",
  "chosenShift",
] as const;
