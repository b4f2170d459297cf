/** The shape of a Llama-family decoder, in the project's own names (`huggingface.ts` maps `config.json` to it). */

/** How rotary frequencies are stretched beyond the length a model was pre-trained on. */
export type RopeScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

export interface DecoderConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Width of the SwiGLU's gate and up projections. */
  readonly intermediateSize: number;
  readonly layers: number;
  /** Query heads; a multiple of `kvHeads`. */
  readonly heads: number;
  readonly kvHeads: number;
  /** Even; `heads × headDim` need not be `hiddenSize`. */
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** The output head is the embedding matrix. */
  readonly tieWordEmbeddings: boolean;
  /** Some of q, k, v, o have a bias; which, the weights' keys tell. */
  readonly attentionBias: boolean;
  readonly maxPositions: number;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
}

/** @throws Error naming the field that no decoder can be built from. */
export function checkConfig(config: DecoderConfig): void {
  const positive = ["vocabSize", "hiddenSize", "intermediateSize", "layers", "heads", "kvHeads", "headDim"] as const;
  for (const field of [...positive, "maxPositions"] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 1) {
      throw new Error(`decoder config: ${field} is ${config[field]}; it must be a positive integer`);
    }
  }
  if (config.heads % config.kvHeads !== 0) {
    throw new Error(`decoder config: heads (${config.heads}) must be a multiple of kvHeads (${config.kvHeads})`);
  }
  if (config.headDim % 2 !== 0) throw new Error(`decoder config: headDim is ${config.headDim}; rotation needs it even`);
}

/** The linear layers of a decoder block, by Hugging Face's names, and where in the block they sit. */
export const BLOCK_MODULES = {
  q_proj: "self_attn",
  k_proj: "self_attn",
  v_proj: "self_attn",
  o_proj: "self_attn",
  gate_proj: "mlp",
  up_proj: "mlp",
  down_proj: "mlp",
} as const;

export type BlockModule = keyof typeof BLOCK_MODULES;

/** `[out, in]` of a block's linear layer. */
export function moduleShape(config: DecoderConfig, module: BlockModule): readonly [number, number] {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = config;
  switch (module) {
    case "q_proj":
      return [heads * headDim, hiddenSize];
    case "k_proj":
    case "v_proj":
      return [kvHeads * headDim, hiddenSize];
    case "o_proj":
      return [hiddenSize, heads * headDim];
    case "gate_proj":
    case "up_proj":
      return [intermediateSize, hiddenSize];
    case "down_proj":
      return [hiddenSize, intermediateSize];
    default:
      return module satisfies never;
  }
}

/** Full name of a block's module, e.g. `model.layers.0.self_attn.q_proj`. */
export function moduleName(layer: number, module: BlockModule): string {
  return `model.layers.${layer}.${BLOCK_MODULES[module]}.${module}`;
}

/** Name and shape of every weight of a decoder without biases, in Hugging Face's names and layout. */
export function weightShapes(config: DecoderConfig): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {
    "model.embed_tokens.weight": [config.vocabSize, config.hiddenSize],
  };
  for (let layer = 0; layer < config.layers; layer++) {
    shapes[`model.layers.${layer}.input_layernorm.weight`] = [config.hiddenSize];
    shapes[`model.layers.${layer}.post_attention_layernorm.weight`] = [config.hiddenSize];
    for (const module of Object.keys(BLOCK_MODULES) as BlockModule[]) {
      shapes[`${moduleName(layer, module)}.weight`] = moduleShape(config, module);
    }
  }
  shapes["model.norm.weight"] = [config.hiddenSize];
  if (!config.tieWordEmbeddings) shapes["lm_head.weight"] = [config.vocabSize, config.hiddenSize];
  return shapes;
}

/** Name of the weight that is the output head. */
export function headName(config: DecoderConfig): string {
  return config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
}
