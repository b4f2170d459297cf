/**
 * Judges for few pairs: the base stays as it is, and each value gets one linear Bradley–Terry head on the mean of its hidden
 * states over a reply. Some hundreds of pairs are enough for that, and too few to train a trunk.
 *
 * The accuracy is cross-fitted: the pairs are cut into folds by prompt, each fold is judged by heads fitted on the others, and
 * all pairs count. It is that of the recipe on a little less data than the heads that judge have seen.
 */
import { float32 } from "../engine/index.js";
import { countSequences, forwardFlops } from "../lm/flops.js";
import type { HeldOutAccuracy } from "../rewards/accuracy.js";
import { heldOutAccuracy } from "../rewards/accuracy.js";
import { pooledFeatures } from "../rewards/pooled-features.js";
import { SCORE_WEIGHT } from "../rewards/reward-model.js";
import { dot, fitBradleyTerry } from "../rewards/ridge-bradley-terry.js";
import { promptFraction } from "./prompt-fraction.js";
import type { PreferencePair, TaskEnv, TaskOutput, TaskRun } from "./task.js";

export interface LinearProbeSettings {
  /** Weight of |u|²/2 in the loss a pair, in units of standardised features. */
  readonly ridge: number;
  /** Parts of the pairs for the cross-fitted accuracy; at least 2. */
  readonly folds: number;
}

export interface LinearProbeTask {
  readonly kind: "linear-probe";
  /** One head each, in this order. */
  readonly values: readonly string[];
  readonly settings: LinearProbeSettings;
}

/** Name of the artefact: `score.weight` float32 [values, hidden]. */
export const LINEAR_PROBE = "linear-probe";

interface Judged {
  readonly fold: number;
  /** Features of the chosen less those of the rejected reply. */
  readonly difference: Float64Array;
}

/** @throws Error when a value has fewer than two pairs */
export async function trainLinearProbe(task: LinearProbeTask, env: TaskEnv, run: TaskRun): Promise<TaskOutput> {
  const { values, settings } = task;
  const { config } = env.model;
  const heads = new Float32Array(values.length * config.hiddenSize);
  const rewardAccuracy: HeldOutAccuracy[] = [];
  for (const [k, value] of values.entries()) {
    run.signal.throwIfAborted();
    const pairs = env.pairs[value] ?? [];
    if (pairs.length < 2) throw new Error(`judges: ${pairs.length} pairs of value "${value}"; at least 2 are needed`);
    const judged = await judge(pairs, settings.folds, env, run);
    heads.set(
      fitBradleyTerry(
        judged.map(({ difference }) => difference),
        settings.ridge,
      ),
      k * config.hiddenSize,
    );
    const margins = crossFittedMargins(judged, settings);
    // All prompts in one fold: nothing can be held out.
    if (margins.length > 0) rewardAccuracy.push(heldOutAccuracy(value, margins));
  }
  const ledger = run.ledger.entries();
  return {
    artefacts: { [LINEAR_PROBE]: { [SCORE_WEIGHT]: float32([values.length, config.hiddenSize], heads) } },
    summary: { steps: 0, curve: [], planned: ledger, ledger, rewardAccuracy },
  };
}

async function judge(
  pairs: readonly PreferencePair[],
  folds: number,
  env: TaskEnv,
  run: TaskRun,
): Promise<readonly Judged[]> {
  const rows = pairs.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, response: chosen },
    { prompt, response: rejected },
  ]);
  const count = { ...countSequences(rows), logits: 0 };
  run.ledger.charge("reward-model", { tokens: count.tokens, flops: forwardFlops(env.model.config, count) });
  const features = await pooledFeatures(env.model, rows, { programs: env.executables, key: "base" });
  return pairs.map(({ prompt }, i) => ({
    fold: Math.floor(promptFraction(prompt) * folds),
    difference: Float64Array.from(features[2 * i] ?? [], (x, at) => x - (features[2 * i + 1]?.[at] ?? Number.NaN)),
  }));
}

/** `r(chosen) − r(rejected)` of each pair under heads that have not seen its prompt. */
function crossFittedMargins(judged: readonly Judged[], { folds, ridge }: LinearProbeSettings): number[] {
  const margins: number[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = judged.filter((pair) => pair.fold === fold);
    const others = judged.filter((pair) => pair.fold !== fold);
    if (held.length === 0 || others.length === 0) continue;
    const head = fitBradleyTerry(
      others.map(({ difference }) => difference),
      ridge,
    );
    margins.push(...held.map(({ difference }) => dot(head, difference)));
  }
  return margins;
}
