/**
 * `config.json` of a Hugging Face model folder, to and from this project's `DecoderConfig`. Read as transformers 4
 * writes it (`rope_theta`, `rope_scaling`) and as transformers 5 does (`rope_parameters`); written as 4, which both read.
 * A setting that would change what the decoder computes and that this program does not know is refused, never ignored.
 */
import { checkConfig, type DecoderConfig, type RopeScaling } from "./config.js";
import { ModelFileError } from "./model-file-error.js";
import { isObject, type Json } from "./tokenizer-files.js";

const SUPPORTED = ["llama", "qwen2"] as const;
export type ModelType = (typeof SUPPORTED)[number];

/** Projections with a bias, by model type and `attention_bias`. */
export function biasedModules(
  type: ModelType,
  attentionBias: boolean,
): readonly ("q_proj" | "k_proj" | "v_proj" | "o_proj")[] {
  if (type === "qwen2") return ["q_proj", "k_proj", "v_proj"];
  return attentionBias ? ["q_proj", "k_proj", "v_proj", "o_proj"] : [];
}

/**
 * @param path of `config.json`, for error messages
 * @throws ModelFileError naming the key that is missing, wrong or not supported
 */
export function parseConfig(json: Json, path: string): { readonly type: ModelType; readonly config: DecoderConfig } {
  const read = new Reader(json, path);
  const type = SUPPORTED.find((name) => name === json.model_type);
  if (type === undefined) {
    return read.fail("model_type", `is ${JSON.stringify(json.model_type)}; supported are ${SUPPORTED.join(", ")}`);
  }
  read.only("hidden_act", ["silu"], "silu");
  read.only("mlp_bias", [false], false);
  read.only("use_sliding_window", [false], false);
  read.only("partial_rotary_factor", [1], 1);
  read.only("quantization_config", [null], null);
  const layerTypes = json.layer_types ?? [];
  if (!Array.isArray(layerTypes) || layerTypes.some((layer) => layer !== "full_attention")) {
    read.fail("layer_types", `is ${JSON.stringify(layerTypes)}; only "full_attention" is supported`);
  }

  const hiddenSize = read.count("hidden_size");
  const heads = read.count("num_attention_heads");
  const maxPositions = read.count("max_position_embeddings", 2048);
  const rope = ropeOf(json, read, maxPositions);
  const config: DecoderConfig = {
    vocabSize: read.count("vocab_size"),
    hiddenSize,
    intermediateSize: read.count("intermediate_size"),
    layers: read.count("num_hidden_layers"),
    heads,
    kvHeads: read.count("num_key_value_heads", heads),
    headDim: read.count("head_dim", hiddenSize / heads),
    rmsNormEps: read.positive("rms_norm_eps", 1e-6),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    tieWordEmbeddings: read.flag("tie_word_embeddings", false),
    attentionBias: type === "qwen2" || read.flag("attention_bias", false),
    maxPositions,
    bosTokenId: read.ids("bos_token_id")[0] ?? null,
    eosTokenIds: read.ids("eos_token_id"),
  };
  try {
    checkConfig(config);
  } catch (error) {
    throw new ModelFileError(path, error instanceof Error ? error.message : String(error));
  }
  for (const id of [...config.eosTokenIds, ...(config.bosTokenId === null ? [] : [config.bosTokenId])]) {
    if (id >= config.vocabSize)
      throw new ModelFileError(path, `names token ${id}, but vocab_size is ${config.vocabSize}`);
  }
  return { type, config };
}

/** The `config.json` of a decoder whose weights are float32 (or the given dtype). */
export function formatConfig(type: ModelType, config: DecoderConfig, dtype = "float32"): Json {
  return {
    architectures: [type === "qwen2" ? "Qwen2ForCausalLM" : "LlamaForCausalLM"],
    model_type: type,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: "silu",
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    rope_scaling: formatScaling(config.ropeScaling),
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(type === "llama" ? { attention_bias: config.attentionBias, mlp_bias: false } : { use_sliding_window: false }),
    bos_token_id: config.bosTokenId,
    eos_token_id:
      config.eosTokenIds.length === 1
        ? config.eosTokenIds[0]
        : config.eosTokenIds.length === 0
          ? null
          : config.eosTokenIds,
    torch_dtype: dtype,
    use_cache: true,
  };
}

function formatScaling(scaling: RopeScaling | null): Json | null {
  switch (scaling?.kind) {
    case undefined:
      return null;
    case "linear":
      return { rope_type: "linear", factor: scaling?.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalMaxPositions,
      };
    default:
      return scaling satisfies never;
  }
}

function ropeOf(json: Json, read: Reader, maxPositions: number): { theta: number; scaling: RopeScaling | null } {
  const key = isObject(json.rope_parameters) ? "rope_parameters" : "rope_scaling";
  const raw = json[key] ?? {};
  if (!isObject(raw)) return read.fail(key, "must be an object or null");
  const rope = new Reader(raw, read.path, `${key}.`);
  rope.only("partial_rotary_factor", [1], 1);
  const theta = "rope_theta" in raw ? rope.positive("rope_theta") : read.positive("rope_theta", 10_000);
  const kind = raw.rope_type ?? raw.type ?? "default";
  switch (kind) {
    case "default":
      return { theta, scaling: null };
    case "linear":
      return { theta, scaling: { kind: "linear", factor: rope.positive("factor") } };
    case "llama3":
      return {
        theta,
        scaling: {
          kind: "llama3",
          factor: rope.positive("factor"),
          lowFreqFactor: rope.positive("low_freq_factor"),
          highFreqFactor: rope.positive("high_freq_factor"),
          originalMaxPositions: rope.count("original_max_position_embeddings", maxPositions),
        },
      };
    default:
      return rope.fail("rope_type", `is ${JSON.stringify(kind)}; supported are default, linear, llama3`);
  }
}

/** Typed access to a JSON object's keys, with errors that name them. */
class Reader {
  constructor(
    private readonly json: Json,
    readonly path: string,
    private readonly prefix = "",
  ) {}

  fail(key: string, detail: string): never {
    throw new ModelFileError(this.path, detail, this.prefix + key);
  }

  count(key: string, absent?: number): number {
    const value = this.json[key] ?? absent;
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    return this.fail(
      key,
      value === undefined ? "is missing" : `is ${JSON.stringify(value)}, not a whole number from 1`,
    );
  }

  positive(key: string, absent?: number): number {
    const value = this.json[key] ?? absent;
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    return this.fail(key, value === undefined ? "is missing" : `is ${JSON.stringify(value)}, not a positive number`);
  }

  flag(key: string, absent: boolean): boolean {
    const value = this.json[key] ?? absent;
    return typeof value === "boolean" ? value : this.fail(key, `is ${JSON.stringify(value)}, neither true nor false`);
  }

  /** A token id, a list of them, or null. */
  ids(key: string): readonly number[] {
    const value = this.json[key] ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((id) =>
      typeof id === "number" && Number.isInteger(id) && id >= 0
        ? id
        : this.fail(key, `is ${JSON.stringify(value)}, not a token id`),
    );
  }

  only(key: string, allowed: readonly unknown[], absent: unknown): void {
    const value = this.json[key] ?? absent;
    if (allowed.includes(value)) return;
    this.fail(
      key,
      `is ${JSON.stringify(value)}; only ${allowed.map((entry) => JSON.stringify(entry)).join(", ")} is supported`,
    );
  }
}
