/** Who scores replies in a suite: the gold rules of the embedded data, or judges trained on the suite's scorer split. */
import type { HostTensor } from "../engine/engine.js";
import type { TokenizerFiles } from "../lm/tokenizer-files.js";
import type { ExecutableCache } from "../methods/executables.js";
import { LINEAR_PROBE, type LinearProbeTask } from "../methods/linear-probe-task.js";
import { REWARD_MODEL, type RewardModelTask } from "../methods/reward-model-task.js";
import type { ArtefactRef, TaskEnv } from "../methods/task.js";
import { createGoldScorer } from "../rewards/gold.js";
import { LinearProbeScorer } from "../rewards/linear-probe-scorer.js";
import { SCORE_WEIGHT } from "../rewards/reward-model.js";
import { RewardModelScorer } from "../rewards/reward-model-scorer.js";
import type { Scorer } from "../rewards/scorer.js";
import type { ArtefactFolder } from "./artefacts.js";
import type { Suite } from "./suite.js";

export interface JudgeRecipe {
  readonly task: RewardModelTask | LinearProbeTask;
  readonly seed: number;
}

/** How a suite's judges are trained; `null` where gold rules judge. */
export function judgeRecipe({ scorers, values }: Suite): JudgeRecipe | null {
  const names = values.map((value) => value.name);
  switch (scorers.kind) {
    case "gold":
      return null;
    case "reward-model":
      return { task: { kind: "reward-model", values: names, settings: scorers.train }, seed: scorers.seed };
    case "linear-probe": {
      const { ridge, folds } = scorers;
      // Nothing is drawn: the fit is unique.
      return { task: { kind: "linear-probe", values: names, settings: { ridge, folds } }, seed: 0 };
    }
    default:
      return scorers satisfies never;
  }
}

/** The artefact of a suite's finished judges. */
export function judgeArtefact({ scorers }: Suite, key: string): ArtefactRef {
  return { task: key, name: scorers.kind === "linear-probe" ? LINEAR_PROBE : REWARD_MODEL };
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
  if (judge === undefined) throw new Error("the suite's judges are not trained yet");
  const values = suite.values.map((value) => value.name);
  const weights = artefacts.readTensors(judge);
  if (suite.scorers.kind === "linear-probe") {
    const heads = weights[SCORE_WEIGHT] as HostTensor;
    return new LinearProbeScorer({ trunk: model, values, heads }, { programs, key: "base" });
  }
  return new RewardModelScorer({ config: model.config, values, weights }, model.tokenizer, {
    programs,
    key: judge.task,
  });
}
