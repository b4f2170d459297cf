/**
 * LoRA adapters (Hu et al. 2021) and the bank that stacks several of them, so that one graph serves every mixture:
 * y = xWᵀ + Σ_k c[b,k] · s_k · (x A_kᵀ) B_kᵀ, with a coefficient per batch row b and adapter k.
 *
 * An adapter is a `TensorMap` with `<module>.lora_A` [rank, in] and `<module>.lora_B` [out, rank].
 */
import * as tf from "@tensorflow/tfjs";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { HostTensor, TensorMap, TfTensors } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import type { BlockModule, DecoderConfig } from "./config.js";
import { BLOCK_MODULES, moduleName, moduleShape } from "./config.js";

export interface AdapterConfig {
  readonly rank: number;
  /** The adapter's product is scaled by s = alpha / rank. */
  readonly alpha: number;
  /** Modules it sits on, by their short names: `q_proj`, `gate_proj`, … */
  readonly targets: readonly string[];
}

export interface Adapter {
  readonly config: AdapterConfig;
  readonly tensors: TensorMap;
}

/** s = alpha / rank. */
export function adapterScale(config: AdapterConfig): number {
  return config.alpha / config.rank;
}

/** @throws Error naming a target that no decoder block has. */
export function checkTargets(targets: readonly string[]): asserts targets is readonly BlockModule[] {
  for (const target of targets) {
    if (!(target in BLOCK_MODULES)) {
      throw new Error(`adapter target "${target}" is unknown; a decoder has ${Object.keys(BLOCK_MODULES).join(", ")}`);
    }
  }
  if (targets.length === 0) throw new Error("an adapter needs at least one target module");
}

/** Name and shape of an adapter's tensors, layer by layer. */
export function adapterShapes(
  config: DecoderConfig,
  adapter: AdapterConfig,
): Record<string, readonly [number, number]> {
  checkTargets(adapter.targets);
  const shapes: Record<string, readonly [number, number]> = {};
  for (let layer = 0; layer < config.layers; layer++) {
    for (const target of adapter.targets) {
      const [out, inner] = moduleShape(config, target);
      shapes[`${moduleName(layer, target)}.lora_A`] = [adapter.rank, inner];
      shapes[`${moduleName(layer, target)}.lora_B`] = [out, adapter.rank];
    }
  }
  return shapes;
}

/**
 * A fresh adapter as PEFT makes it: A Kaiming-uniform with a = √5, which is U(−1/√in, 1/√in), and B zero, so that the
 * policy starts at the base.
 */
export function initAdapter(config: DecoderConfig, adapter: AdapterConfig, seed: number): Adapter {
  const random = xoroshiro128plus(seed);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(adapterShapes(config, adapter))) {
    const tensor = float32(shape);
    if (name.endsWith(".lora_A")) {
      const bound = 1 / Math.sqrt(shape[1]);
      for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = (2 * uniformFloat64(random) - 1) * bound;
    }
    tensors[name] = tensor;
  }
  return { config: adapter, tensors };
}

/** What a program needs of one adapted module. */
export interface BankModule {
  /** Stacked A, [ranks, in]. */
  readonly a: tf.Tensor;
  /** Stacked B, [out, ranks]. */
  readonly b: tf.Tensor;
  /** What x·Aᵀ [batch · time, ranks] is multiplied by: s, or c[b,k]·s_k as [batch, 1, ranks] (of tokens: [n, 1, ranks]). */
  readonly scale: number | tf.Tensor;
}

/** The adapters that a pass of the decoder applies, by module name. */
export type BankTensors = ReadonlyMap<string, BankModule>;

/** One adapter at coefficient 1 for every row: what training needs. `tensors` holds at least the adapter's keys. */
export function singleAdapter(config: DecoderConfig, adapter: AdapterConfig, tensors: TfTensors): BankTensors {
  checkTargets(adapter.targets);
  const modules = new Map<string, BankModule>();
  for (let layer = 0; layer < config.layers; layer++) {
    for (const target of adapter.targets) {
      const name = moduleName(layer, target);
      const a = tensors[`${name}.lora_A`];
      const b = tensors[`${name}.lora_B`];
      if (a === undefined || b === undefined) throw new Error(`adapter tensors of ${name} are missing`);
      modules.set(name, { a, b, scale: adapterScale(adapter) });
    }
  }
  return modules;
}

/** Several adapters stacked for a program. */
export interface Bank {
  /** How many coefficients a row has. */
  readonly size: number;
  /**
   * For a program's constants or inputs: `<module>.bank_A` [ranks, in], `<module>.bank_B` [out, ranks], and scale
   * matrices [size, ranks] that spread a row's coefficients over the stacked ranks (s_k in adapter k's block, else 0).
   */
  readonly tensors: TensorMap;
  /** Name of the scale matrix of each adapted module. */
  readonly scales: ReadonlyMap<string, string>;
}

/** Stacks adapters; their ranks and targets may differ. */
export function stackBank(adapters: readonly Adapter[]): Bank {
  const tensors: Record<string, HostTensor> = {};
  const scales = new Map<string, string>();
  const names = adapters.flatMap((adapter) => Object.keys(adapter.tensors));
  const modules = new Set(
    names.flatMap((name) => (name.endsWith(".lora_A") ? [name.slice(0, -".lora_A".length)] : [])),
  );
  for (const module of modules) {
    const blocks = adapters.flatMap(({ config, tensors: own }, adapter) => {
      const a = own[`${module}.lora_A`];
      const b = own[`${module}.lora_B`];
      if (a === undefined || b === undefined) return [];
      return [{ adapter, a, b, rank: a.shape[0] ?? 0, scale: adapterScale(config) }];
    });
    const ranks = blocks.reduce((sum, block) => sum + block.rank, 0);
    const inner = blocks[0]?.a.shape[1] ?? 0;
    const out = blocks[0]?.b.shape[0] ?? 0;
    const a = float32([ranks, inner]);
    const b = float32([out, ranks]);
    const scale = float32([adapters.length, ranks]);
    let offset = 0;
    for (const block of blocks) {
      a.data.set(block.a.data, offset * inner);
      for (let row = 0; row < out; row++) {
        b.data.set(block.b.data.subarray(row * block.rank, (row + 1) * block.rank), row * ranks + offset);
      }
      const start = block.adapter * ranks + offset;
      scale.data.fill(block.scale, start, start + block.rank);
      offset += block.rank;
    }
    // Modules whose stacks are laid out alike share one scale matrix.
    const scaleName = `bank_scales.${blocks.map(({ adapter, rank }) => `${adapter}x${rank}`).join("_")}`;
    tensors[`${module}.bank_A`] = a;
    tensors[`${module}.bank_B`] = b;
    tensors[scaleName] = scale;
    scales.set(module, scaleName);
  }
  return { size: adapters.length, tensors, scales };
}

/** The bank under one row of coefficients per batch row: `coefficients` [batch, size], `tensors` as in `bank.tensors`. */
export function mixBank(bank: Bank, tensors: TfTensors, coefficients: tf.Tensor): BankTensors {
  const rows = coefficients.shape[0] ?? 0;
  const spread = new Map<string, tf.Tensor>();
  const modules = new Map<string, BankModule>();
  for (const [module, scaleName] of bank.scales) {
    const matrix = entry(tensors, scaleName);
    const scale = spread.get(scaleName) ?? tf.reshape(tf.matMul(coefficients, matrix), [rows, 1, matrix.shape[1] ?? 0]);
    spread.set(scaleName, scale);
    modules.set(module, { a: entry(tensors, `${module}.bank_A`), b: entry(tensors, `${module}.bank_B`), scale });
  }
  return modules;
}

/** The bank for tokens at `places` int32 [n] (row · time + position): each with the coefficients of its row. */
export function adaptersAt(bank: BankTensors, places: tf.Tensor, time: number): BankTensors {
  const rows = tf.floorDiv(places, tf.scalar(time, "int32"));
  return new Map(
    [...bank].map(([module, { a, b, scale }]) => [
      module,
      { a, b, scale: typeof scale === "number" ? scale : tf.gather(scale, rows) },
    ]),
  );
}

function entry(tensors: TfTensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`tensor "${name}" is missing`);
  return tensor;
}
