/** Samples replies from the policy that is being trained, at temperature 1: PPO's ratios are those of what was sampled. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../engine/index.js";
import { int32 } from "../engine/index.js";
import type { AdapterConfig } from "../lm/adapters.js";
import { singleAdapter } from "../lm/adapters.js";
import { decoderHidden, logitsAt } from "../lm/decoder.js";
import type { Rollout } from "./ppo-rewards.js";
import { deriveSeed } from "./seeds.js";
import type { TaskEnv, TrainingPrompt } from "./task.js";

export class RolloutSampler {
  private constructor(
    readonly env: TaskEnv,
    readonly adapter: AdapterConfig,
    readonly maxNewTokens: number,
    readonly seed: number,
  ) {}

  static async open(env: TaskEnv, adapter: AdapterConfig, maxNewTokens: number, seed: number): Promise<RolloutSampler> {
    return new RolloutSampler(env, adapter, maxNewTokens, seed);
  }

  async sample(tensors: TensorMap, prompts: readonly TrainingPrompt[], first: number): Promise<Rollout[]> {
    const { config, weights } = this.env.model;
    const rows = prompts.length;
    const longest = Math.max(...prompts.map((p) => p.tokens.length));
    const length = Math.ceil((longest + this.maxNewTokens) / 16) * 16;
    const specs = Object.fromEntries(Object.entries(tensors).map(([k, v]) => [k, { dtype: v.dtype, shape: v.shape }]));
    const executable = await this.env.executables.get(`slow-rollout/${rows}x${length}`, () => ({
      program: ({ inputs, constants }) => {
        const { tokens, positions, segments, at } = inputs as Record<string, tf.Tensor>;
        const bank = singleAdapter(config, this.adapter, inputs);
        const hidden = decoderHidden(config, constants, { tokens, positions, segments } as never, bank);
        return { outputs: { logProbs: tf.logSoftmax(logitsAt(config, constants, hidden, at as tf.Tensor)) } };
      },
      signature: {
        inputs: {
          tokens: { dtype: "int32", shape: [rows, length] },
          positions: { dtype: "int32", shape: [rows, length] },
          segments: { dtype: "int32", shape: [rows, length] },
          at: { dtype: "int32", shape: [rows] },
          ...specs,
        },
        constants: weights,
      },
    }));
    const tokens = new Int32Array(rows * length);
    const segments = new Int32Array(rows * length).fill(-1);
    const positions = Int32Array.from({ length: rows * length }, (_, i) => i % length);
    const at = new Int32Array(rows);
    const state = prompts.map((prompt, i) => {
      tokens.set(prompt.tokens, i * length);
      segments.fill(0, i * length, i * length + prompt.tokens.length);
      at[i] = i * length + prompt.tokens.length - 1;
      return {
        random: xoroshiro128plus(deriveSeed(this.seed, prompt.key, `${first + i}`)),
        out: [] as number[],
        logProbs: [] as number[],
        ended: false,
      };
    });
    for (let t = 0; t < this.maxNewTokens && state.some((s) => !s.ended); t++) {
      const { logProbs } = await executable.run({
        tokens: int32([rows, length], tokens),
        positions: int32([rows, length], positions),
        segments: int32([rows, length], segments),
        at: int32([rows], at),
        ...tensors,
      });
      const data = logProbs?.data ?? new Float32Array();
      state.forEach((s, i) => {
        if (s.ended) return;
        const u = uniformFloat64(s.random);
        let sum = 0;
        let pick = config.vocabSize - 1;
        for (let v = 0; v < config.vocabSize; v++) {
          sum += Math.exp(data[i * config.vocabSize + v] ?? 0);
          if (u < sum) {
            pick = v;
            break;
          }
        }
        s.out.push(pick);
        s.logProbs.push(data[i * config.vocabSize + pick] ?? 0);
        if (config.eosTokenIds.includes(pick)) s.ended = true;
        else {
          at[i] = (at[i] ?? 0) + 1;
          tokens[at[i] as number] = pick;
          segments[at[i] as number] = 0;
        }
      });
    }
    return state.map((s, i) => ({
      prompt: prompts[i] as TrainingPrompt,
      response: Int32Array.from(s.out),
      ended: s.ended,
      logProbs: s.logProbs,
    }));
  }

  async dispose(): Promise<void> {}
}
