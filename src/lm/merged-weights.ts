/**
 * A mixture merged into the weights by the engine: W + Σ_k c_k·s_k·B_k·A_k of every adapted module, in both layouts that
 * generation wants. Where many rows share one mixture, feeding these is cheaper than the bank's low-rank products.
 * (`merge.ts` does the same in double precision, for export.)
 */
import * as tf from "@tensorflow/tfjs";
import type { Engine, Executable, TensorMap, TfTensors } from "../engine/engine.js";
import { float32, specsOf } from "../engine/engine.js";
import type { Adapter, Bank } from "./adapters.js";
import { stackBank } from "./adapters.js";
import type { BlockModule, DecoderConfig } from "./config.js";
import { moduleName } from "./config.js";
import type { Group } from "./fused-weights.js";
import { GROUPS } from "./fused-weights.js";

export interface MergedWeights {
  /** Under Hugging Face's names. */
  readonly weights: TensorMap;
  /** As `fuseWeights` lays them out. */
  readonly fused: TensorMap;
}

export class WeightMerger {
  private bank: Bank;
  private executable: Promise<Executable> | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly config: DecoderConfig,
    private readonly base: MergedWeights,
    adapters: readonly Adapter[],
  ) {
    this.bank = stackBank(adapters);
  }

  /** Puts other adapters in their place; of the same shapes, they need no new executable. */
  replaceAdapters(adapters: readonly Adapter[]): void {
    const before = layoutOf(this.bank);
    this.bank = stackBank(adapters);
    if (layoutOf(this.bank) !== before) void this.dispose();
  }

  /** @param coefficients one an adapter. */
  async merge(coefficients: readonly number[]): Promise<MergedWeights> {
    this.executable ??= this.compile();
    const merged = await (await this.executable).run({
      coefficients: float32([1, this.bank.size], coefficients),
      ...this.bank.tensors,
    });
    const weights = { ...this.base.weights };
    const fused = { ...this.base.fused };
    for (const [name, tensor] of Object.entries(merged)) (name in weights ? weights : fused)[name] = tensor;
    return { weights, fused };
  }

  async dispose(): Promise<void> {
    const { executable } = this;
    this.executable = undefined;
    (await executable)?.dispose();
  }

  private compile(): Promise<Executable> {
    const { bank, config } = this;
    for (const module of bank.scales.keys()) {
      if (!(`${module}.weight` in this.base.weights)) throw new Error(`there is no weight for the adapters' ${module}`);
    }
    const groups = (Object.keys(GROUPS) as Group[]).map((group) => ({
      group,
      modules: GROUPS[group] as readonly BlockModule[],
    }));
    return this.engine.compile(
      "merge weights",
      ({ inputs, constants }) => {
        const get = (name: string): tf.Tensor => {
          const tensor = inputs[name] ?? constants[name];
          if (tensor === undefined) throw new Error(`merging needs "${name}"`);
          return tensor;
        };
        const outputs: TfTensors = {};
        for (const [module, scales] of bank.scales) {
          const scale = tf.matMul(get("coefficients"), get(scales));
          const delta = tf.matMul(tf.mul(get(`${module}.bank_B`), scale), get(`${module}.bank_A`));
          outputs[`${module}.weight`] = tf.add(get(`${module}.weight`), delta);
        }
        for (let layer = 0; layer < config.layers; layer++) {
          for (const { group, modules } of groups) {
            const names = modules.map((module) => `${moduleName(layer, module)}.weight`);
            if (!names.some((name) => name in outputs)) continue;
            const parts = names.map((name) => tf.transpose(outputs[name] ?? get(name)));
            outputs[`${layer}.${group}`] = parts.length === 1 ? (parts[0] as tf.Tensor) : tf.concat(parts, 1);
          }
        }
        return { outputs };
      },
      {
        inputs: { coefficients: { dtype: "float32", shape: [1, bank.size] }, ...specsOf(bank.tensors) },
        constants: this.base.weights,
      },
    );
  }
}

function layoutOf(bank: Bank): string {
  return `${bank.size}: ${Object.entries(bank.tensors).map(([name, { shape }]) => `${name}[${shape}]`)}`;
}
