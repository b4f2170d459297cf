/**
 * Looks at a policy in training, for those who watch: its replies to a few validation prompts, scored by the run's ruler.
 * No method sees what is found, nothing follows from it, and no random stream of the training is touched: a reply's noise
 * is keyed by seed, prompt and sample. What it costs is entered in the ledger and charged to nobody.
 */
import type { AdapterConfig } from "../lm/adapters.js";
import { countGeneration, forwardFlops } from "../lm/flops.js";
import type { PolicyProbe, Task, TaskEvent } from "../methods/task.js";
import { mean } from "../metrics/index.js";
import type { ScoredReplies, ScoreJob } from "./jobs.js";
import { type ScoringEnv, scoreReplies } from "./scoring.js";

/** A look takes the first so many prompts of validation. */
export const PROBE_PROMPTS = 48;

/** The adapter that a task trains towards a policy of its own; undefined for what is no policy. */
export function probedAdapter(task: Task): AdapterConfig | undefined {
  switch (task.kind) {
    case "dpo":
    case "modpo":
      return task.settings.adapter;
    case "ppo":
      return task.adapter;
    case "sft":
    case "average":
    case "reward-model":
    case "linear-probe":
      return undefined;
    default:
      return task satisfies never;
  }
}

export interface ProbeOptions {
  /** A training's steps are looked at so many times, evenly, the last one among them. */
  readonly looks: number;
  readonly label: string;
  readonly seed: number;
  readonly adapter: AdapterConfig;
  /** With all prompts of validation. */
  readonly scoring: ScoringEnv;
  readonly emit: (event: TaskEvent) => void;
  /** Seconds. */
  readonly clock: () => number;
}

export function policyProbe({ looks, label, seed, adapter, scoring, emit, clock }: ProbeOptions): PolicyProbe {
  const prompts = scoring.prompts.slice(0, PROBE_PROMPTS);
  return {
    due: (step, steps) => (step * looks) % steps < looks,
    async look(step, steps, tensors) {
      const started = clock();
      let flops = 0;
      const job: Pick<ScoreJob, "seed" | "policies" | "kl"> = { seed, policies: [[1]], kl: false };
      const env: ScoringEnv = {
        ...scoring,
        prompts,
        onGenerated: (rows) => {
          flops += forwardFlops(scoring.model.config, countGeneration(rows), [adapter]);
        },
      };
      const found = await scoreReplies(env, job, [{ config: adapter, tensors }]);
      const means = meansOf(found, scoring.suite.values.length);
      emit({
        type: "task-probe",
        ...{ task: label, step, steps, prompts: prompts.length, means, flops, seconds: clock() - started },
      });
    },
  };
}

/** Over prompts and samples; a score that is no number is left out. */
function meansOf({ replies }: ScoredReplies, values: number): number[] {
  const all = replies.flat(2);
  return Array.from({ length: values }, (_, v) => {
    const known = all.map(({ scores }) => scores[v]).filter((score) => typeof score === "number");
    return known.length === 0 ? 0 : mean(known);
  });
}
