/** Samples replies from the policy that is being trained, at temperature 1: PPO's ratios are those of what was sampled. */
import type { TensorMap } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { initAdapter } from "../lm/adapters.js";
import { Generator } from "../lm/generate.js";
import type { Rollout } from "./ppo-rewards.js";
import type { TaskEnv, TrainingPrompt } from "./task.js";
import { contentKey } from "./task.js";

export class RolloutSampler {
  readonly #generator: Generator;

  constructor(
    readonly env: TaskEnv,
    readonly adapter: AdapterConfig,
    readonly limits: { readonly rows: number; readonly maxNewTokens: number },
    readonly seed: number,
  ) {
    const { engine, model, executables } = env;
    // The tensors only give the shapes: each rollout brings its own.
    this.#generator = executables.holder(`ppo-rollouts/${limits.rows}/${contentKey(adapter)}`, () => {
      const start = [{ config: adapter, tensors: initAdapter(model.config, adapter, 0).tensors }];
      return new Generator(engine, model, start, { maxRows: limits.rows });
    });
  }

  /** One reply a prompt; `first` numbers the samples, so that no two draws of a training share their noise. */
  async sample(
    tensors: TensorMap,
    prompts: readonly TrainingPrompt[],
    first: number,
    signal: AbortSignal,
  ): Promise<Rollout[]> {
    this.#generator.replaceAdapters([{ config: this.adapter, tensors }]);
    const replies = await this.#generator.generate(
      prompts.map(({ tokens, key }, i) => ({ prompt: tokens, promptKey: key, sample: first + i, coefficients: [1] })),
      {
        maxNewTokens: this.limits.maxNewTokens,
        temperature: 1,
        stopIds: this.env.model.config.eosTokenIds,
        seed: this.seed,
        logProbs: true,
        signal,
      },
    );
    return prompts.map((prompt, i) => {
      const { tokens = new Int32Array(), ended = false, logProbs = [] } = replies[i] ?? {};
      return { prompt, response: tokens, ended, logProbs };
    });
  }
}
