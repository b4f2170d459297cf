/**
 * Weights laid out for decoding, where each product has few rows: [in, out], with the products that read the same input
 * side by side, so that a step has fewer and wider ones.
 */
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import type { Adapter } from "./adapters.js";
import { adapterScale } from "./adapters.js";
import type { BlockModule, DecoderConfig } from "./config.js";
import { headName, moduleName, moduleShape } from "./config.js";

/**
 * Linear layers of a block by the product that computes them. Gate and up read the same input, but apart they need not be
 * split, which would copy the widest activation of the block.
 */
export const GROUPS = {
  qkv: ["q_proj", "k_proj", "v_proj"],
  o: ["o_proj"],
  gate: ["gate_proj"],
  up: ["up_proj"],
  down: ["down_proj"],
} as const satisfies Record<string, readonly BlockModule[]>;

export type Group = keyof typeof GROUPS;

/**
 * `embed` [vocab, hidden], `head` [hidden, vocab], `norm` [hidden]; per layer `<layer>.<group>` [in, out],
 * `<layer>.<group>.bias` [out] where a module of the group has one, `<layer>.norm1` and `<layer>.norm2` [hidden].
 */
export function fuseWeights(config: DecoderConfig, weights: TensorMap): Record<string, HostTensor> {
  const fused: Record<string, HostTensor> = {
    embed: get(weights, "model.embed_tokens.weight"),
    head: transposed([get(weights, headName(config))]),
    norm: get(weights, "model.norm.weight"),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    fused[`${layer}.norm1`] = get(weights, `model.layers.${layer}.input_layernorm.weight`);
    fused[`${layer}.norm2`] = get(weights, `model.layers.${layer}.post_attention_layernorm.weight`);
    for (const group of Object.keys(GROUPS) as Group[]) {
      const modules = GROUPS[group].map((module) => ({ module, name: moduleName(layer, module) }));
      fused[`${layer}.${group}`] = transposed(modules.map(({ name }) => get(weights, `${name}.weight`)));
      if (modules.some(({ name }) => `${name}.bias` in weights)) {
        const parts = modules.map(
          ({ module, name }) => weights[`${name}.bias`]?.data ?? new Float32Array(moduleShape(config, module)[0]),
        );
        const bias = parts.flatMap((part) => Array.from(part));
        fused[`${layer}.${group}.bias`] = float32([bias.length], bias);
      }
    }
  }
  return fused;
}

/** Where one module's adapters lie in its group's stack. */
export interface FusedModule {
  /** Columns of the group's output. */
  readonly outputs: readonly [start: number, size: number];
  /** Columns of the group's stacked ranks; size 0 where no adapter sits on the module. */
  readonly ranks: readonly [start: number, size: number];
}

export interface FusedBank {
  readonly size: number;
  /** Per layer and adapted group: `<layer>.<group>.A` [in, ranks], `<layer>.<module>.B` [ranks of it, out], `<group>.scales` [size, ranks]. */
  readonly tensors: TensorMap;
  readonly groups: ReadonlyMap<Group, Readonly<Partial<Record<BlockModule, FusedModule>>>>;
}

/** Adapters stacked for decoding; they may differ in rank and targets, not from layer to layer. */
export function fuseBank(config: DecoderConfig, adapters: readonly Adapter[]): FusedBank {
  const tensors: Record<string, HostTensor> = {};
  const groups = new Map<Group, Partial<Record<BlockModule, FusedModule>>>();
  for (const group of Object.keys(GROUPS) as Group[]) {
    const blocks: { module: BlockModule; adapter: number; rank: number; scale: number }[] = [];
    const modules: Partial<Record<BlockModule, FusedModule>> = {};
    let [output, total] = [0, 0];
    for (const module of GROUPS[group]) {
      const start = total;
      for (const [index, { config: adapter, tensors: own }] of adapters.entries()) {
        const rank = own[`${moduleName(0, module)}.lora_A`]?.shape[0];
        if (rank === undefined) continue;
        blocks.push({ module, adapter: index, rank, scale: adapterScale(adapter) });
        total += rank;
      }
      const [out] = moduleShape(config, module);
      modules[module] = { outputs: [output, out], ranks: [start, total - start] };
      output += out;
    }
    if (total === 0) continue;
    groups.set(group, modules);
    const scales = float32([adapters.length, total]);
    let column = 0;
    for (const { adapter, rank, scale } of blocks) {
      scales.data.fill(scale, adapter * total + column, adapter * total + column + rank);
      column += rank;
    }
    tensors[`${group}.scales`] = scales;
    for (let layer = 0; layer < config.layers; layer++) {
      const part = (module: BlockModule, adapter: number, side: "lora_A" | "lora_B"): HostTensor =>
        get(adapters[adapter]?.tensors ?? {}, `${moduleName(layer, module)}.${side}`);
      tensors[`${layer}.${group}.A`] = transposed(blocks.map(({ module, adapter }) => part(module, adapter, "lora_A")));
      for (const module of GROUPS[group]) {
        const own = blocks.filter((block) => block.module === module);
        if (own.length === 0) continue;
        tensors[`${layer}.${module}.B`] = stacked(
          own.map(({ adapter }) => transposed([part(module, adapter, "lora_B")])),
        );
      }
    }
  }
  return { size: adapters.length, tensors, groups };
}

/** Matrices [out_i, in] as one [in, Σ out_i]. */
function transposed(matrices: readonly HostTensor[]): HostTensor {
  const inner = matrices[0]?.shape[1] ?? 0;
  const total = matrices.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const result = float32([inner, total]);
  let offset = 0;
  for (const { shape, data } of matrices) {
    const rows = shape[0] ?? 0;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < inner; i++) result.data[i * total + offset + row] = data[row * inner + i] ?? 0;
    }
    offset += rows;
  }
  return result;
}

/** Matrices [rows_i, columns] as one [Σ rows_i, columns]. */
function stacked(matrices: readonly HostTensor[]): HostTensor {
  const columns = matrices[0]?.shape[1] ?? 0;
  const result = float32([matrices.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), columns]);
  let offset = 0;
  for (const { data } of matrices) {
    result.data.set(data, offset);
    offset += data.length;
  }
  return result;
}

function get(tensors: TensorMap, name: string): HostTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the weights lack "${name}"`);
  return tensor;
}
