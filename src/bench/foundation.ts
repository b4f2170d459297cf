/**
 * What a suite's methods stand on: the base policy and the judging scorers, trained once for a suite and its data with the
 * suite's own seed, and shared by all run seeds. Their keys name recipe and data, so a result is found again wherever the
 * artefacts lie.
 */
import type { ModelFolder } from "../lm/huggingface.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import { contentKey } from "../methods/task.js";
import type { ArtefactFolder, StoredTask } from "./artefacts.js";
import { scratchConfig } from "./job-runner.js";
import { judgeRecipe } from "./judges.js";
import type { Session } from "./session.js";
import type { Suite } from "./suite.js";
import type { Estimate } from "./summary.js";

export interface Ground {
  readonly suite: Suite;
  readonly dataHash: string;
  /** Worker threads; the base and the judges are trained alone and use them all. */
  readonly threads: number;
}

/** Names the training of a suite's base: its recipe, and the data. */
export function baseKey({ suite, dataHash }: Ground): string {
  return contentKey({ sft: suite.base, data: dataHash, limits: suite.data });
}

/** Trains the suite's base from scratch. The pool must be set up without a base. */
export async function trainBase(
  session: Session,
  artefacts: ArtefactFolder,
  ground: Ground,
  tokenizer: Tokenizer,
): Promise<{ readonly model: ModelFolder; readonly stored: StoredTask }> {
  const { suite, threads } = ground;
  const key = baseKey(ground);
  const values = suite.values.map((value) => value.name);
  const stored = await session.task(
    {
      kind: "task",
      key,
      label: "base/sft",
      task: { kind: "sft", values, settings: suite.base.sft },
      seed: suite.base.seed,
      budgetFlops: null,
      split: "train",
      threads,
    },
    0,
  );
  const weights = artefacts.readTensors({ task: key, name: "weights" });
  return { model: { config: scratchConfig(suite, tokenizer), weights, tokenizer }, stored };
}

/** Names a suite's judges; `null` where gold rules judge. The recipe, and nothing else of the suite: other methods or
 * budgets are judged by the same judges. */
export function judgesKey({ suite, dataHash }: Ground, baseHash: string): string | null {
  const recipe = judgeRecipe(suite);
  if (recipe === null) return null;
  const { task, seed } = recipe;
  return contentKey({ judge: task, seed, base: baseHash, data: dataHash, limits: suite.data });
}

/** Trains the suite's judges on the scorer split; `null` where gold rules judge. */
export async function trainJudges(session: Session, ground: Ground, baseHash: string): Promise<StoredTask | null> {
  const { suite, threads } = ground;
  const recipe = judgeRecipe(suite);
  const key = judgesKey(ground, baseHash);
  if (recipe === null || key === null) return null;
  return session.task(
    {
      kind: "task",
      key,
      label: "scorers/judges",
      task: recipe.task,
      seed: recipe.seed,
      budgetFlops: null,
      split: "scorer",
      threads,
    },
    0,
  );
}

/** Held-out accuracy by value, as far as the judges' training reported it. */
export function judgesAccuracy(suite: Suite, stored: StoredTask): Estimate[] {
  return suite.values.map(({ name }) => {
    const found = stored.summary.rewardAccuracy?.find((entry) => entry.value === name);
    // Held out were none: anything is possible, and that is no ruler.
    if (found === undefined) return { value: 0.5, low: 0, high: 1 };
    return { value: found.accuracy, low: found.low, high: found.high };
  });
}
