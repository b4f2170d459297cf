/** Who scores replies in a suite: the gold rules of the embedded data, or the suite's judging reward model. */
import type { TokenizerFiles } from "../lm/tokenizer-files.js";
import type { ExecutableCache } from "../methods/executables.js";
import { REWARD_MODEL, type RewardModelTask } from "../methods/reward-model-task.js";
import type { ArtefactRef, TaskEnv } from "../methods/task.js";
import { createGoldScorer } from "../rewards/gold.js";
import { RewardModelScorer } from "../rewards/reward-model-scorer.js";
import type { Scorer } from "../rewards/scorer.js";
import type { ArtefactFolder } from "./artefacts.js";
import type { Suite } from "./suite.js";

/** The task that trains a suite's judges; `null` where gold rules judge. */
export function judgeTask(suite: Suite): RewardModelTask | null {
  if (suite.scorers.kind === "gold") return null;
  return { kind: "reward-model", values: suite.values.map((value) => value.name), settings: suite.scorers.train };
}

/** The artefact of a finished judge task. */
export function judgeArtefact(key: string): ArtefactRef {
  return { task: key, name: REWARD_MODEL };
}

/** @throws Error when the suite's judges were not trained before. */
export function openScorer(
  setup: { readonly suite: Suite; readonly judge?: ArtefactRef; readonly tokenizer: TokenizerFiles },
  artefacts: ArtefactFolder,
  model: TaskEnv["model"],
  programs: ExecutableCache,
): Scorer {
  const { suite, judge } = setup;
  if (suite.scorers.kind === "gold") return createGoldScorer();
  if (judge === undefined) throw new Error("the judging reward model is not trained yet");
  return new RewardModelScorer(
    {
      config: model.config,
      values: suite.values.map((value) => value.name),
      weights: artefacts.readTensors(judge),
    },
    model.tokenizer,
    { programs, key: judge.task },
  );
}
